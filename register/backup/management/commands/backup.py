"""Makes a backup of database and files: `manage.py backup [--to FOLDER]`."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from register.access.guard import another_role
from register.backup.faults import BackupFault
from register.backup.making import make_backup
from register.backup.progress import bar


class Command(BaseCommand):
    help = (
        "Makes a backup of the database and the files in a folder of its own. The dump is encrypted for "
        "REGISTER_BACKUP_RECIPIENT, whose secret key is kept elsewhere; the register's keys are not in it. "
        "Exit code: 0 it is made, 1 nothing is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name where it goes."""
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="instead of REGISTER_BACKUPS")

    def handle(self, *_args: object, **options: Any) -> None:
        """Make it and say what is in it."""
        into: Path = options["to"] or settings.REGISTER_BACKUPS_DIR
        try:
            with another_role(), bar(self.stderr) as tell:
                folder, made = make_backup(into, at=timezone.now(), tell=tell)
        except (BackupFault, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            _("%(folder)s: %(rows)s rows of %(tables)s tables and %(files)s files, %(size)s MB.")
            % {
                "folder": folder,
                "rows": made.row_count,
                "tables": len(made.tables),
                "files": made.file_count,
                "size": (made.database_bytes + made.file_bytes + 999_999) // 1_000_000,
            }
        )
