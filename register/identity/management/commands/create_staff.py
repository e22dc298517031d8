"""`manage.py create_staff`: makes an account of staff with its role, second factor and commitment."""

import argparse
import getpass
import sys
from datetime import datetime
from typing import Any

from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.translation import gettext, gettext_lazy

from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.identity import operations
from register.identity.models import Account, Controller
from register.identity.queries import COMMITMENT_VERSION
from register.identity.roles import Role

_ACTOR = Actor.service("create_staff")
_CONTROLLERS = {
    "energy": gettext_lazy("the energy company"),
    "network": gettext_lazy("the network company"),
    "both": gettext_lazy("both companies"),
}


class Command(BaseCommand):
    """Makes an account; the first one is an administrator's."""

    help = (
        "Make an account of staff: role, second factor, and the commitment to confidentiality (clause X4), "
        "without which nobody sees customer data."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take name and role; the password is asked, or read from standard input."""
        parser.add_argument("email", help="the address with which the person signs in")
        parser.add_argument("--name", required=True, help="first and last name")
        parser.add_argument("--role", choices=Role.values, default=Role.ADMINISTRATOR.value)
        parser.add_argument("--controller", choices=["energy", "network", "both"], default="both")
        parser.add_argument("--language", choices=["fi", "en"], default="fi")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument(
            "--committed",
            action="store_true",
            help="the person has accepted the commitment (else it is shown and asked)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the account in one transaction and print its second factor once."""
        with translation.override(options["language"]):
            if not (options["committed"] or _accepts(self.stdout)):
                raise CommandError(gettext("Without the commitment no account was made."))
            password = sys.stdin.readline().rstrip("\n") if options["password_stdin"] else _asked_password()
            secret = generate_totp_secret()
            try:
                with acting_as_service("create_staff"):
                    codes = _make(options, password, secret, timezone.now())
            except (operations.UnableToCreateAccount, operations.UnableToGrantRole) as error:
                raise CommandError(str(error)) from error
            role = Role(options["role"]).label
            self.stdout.write(f"{options['email']}: {role}, {_CONTROLLERS[options['controller']]}")
            self.stdout.write(gettext("Key for the authenticator app, shown once: %(key)s") % {"key": secret})
            self.stdout.write(gettext("Recovery codes, shown once: %(codes)s") % {"codes": " ".join(codes)})


def _make(options: dict[str, Any], password: str, secret: str, at: datetime) -> list[str]:
    account: Account = operations.create_staff_account(
        email=options["email"],
        display_name=options["name"],
        password=password,
        language=options["language"],
        actor=_ACTOR,
        at=at,
    )
    controllers = Controller.objects.all()
    if options["controller"] != "both":
        controllers = controllers.filter(code=options["controller"])
    operations.grant_role(account=account, role=Role(options["role"]), controllers=controllers, actor=_ACTOR, at=at)
    operations.record_commitment(account=account, text_version=COMMITMENT_VERSION, actor=_ACTOR, at=at)
    return operations.enrol_totp(account=account, secret=secret, actor=_ACTOR, at=at)


def _accepts(stdout: Any) -> bool:
    text = strip_tags(render_to_string("staff/_commitment_text.html"))
    stdout.write("\n".join(f"- {line.strip()}" for line in text.splitlines() if line.strip()))
    answer = input(gettext("Does the person commit to this? Type yes: "))
    return answer.strip().lower() in {"yes", gettext("yes")}


def _asked_password() -> str:
    first = getpass.getpass(gettext("Password, at least 15 characters: "))
    if first != getpass.getpass(gettext("Password again: ")):
        raise CommandError(gettext("The two passwords differ."))
    return first
