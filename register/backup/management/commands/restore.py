"""Restores a backup into an empty database: `manage.py restore FOLDER [--identity FILE]`."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _

from embedded import postgres
from embedded.locks import is_taken
from embedded.places import places
from register.access.guard import another_role
from register.backup.checking import check_bytes
from register.backup.faults import BackupFault
from register.backup.progress import bar
from register.backup.recipients import identity, identity_file
from register.backup.restoring import restore_backup


class Command(BaseCommand):
    help = (
        "Restores database and files of a backup into an empty database and counts that all of it is there. "
        "Exit code: 0 it is restored, 1 the database is as it was. Then run migrate."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the backup, the key and what may be replaced."""
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="a backup")
        parser.add_argument("--identity", default="", metavar="FILE", help="the file of the secret key")
        parser.add_argument(
            "--replace", action="store_true", help="embedded mode: remove the database that is there first"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Restore and say what came back."""
        try:
            key = identity(identity_file(options["identity"]))
            with another_role(), bar(self.stderr) as tell:
                if options["replace"]:
                    check_bytes(options["folder"], tell)
                    _make_empty()
                found = restore_backup(options["folder"], key, tell)
        except (BackupFault, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            _("The backup of %(moment)s is restored: %(rows)s rows of %(tables)s tables and %(files)s files.")
            % {
                "moment": found.made_at,
                "rows": found.row_count,
                "tables": len(found.tables),
                "files": found.file_count,
            }
        )
        self.stdout.write(_("Next: manage.py migrate."))


def _make_empty() -> None:
    here = places()
    if settings.IS_PRODUCTION:
        raise BackupFault(_("--replace is for the embedded mode: make an empty database with create_roles."))
    if (here.locks / "run").exists() and is_taken(here.locks / "run"):
        raise BackupFault(_("The register runs: stop it with Ctrl-C first."))
    connection.close()
    postgres.reset_database(here, str(connection.settings_dict["NAME"]))
