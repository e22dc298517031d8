"""Restores a backup into an empty database, and proves that all of it is there.

Dangerous if misused: it brings back what was deleted since the backup was made. Whatever was deleted
after that moment must be deleted again before anybody is served.
"""

from pathlib import Path

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _
from pyrage import x25519

from register.access.schema import secure_schema
from register.backup import counting, manifest
from register.backup.checking import check_bytes, feed, listed_files, sha256_of
from register.backup.faults import BackupFault
from register.backup.making import Tell, copy
from register.backup.manifest import Manifest
from register.backup.programs import environment, program
from register.crypto.files import path_of
from register.crypto.keyring import KeyringFault, keyring

_IS_EMPTY = """
    SELECT count(*) = 0 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'S')
"""


def restore_backup(folder: Path, key: x25519.Identity, tell: Tell) -> Manifest:
    """Restore database and files of a backup; on any fault the database stays empty.

    Raises: BackupFault.
    """
    found = check_bytes(folder, tell)
    _check_keys(found)
    _check_code(found)
    _check_database(found)
    new = _copy_files(folder, found, tell)
    try:
        tell("database", 0, 0)
        restore = [program("pg_restore"), "--no-owner", "--exit-on-error", "--single-transaction", "--no-password"]
        database = str(connection.settings_dict["NAME"])
        feed(folder, key, [*restore, f"--dbname={database}"], environment())
        tell("database", 1, 1)
    except BaseException:
        for path in new:
            path.unlink(missing_ok=True)
        raise
    _check_tables(found, tell)
    secure_schema(connection)
    return found


def _check_keys(found: Manifest) -> None:
    try:
        lacking = set(found.key_versions) - set(keyring().live_versions)
    except KeyringFault:
        lacking = set(found.key_versions)
    if lacking:
        versions = ", ".join(map(str, sorted(lacking)))
        raise BackupFault(
            _("Values of the backup are encrypted with keys that are not here (version %(versions)s).")
            % {"versions": versions}
        )


def _check_code(found: Manifest) -> None:
    known = set(MigrationLoader(None).disk_migrations)
    newer = sorted(f"{app}.{name}" for app, name in found.migrations if (app, name) not in known)
    if newer:
        raise BackupFault(
            _("The backup is of a newer version, which knows %(migration)s: restore it with that version.")
            % {"migration": newer[-1]}
        )


def _check_database(found: Manifest) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_IS_EMPTY)
        is_empty = cursor.fetchone() == (True,)
        cursor.execute("SHOW server_version_num")
        major = int((cursor.fetchone() or ("0",))[0]) // 10_000
    if not is_empty:
        raise BackupFault(_("The database is not empty: a backup is restored into an empty one."))
    if major < int(found.postgres.split(".")[0]):
        raise BackupFault(_("The backup is of a newer PostgreSQL: %(version)s.") % {"version": found.postgres})


def _copy_files(folder: Path, found: Manifest, tell: Tell) -> list[Path]:
    """Copy the files that are not there yet, and return them."""
    new = []
    for done, (sha256, name) in enumerate(listed_files(folder, found)):
        tell("files", done, found.file_count)
        target = path_of(name)
        if target.exists() and sha256_of(target) == sha256:
            continue
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy(folder / manifest.FILES / name[:2] / name, target)
        target.chmod(0o600)
        new.append(target)
    return new


def _check_tables(found: Manifest, tell: Tell) -> None:
    different = []
    with connection.cursor() as cursor:
        for done, (table, expected) in enumerate(found.tables.items()):
            tell("tables", done, len(found.tables))
            if counting.count(cursor, table) != expected:
                different.append(table)
    if different:
        raise BackupFault(
            _("These tables are not as they were dumped: %(tables)s. Do not use this database.")
            % {"tables": ", ".join(different)}
        )
