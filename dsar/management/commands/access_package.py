"""Makes the access package of a customer, and writes it out where the identity is on record."""

import argparse
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from dsar.models import Request
from dsar.operations import begin_package, download_package, make_package
from register.access.refusing import Refusal
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.operations import record_look

_NAME = "access_package"
_ACTOR = Actor.service(_NAME)


class Command(BaseCommand):
    """`access_package 200075 --output package.zip`: everything on the person, for their open access request."""

    help = _("Makes the access package of a customer: one ZIP of all that the register has of them.")

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("customer", help=_("Customer number."))
        parser.add_argument(
            "--output", type=Path, help=_("Write the ZIP here, if the identity is on record for an access request.")
        )

    def handle(self, **options: Any) -> None:
        """Make the package, and write it out if asked."""
        began, now = time.monotonic(), timezone.now()
        with acting_as_service(_NAME):
            customer = Customer.objects.filter(number=options["customer"].replace(" ", "")).first()
            if customer is None:
                raise CommandError(_("There is no such customer."))
            request = (
                Request.objects.filter(customer_id=customer.pk, kind=Request.Kind.ACCESS, closed_on__isnull=True)
                .order_by("-identity_checked_at", "received_at")
                .first()
            )
            if options["output"] and (request is None or not request.is_identified):
                raise CommandError(_("Nothing leaves before the check is on record."))
            package = begin_package(customer_id=customer.pk, request=request, actor=_ACTOR, at=now)
        package = make_package(package_id=package.pk, actor=_ACTOR, at=now)
        self.stdout.write(
            _("Package %(key)s: %(rows)s rows, %(size)s bytes, %(seconds).1f s.")
            % {
                "key": package.pk,
                "rows": sum(package.counts.values()),
                "size": package.size_bytes,
                "seconds": time.monotonic() - began,
            }
        )
        if options["output"]:
            self._write_out(package.pk, customer, options["output"])

    def _write_out(self, package_id: Any, customer: Customer, output: Path) -> None:
        now = timezone.now()
        try:
            with acting_as_service(_NAME):
                file = download_package(package_id=package_id, actor=_ACTOR, at=now)
                record_look(actor=_ACTOR, at=now, unit=_NAME, reason="access", what="package", customers=[customer.pk])
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        with output.open("wb") as stream:
            for piece in file.chunks():
                stream.write(piece)
        self.stdout.write(str(output))
