"""What is asked of accounts before a page is given: second factor, commitment, sessions."""

import datetime
import hashlib
from dataclasses import dataclass
from typing import Final

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session

from register.access.scope import Actor
from register.identity.models import Account, Commitment, PortalSession

# The words that are committed to, in templates/staff/_commitment_text.html; new words get a new version.
COMMITMENT_VERSION: Final = "2026-11"


def has_second_factor(account: Account) -> bool:
    """Tell whether the account has its one-time codes."""
    return Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).exists()


def has_committed(account: Account) -> bool:
    """Tell whether the account has accepted the commitment to confidentiality in force (clause X4)."""
    return Commitment.objects.filter(account=account, text_version=COMMITMENT_VERSION).exists()


def controllers_permitting(account: Account, *permissions: str) -> frozenset[int]:
    """Give the controllers for which roles of the account permit all of something that touches persons' data.

    For what is done in the scope of a service on a person's word: roles for one controller do not reach the other's.
    """
    if not account.is_active or not has_committed(account):
        return frozenset()
    return frozenset(account.controller_ids(*permissions))


def actor_of(account: Account) -> Actor:
    """Give the actor that logs name for this account."""
    return Actor.staff(account.pk)


@dataclass(frozen=True)
class OpenSession:
    """A session of an account as its owner sees it."""

    key: str
    signed_in_at: datetime.datetime | None
    seen_at: datetime.datetime | None
    is_this: bool


def open_sessions(account: Account, *, at: datetime.datetime, this_key: str | None) -> list[OpenSession]:
    """Give the sessions of the account that have not run out, the newest first."""
    found = []
    for session in Session.objects.filter(expire_date__gt=at):
        held = session.get_decoded()
        if held.get("_auth_user_id") == str(account.pk):
            found.append(
                OpenSession(
                    session.session_key,
                    _moment(held.get("signed_in_at")),
                    _moment(held.get("seen_at")),
                    session.session_key == this_key,
                )
            )
    return sorted(found, key=lambda one: (not one.is_this, -(one.seen_at or at).timestamp()))


def portal_digest(token: str) -> bytes:
    """Give the digest under which a token of the portal is kept; the token itself has 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def portal_session_of(token: str, *, at: datetime.datetime) -> PortalSession | None:
    """Give the session of a token unless it was idle or open for too long."""
    session = PortalSession.objects.filter(token_digest=portal_digest(token)).first() if token else None
    if session is None:
        return None
    idle_s = (at - session.seen_at).total_seconds()
    open_s = (at - session.signed_in_at).total_seconds()
    is_live = idle_s <= settings.PORTAL_SESSION_IDLE_S and open_s <= settings.PORTAL_SESSION_LONGEST_S
    return session if is_live else None


def _moment(stamp: float | None) -> datetime.datetime | None:
    return datetime.datetime.fromtimestamp(stamp, tz=datetime.UTC) if stamp else None
