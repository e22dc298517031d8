"""Checks a backup without a database: `manage.py backup_verify FOLDER [--identity FILE]`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from register.backup.checking import check_backup
from register.backup.faults import BackupFault
from register.backup.progress import bar
from register.backup.recipients import identity, identity_file


class Command(BaseCommand):
    help = (
        "Checks each byte of a backup and reads its dump to the end. Exit code: 0 it is whole, 1 it is not; "
        "whether it can be restored shows only a restore."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the backup and the key."""
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="a backup")
        parser.add_argument("--identity", default="", metavar="FILE", help="the file of the secret key")

    def handle(self, *_args: object, **options: Any) -> None:
        """Check and say what it holds."""
        try:
            key = identity(identity_file(options["identity"]))
            with bar(self.stderr) as tell:
                found = check_backup(options["folder"], key, tell)
        except BackupFault as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            _("The backup of %(moment)s is whole: %(rows)s rows of %(tables)s tables and %(files)s files.")
            % {
                "moment": found.made_at,
                "rows": found.row_count,
                "tables": len(found.tables),
                "files": found.file_count,
            }
        )
