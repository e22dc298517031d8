"""All writes to accounts, roles and commitments, each inside the caller's scope, so that the log knows who acted."""

import datetime
from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from register.access.scope import Actor
from register.identity.factors import factors_of
from register.identity.models import Account, Commitment, Controller, RoleGrant
from register.identity.roles import Role


class UnableToCreateAccount(Exception):
    """The account cannot be made; the text says why."""


@transaction.atomic
def create_staff_account(
    *,
    email: str,
    display_name: str,
    password: str,
    actor: Actor,
    at: datetime.datetime,
    language: str = "fi",
) -> Account:
    """Make an account of a member of staff, without any role yet.

    Raises: UnableToCreateAccount for an address in use or a password that the rules refuse.
    """
    address = Account.objects.normalize_email(email.strip()).lower()
    if Account.objects.filter(email__iexact=address).exists():
        raise UnableToCreateAccount(gettext("An account with this address exists."))
    account = Account(email=address, display_name=display_name.strip(), language=language, created_at=at)
    try:
        validate_password(password, account)
        account.set_password(password)
        account.full_clean()
    except ValidationError as error:
        raise UnableToCreateAccount(" ".join(error.messages)) from error
    account.save()
    return account


class UnableToGrantRole(Exception):
    """The role cannot be granted; the text says why."""


@transaction.atomic
def grant_role(
    *, account: Account, role: Role, controllers: Iterable[Controller], actor: Actor, at: datetime.datetime
) -> list[RoleGrant]:
    """Grant a role for each of these controllers; what is in force already stays as it is.

    Raises: UnableToGrantRole for an account that may not sign in, or when no controller is named.
    Source: clause X2.
    """
    named = list(controllers)
    if not account.is_active:
        raise UnableToGrantRole(gettext("The account may not sign in."))
    if not named:
        raise UnableToGrantRole(gettext("A role is granted for one controller or both."))
    held = {grant.controller_id for grant in account.grants.filter(role=role, ended_at__isnull=True)}
    return [
        RoleGrant.objects.create(
            account=account, role=role, controller=controller, granted_at=at, granted_by=f"{actor.kind}:{actor.id}"
        )
        for controller in named
        if controller.pk not in held
    ]


@transaction.atomic
def end_role(*, grant: RoleGrant, actor: Actor, at: datetime.datetime) -> RoleGrant:
    """Take a role back from now on; the grant stays on record."""
    if grant.ended_at is None:
        grant.ended_at = at
        grant.save(update_fields=["ended_at"])
    return grant


@transaction.atomic
def record_commitment(*, account: Account, text_version: str, actor: Actor, at: datetime.datetime) -> Commitment:
    """Record that the member of staff commits to confidentiality; without it nobody sees customer data.

    Source: clause X4.
    """
    return Commitment.objects.create(account=account, text_version=text_version, accepted_at=at)


@transaction.atomic
def enrol_totp(*, account: Account, secret: str, actor: Actor, at: datetime.datetime) -> list[str]:
    """Give an account its second factor and return its recovery codes, which are shown once.

    What it had before is replaced. The secret is sealed.
    """
    Authenticator.objects.filter(user=account).delete()
    with factors_of(account.pk):
        TOTP.activate(account, secret)
        return RecoveryCodes.activate(account).generate_codes()


@transaction.atomic
def choose_language(*, account: Account, language: str, actor: Actor, at: datetime.datetime) -> Account:
    """Keep the language in which this person works."""
    account.language = language
    account.save(update_fields=["language"])
    return account


def end_sessions(*, keys: Iterable[str], actor: Actor, at: datetime.datetime) -> int:
    """End these sessions at once and return how many there were."""
    return Session.objects.filter(session_key__in=list(keys)).delete()[0]


@transaction.atomic
def close_account(*, account: Account, ended_on: datetime.date, actor: Actor, at: datetime.datetime) -> Account:
    """End an account: nobody signs in with it any more, its roles end, its second factor goes."""
    account.is_active = False
    account.ended_on = ended_on
    account.set_unusable_password()
    account.save(update_fields=["is_active", "ended_on", "password"])
    for grant in account.grants.filter(ended_at__isnull=True):
        end_role(grant=grant, actor=actor, at=at)
    Authenticator.objects.filter(user=account).delete()
    return account
