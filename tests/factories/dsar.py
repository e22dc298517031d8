"""Requests of persons, their steps and the corrections asked for."""

import datetime

import factory
from uuid_utils.compat import uuid7

from dsar.models import Correction, Package, PackageDownload, Request, RequestEvent

from .clocks import TODAY, ended_at, moment_of
from .numbers import file_name

MOMENT = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)


class RequestFactory(factory.django.DjangoModelFactory):
    """An open request; `last_day` makes one that was closed on that day (an objection, which has no steps)."""

    class Meta:
        model = Request

    class Params:
        last_day = None
        is_checked = factory.Trait(
            identity_method="document", identity_checked_at=MOMENT, identity_checked_by="staff:test"
        )
        is_extended = factory.Trait(
            extended_at=MOMENT,
            extension_reason="aineistoa on paljon",
            due_on=factory.LazyAttribute(lambda row: row.first_due_on + datetime.timedelta(days=61)),
        )

    number = factory.Sequence(lambda number: f"2026-9{number:04d}")
    customer_id = factory.LazyFunction(uuid7)
    kind = factory.LazyAttribute(lambda row: "objection" if row.last_day else "access")
    channel = "letter"
    text = factory.Sequence(lambda number: f"Haluan nähdä kaiken, mitä minusta on tallessa {number}")
    received_at = factory.LazyAttribute(moment_of)
    received_on = factory.LazyAttribute(lambda row: row.last_day or TODAY)
    first_due_on = factory.LazyAttribute(lambda row: row.received_on + datetime.timedelta(days=30))
    due_on = factory.LazyAttribute(lambda row: row.first_due_on)
    asked_by = "staff:test"
    identity_method = ""
    state = factory.LazyAttribute(
        lambda row: "answered" if row.last_day else "identified" if row.identity_method else "received"
    )
    closed_at = factory.LazyAttribute(ended_at)
    closed_on = factory.LazyAttribute(lambda row: row.last_day)


class RequestEventFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RequestEvent

    request = factory.SubFactory(RequestFactory)
    kind = "note"
    at = MOMENT
    actor = "staff:test"
    note = factory.Sequence(lambda number: f"Soitettu ja kysytty {number}")


class CorrectionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Correction

    request = factory.SubFactory(RequestFactory, kind="rectification")
    field = "street_address"
    old_value = factory.Sequence(lambda number: f"Vanhatie {number}")
    new_value = factory.Sequence(lambda number: f"Uusitie {number}")


class PackageFactory(factory.django.DjangoModelFactory):
    """A package that is made, for an access request with its identity check."""

    class Meta:
        model = Package

    class Params:
        last_day = None

    request = factory.SubFactory(RequestFactory, is_checked=True)
    customer_id = factory.SelfAttribute("request.customer_id")
    asked_at = factory.LazyAttribute(moment_of)
    asked_by = "staff:test"
    made_at = factory.LazyAttribute(moment_of)
    stored_as = factory.Sequence(lambda number: file_name(number + 2**69))
    wrapped_key = b"wrapped"
    size_bytes = 1000


class PackageDownloadFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PackageDownload

    package = factory.SubFactory(PackageFactory)
    downloaded_at = MOMENT
    downloaded_by = "staff:another"
