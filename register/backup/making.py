"""Makes a backup: one snapshot of the database, encrypted as it is dumped, and a copy of each file.

The role of the backup passes all policies and only reads; the dump goes nowhere in the clear.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _
from pyrage import encrypt_io

from register.backup import counting, manifest
from register.backup.faults import BackupFault
from register.backup.manifest import Manifest
from register.backup.programs import environment, program
from register.backup.recipients import recipient
from register.crypto.columns import sealed_columns
from register.crypto.files import path_of, stored_names
from register.version import software_version

Tell = Callable[[str, int, int], None]  # phase, done, of all (0: not known)
BLOCK = 1 << 20


class Hashed:
    """A writer that knows how much went through it, and the SHA-256 of it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._digest, self.size = stream, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        """Write a piece."""
        self._digest.update(data)
        self.size += len(data)
        return self._stream.write(data)

    def flush(self) -> None:
        """Flush what is below."""
        self._stream.flush()

    @property
    def sha256(self) -> str:
        """The hash of all that was written."""
        return self._digest.hexdigest()


def make_backup(into: Path, *, at: datetime, tell: Tell) -> tuple[Path, Manifest]:
    """Make a backup in a folder of its own below `into` and return it; it appears whole or not at all.

    Raises: BackupFault, OSError when the disk is full.
    """
    whom, dumper = recipient(), program("pg_dump")
    folder = into / f"register-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    draft = folder.with_suffix(".part")
    if folder.exists() or draft.exists():
        raise BackupFault(_("%(folder)s is there already.") % {"folder": folder})
    draft.mkdir(parents=True, mode=0o700)
    try:
        made = _fill(draft, at, [dumper, "--format=custom", "--no-password"], whom, tell)
        made.write(draft)
        os.sync()
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return folder, made


def _fill(draft: Path, at: datetime, dump: list[str], whom: object, tell: Tell) -> Manifest:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # The snapshot must outlive the dump, however long that takes.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
        snapshot, postgres = cursor.fetchone() or ("", "")
        tell("database", 0, 0)
        database = _dump([*dump, f"--snapshot={snapshot}"], draft / manifest.DATABASE, whom)
        tell("database", 1, 1)
        tables = _count(cursor, tell)
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        migrations = [list(row) for row in cursor.fetchall()]
        key_versions = counting.key_versions(cursor, sealed_columns())
    file_count, file_bytes, files_sha256 = _copy_files(draft, tell)
    return Manifest(
        format=manifest.FORMAT,
        made_at=at.astimezone(UTC).isoformat(timespec="seconds"),
        software=software_version(),
        postgres=str(postgres),
        migrations=migrations,
        tables=tables,
        key_versions=key_versions,
        database_bytes=database.size,
        database_sha256=database.sha256,
        file_count=file_count,
        file_bytes=file_bytes,
        files_sha256=files_sha256,
    )


def _dump(command: list[str], target: Path, whom: object) -> Hashed:
    with target.open("wb") as stream:
        writer = Hashed(stream)
        dumping = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            encrypt_io(dumping.stdout, writer, [whom])
        finally:
            _output, errors = dumping.communicate()
    if dumping.returncode:
        last = errors.decode(errors="replace").strip().splitlines()[-1:]
        raise BackupFault(_("The dump failed: %(error)s") % {"error": "".join(last)})
    return writer


def _count(cursor: CursorWrapper, tell: Tell) -> dict[str, list[object]]:
    names = counting.tables(cursor)
    found = {}
    for done, name in enumerate(names):
        tell("tables", done, len(names))
        found[name] = counting.count(cursor, name)
    tell("tables", len(names), len(names))
    return found


def _copy_files(draft: Path, tell: Tell) -> tuple[int, int, str]:
    """Copy the files, which are encrypted already; one that a purge removes meanwhile goes here too."""
    names, lines, total = sorted(stored_names()), [], 0
    (draft / manifest.FILES).mkdir()
    for done, name in enumerate(names):
        tell("files", done, len(names))
        target = draft / manifest.FILES / name[:2] / name
        target.parent.mkdir(exist_ok=True)
        try:
            size, sha256 = copy(path_of(name), target)
        except FileNotFoundError:
            continue
        total += size
        lines.append(f"{sha256}  {name}\n")
    text = "".join(lines).encode()
    (draft / manifest.LIST).write_bytes(text)
    tell("files", len(names), len(names))
    return len(lines), total, hashlib.sha256(text).hexdigest()


def copy(source: Path, target: Path) -> tuple[int, str]:
    """Copy a file and return its size and SHA-256. Raises: FileNotFoundError."""
    with source.open("rb") as reading, target.open("wb") as stream:
        writer = Hashed(stream)
        shutil.copyfileobj(reading, writer, BLOCK)
    return writer.size, writer.sha256
