"""`manage.py demo_logins`: makes and prints a log-in for each role, in embedded mode only."""

import argparse
import base64
import hashlib
import hmac
import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.crypto.sealing import UnableToOpen
from register.identity import operations
from register.identity.factors import factors_of, open_secret
from register.identity.models import Account, Controller
from register.identity.queries import COMMITMENT_VERSION, has_committed
from register.identity.roles import Role

_ACTOR: Final = Actor.service("demo_logins")
_PERIOD_S: Final = 30
PEOPLE: Final = (
    (Role.AGENT, "Tuulia Äyräs", "tuulia.ayras", "both"),
    (Role.BILLING, "Ilari Kärki", "ilari.karki", "both"),
    (Role.METERING, "Verna Hyvärinen", "verna.hyvarinen", "network"),
    (Role.MARKETING, "Onni Rautio", "onni.rautio", "energy"),
    (Role.DPO, "Saima Pöllänen", "saima.pollanen", "both"),
    (Role.ADMINISTRATOR, "Ahti Väätäinen", "ahti.vaatainen", "both"),
)


@dataclass(frozen=True)
class DemoLogin:
    """What somebody needs to sign in as a role."""

    role: str
    controllers: str
    email: str
    password: str
    secret: str

    def code(self, at: float) -> str:
        """The one-time code of a moment (seconds since 1970)."""
        return format_hotp_value(hotp_value(self.secret, int(at) // _PERIOD_S))


class Command(BaseCommand):
    """Prints the log-ins; makes those that are missing."""

    help = "Print address, password, TOTP key and present code of a log-in for each role (embedded mode only)."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the form of the answer."""
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing, print all."""
        if settings.IS_PRODUCTION:
            raise CommandError("Demonstration log-ins are for the embedded mode; use create_staff.")
        logins = [_login(*person) for person in PEOPLE]
        with acting_as_service("demo_logins"):
            for login, (role, name, _address, controllers) in zip(logins, PEOPLE, strict=True):
                _ensure(login, role, name, controllers, timezone.now())
        now = time.time()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(login) | {"code": login.code(now)} for login in logins], indent=2))
            return
        for login in logins:
            self.stdout.write(
                f"{login.role:14} {login.email:30} {login.password}  code {login.code(now)}  key {login.secret}"
            )
        self.stdout.write(
            f"The codes hold for {_PERIOD_S - int(now) % _PERIOD_S} s more; "
            "`manage.py demo_logins` prints new ones, or give the key to an authenticator app."
        )


def _login(role: Role, name: str, address: str, controllers: str) -> DemoLogin:
    """Password and key come from this installation's own secret: nothing that others could know."""
    email = f"{address}@example.org"
    draw = hmac.digest(settings.SECRET_KEY.encode(), f"demonstration log-in {email}".encode(), hashlib.sha256)
    words = draw[:6].hex()
    password = f"demo-{words[:4]}-{words[4:8]}-{words[8:]}"
    return DemoLogin(role.value, controllers, email, password, base64.b32encode(draw[8:28]).decode())


def _ensure(login: DemoLogin, role: Role, name: str, controllers: str, at: datetime) -> None:
    account = Account.objects.filter(email=login.email).first()
    if account is None:
        account = operations.create_staff_account(
            email=login.email,
            display_name=name,
            password=login.password,
            actor=_ACTOR,
            at=at,
            password_set_by_other=False,  # it is on the screen of whoever tries the demonstration
        )
        rows = Controller.objects.all() if controllers == "both" else Controller.objects.filter(code=controllers)
        operations.grant_role(account=account, role=role, controllers=rows, actor=_ACTOR, at=at)
    if not has_committed(account):
        operations.record_commitment(account=account, text_version=COMMITMENT_VERSION, actor=_ACTOR, at=at)
    if not _has_factor(account, login):
        operations.enrol_totp(account=account, secret=login.secret, actor=_ACTOR, at=at)


def _has_factor(account: Account, login: DemoLogin) -> bool:
    """Tell whether the account has this key and it opens; after a change of keys it may not."""
    factor = Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).first()
    if factor is None:
        return False
    with factors_of(account.pk), suppress(UnableToOpen):
        return open_secret(factor.data["secret"]) == login.secret
    return False
