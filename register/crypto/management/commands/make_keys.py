"""`manage.py make_keys`: makes the first secrets of a register in production."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from register.crypto.keyring import KeySet, ensure_key_file


class Command(BaseCommand):
    """Needs neither database nor settings of keys; a file that is there is never touched."""

    help = "Make a first set of keys: into a file that only its owner can read, or on the screen as REGISTER_KEYRING."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--file", type=Path, help="the file to make; without it the keys are printed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the keys."""
        file: Path | None = options["file"]
        if file is None:
            self.stdout.write(KeySet.made().as_json())
            return
        if file.exists():
            raise CommandError(_("There are keys in %(file)s already: they are kept as they are.") % {"file": file})
        try:
            ensure_key_file(file)
        except OSError as error:
            raise CommandError(
                _("The keys cannot be written to %(file)s: %(reason)s.") % {"file": file, "reason": error.strerror}
            ) from None
        self.stdout.write(_("Keys are in %(file)s. Keep a copy apart from the backups.") % {"file": file})
