"""All writes to accounts, roles and commitments, each inside the caller's scope, so that the log knows who acted.

Sessions and codes of the portal are written before a scope can exist. Dangerous if loosened: a code is for
one browser, for ten minutes, for five tries and once; only digests of codes and tokens are kept.
"""

import datetime
import secrets
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext

from register.access.scope import Actor
from register.identity.factors import factors_of
from register.identity.models import Account, Commitment, Controller, PortalSession, RoleGrant, SignInCode
from register.identity.queries import portal_digest
from register.identity.roles import Role
from register.work.operations import post

CODE_LIFE: Final = datetime.timedelta(minutes=10)
CODE_ATTEMPTS: Final = 5
SEND_CODE: Final = "portal-code"


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
    password_set_by_other: bool = True,
) -> Account:
    """Make an account of a member of staff, without any role yet.

    Who made the account knows its first password, so its owner must change it before anything else.

    Raises: UnableToCreateAccount for an address in use or a password that the rules refuse.
    """
    address = Account.objects.normalize_email(email.strip()).lower()
    if Account.objects.filter(email__iexact=address).exists():
        raise UnableToCreateAccount(gettext("An account with this address exists."))
    account = Account(email=address, display_name=display_name.strip(), language=language, created_at=at)
    account.password_set_by_other = password_set_by_other
    try:
        validate_password(password, account)
        account.set_password(password)
        account.full_clean()
    except ValidationError as error:
        raise UnableToCreateAccount(" ".join(error.messages)) from error
    account.save()
    return account


@transaction.atomic
def change_password(*, account: Account, password: str, actor: Actor, at: datetime.datetime) -> Account:
    """Give an account the password that its owner chose; the caller has validated it."""
    account.set_password(password)
    account.password_set_by_other = False
    account.save(update_fields=["password", "password_set_by_other"])
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


@transaction.atomic
def ask_for_code(*, customers: Sequence[UUID], language: str, browser_token: str, at: datetime.datetime) -> SignInCode:
    """Write down that a browser asked for a one-time code, and that one is to be sent; codes that ran out go.

    The same is written for an address that nobody has. What the browser asked for before is void.
    """
    digest = portal_digest(browser_token)
    SignInCode.objects.filter(expires_at__lte=at).delete()
    SignInCode.objects.filter(browser_digest=digest).delete()
    row = SignInCode.objects.create(
        browser_digest=digest, customers=list(customers), language=language, asked_at=at, expires_at=at + CODE_LIFE
    )
    post(kind=SEND_CODE, payload={"code": str(row.pk)}, at=at)
    return row


@transaction.atomic
def make_code(*, code_id: UUID, at: datetime.datetime) -> tuple[SignInCode, str] | None:
    """Make the six figures of a code that was asked for and return them with its row, to be sent at once.

    None where it ran out, was used, or belongs to nobody. Asked again, other figures take their place.
    """
    row = SignInCode.objects.select_for_update().filter(pk=code_id, expires_at__gt=at).first()
    if row is None or not row.customers:
        return None
    code = f"{secrets.randbelow(1_000_000):06}"
    row.code_digest = _code_digest(row, code)
    row.save(update_fields=["code_digest"])
    return row, code


@transaction.atomic
def use_code(*, browser_token: str, code: str, at: datetime.datetime) -> SignInCode | None:
    """Try a code and return what it opens, once; None for every failure.

    Each try counts. After the fifth the code is void, as it is after ten minutes.
    """
    row = (
        SignInCode.objects.select_for_update()
        .filter(browser_digest=portal_digest(browser_token), expires_at__gt=at, attempt_count__lt=CODE_ATTEMPTS)
        .first()
    )
    if row is None:
        return None
    row.attempt_count += 1
    if row.code_digest is None or not constant_time_compare(bytes(row.code_digest), _code_digest(row, code)):
        row.save(update_fields=["attempt_count"])
        return None
    row.delete()
    return row


@transaction.atomic
def open_portal_session(
    *,
    means: str,
    person_id: UUID,
    customers: Sequence[UUID],
    acting_for: UUID | None,
    language: str,
    at: datetime.datetime,
) -> tuple[PortalSession, str]:
    """Open a session of the portal and return it with its token, which only the browser keeps."""
    token = secrets.token_urlsafe(32)
    session = PortalSession.objects.create(
        token_digest=portal_digest(token),
        means=means,
        person_id=person_id,
        customers=list(customers),
        acting_for=acting_for,
        language=language,
        signed_in_at=at,
        seen_at=at,
    )
    return session, token


def note_portal_session(*, session: PortalSession, at: datetime.datetime) -> None:
    """Write down that a session was used now."""
    PortalSession.objects.filter(pk=session.pk).update(seen_at=at)


class UnableToActFor(Exception):
    """This person may not act for this customer."""


def act_for(*, session: PortalSession, customer_id: UUID) -> None:
    """Show another of the customers for whom this person may act. Raises: UnableToActFor."""
    if not session.is_identified or customer_id not in session.customers:
        raise UnableToActFor
    PortalSession.objects.filter(pk=session.pk).update(acting_for=customer_id)


def speak_on_portal(*, session: PortalSession, language: str) -> None:
    """Keep the language of a session."""
    PortalSession.objects.filter(pk=session.pk).update(language=language)


def end_portal_session(*, session: PortalSession) -> None:
    """End a session of the portal at once."""
    PortalSession.objects.filter(pk=session.pk).delete()


def end_portal_sessions_for(*, customer_id: UUID) -> int:
    """End the sessions in which others may act for a customer, as when a mandate ends; return how many there were."""
    others = PortalSession.objects.filter(customers__contains=[customer_id]).exclude(person_id=customer_id)
    return others.delete()[0]


def _code_digest(row: SignInCode, code: str) -> bytes:
    return salted_hmac("register.identity.sign-in-code", f"{row.pk}:{code}", algorithm="sha256").digest()
