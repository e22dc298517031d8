"""Members of staff for tests: an account that can really sign in, over HTTP or in a browser."""

import base64
import datetime
import secrets
import time
from dataclasses import dataclass

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.identity import operations
from register.identity.models import Account, Controller
from register.identity.queries import COMMITMENT_VERSION
from register.identity.roles import Role

PASSWORD = "neljä sanaa riittää hyvin"
_ENOUGH_S = 5
_ACTOR = Actor.service("test")


@dataclass(frozen=True)
class Staff:
    """An account with what its owner knows and holds."""

    account: Account
    password: str
    secret: str
    recovery_codes: list[str]

    def code(self, at: float | None = None) -> str:
        """The one-time code of a moment; of now, with time enough left to use it, unless told."""
        if at is None:
            left_s = 30 - time.time() % 30
            if left_s < _ENOUGH_S:
                time.sleep(left_s)
        return format_hotp_value(hotp_value(self.secret, int(at if at is not None else time.time()) // 30))


def make_staff(
    *,
    email: str = "testaaja@example.org",
    role: Role | None = Role.ADMINISTRATOR,
    controllers: tuple[int, ...] = (1, 2),
    has_factor: bool = True,
    is_committed: bool = True,
    password_set_by_other: bool = False,
    at: datetime.datetime | None = None,
) -> Staff:
    """Make an account by its operations."""
    moment = at or timezone.now()
    secret, codes = base64.b32encode(secrets.token_bytes(20)).decode(), []
    with acting_as_service("test"):
        account = operations.create_staff_account(
            email=email,
            display_name="Testi Äijälä",
            password=PASSWORD,
            actor=_ACTOR,
            at=moment,
            password_set_by_other=password_set_by_other,
        )
        if role:
            named = Controller.objects.filter(pk__in=controllers)
            operations.grant_role(account=account, role=role, controllers=named, actor=_ACTOR, at=moment)
        if is_committed:
            operations.record_commitment(account=account, text_version=COMMITMENT_VERSION, actor=_ACTOR, at=moment)
        if has_factor:
            codes = operations.enrol_totp(account=account, secret=secret, actor=_ACTOR, at=moment)
    return Staff(account, PASSWORD, secret, codes)


def signed_in(staff: Staff) -> Client:
    """Give a client with a session of this account, as if it had just signed in."""
    client = Client()
    client.force_login(staff.account, settings.AUTHENTICATION_BACKENDS[0])
    session = client.session
    session["signed_in_at"] = session["seen_at"] = time.time()
    session.save()
    return client


def sign_in(page: Page, staff: Staff) -> None:
    """Sign in on the pages, as a person does."""
    page.goto("/sign-in/")
    page.get_by_label("Työsähköposti").fill(staff.account.email)
    page.get_by_label("Salasana").fill(staff.password)
    page.get_by_role("button", name="Jatka").click()
    page.get_by_label("Kertakoodi tunnistussovelluksesta").fill(staff.code())
    page.get_by_role("button", name="Kirjaudu", exact=True).click()
    page.wait_for_url("**/staff/**")
