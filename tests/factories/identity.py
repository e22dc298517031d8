"""Accounts of staff with their roles and commitments."""

import datetime
from typing import Any

import factory
from uuid_utils.compat import uuid7

from register.identity.models import Account, Commitment, Controller, PortalSession, RoleGrant, SignInCode

from .clocks import end_of, moment_of

MOMENT = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)
ENERGY, NETWORK = 1, 2


class ControllerFactory(factory.django.DjangoModelFactory):
    """One of the two controllers, which the migrations made."""

    class Meta:
        model = Controller

    id = ENERGY

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        return model_class.objects.get(id=kwargs["id"])


class AccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Account

    class Params:
        last_day = None

    email = factory.Sequence(lambda number: f"agent{number}@example.org")
    display_name = factory.Sequence(lambda number: f"Asta Palvelija {number}")
    password = "!"
    created_at = MOMENT
    ended_on = factory.LazyAttribute(end_of)


class RoleGrantFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RoleGrant

    account = factory.SubFactory(AccountFactory)
    role = "agent"
    controller_id = ENERGY
    granted_at = MOMENT
    granted_by = "service:test"


class CommitmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Commitment

    account = factory.SubFactory(AccountFactory)
    text_version = "2026-01"
    accepted_at = MOMENT


class SignInCodeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SignInCode

    class Params:
        last_day = None

    browser_digest = factory.Sequence(lambda number: number.to_bytes(32, "big"))
    code_digest = b"d" * 32
    customers = factory.LazyFunction(lambda: [uuid7()])
    language = "fi"
    attempt_count = 1
    asked_at = factory.LazyAttribute(moment_of)
    expires_at = factory.LazyAttribute(lambda row: row.asked_at + datetime.timedelta(minutes=10))


class PortalSessionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PortalSession

    class Params:
        last_day = None

    token_digest = factory.Sequence(lambda number: number.to_bytes(32, "big"))
    means = "code"
    person_id = factory.LazyFunction(uuid7)
    customers = factory.LazyAttribute(lambda row: [row.person_id])
    acting_for = factory.SelfAttribute("person_id")
    language = "fi"
    signed_in_at = factory.LazyAttribute(moment_of)
    seen_at = factory.SelfAttribute("signed_in_at")
