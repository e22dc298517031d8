"""Makes the pair of keys of the backups: `manage.py backup_key FILE`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from register.backup.recipients import identity, make_identity_once


class Command(BaseCommand):
    help = "Makes the secret key of the backups in a file and prints the public one, for REGISTER_BACKUP_RECIPIENT."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the file."""
        parser.add_argument("file", type=Path, metavar="FILE", help="where the secret key is written")

    def handle(self, *_args: object, **options: Any) -> None:
        """Make the pair."""
        path: Path = options["file"]
        if path.exists():
            raise CommandError(_("%(file)s is there already.") % {"file": path})
        try:
            made = identity(make_identity_once(path)).to_public()
        except OSError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"REGISTER_BACKUP_RECIPIENT={made}")
        self.stdout.write(
            _("Keep %(file)s away from the backups and from the machine that makes them.") % {"file": path}
        )
