"""Brings the table of Finnish postal codes up to date."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from customers.postal_codes import PATH, load_postal_codes


class Command(BaseCommand):
    """`manage.py load_postal_codes [--file PATH]`"""

    help = _("Brings the table of Finnish postal codes up to date from a file.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, default=PATH, help=_("The file; left out, the one of the project."))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = load_postal_codes(path=options["file"])
        except (OSError, ValueError, UnicodeDecodeError) as fault:
            raise CommandError(_("The file cannot be read: %(fault)s") % {"fault": fault}) from fault
        self.stdout.write(_("%(count)d postal codes are in the table.") % {"count": count})
