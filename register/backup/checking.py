"""Checks a backup: nothing lacks, no byte differs, the secret key opens it, PostgreSQL reads it to its end."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from pyrage import DecryptError, decrypt_io, x25519

from register.backup import manifest
from register.backup.faults import BackupFault
from register.backup.making import BLOCK, Tell
from register.backup.manifest import Manifest
from register.backup.programs import program


def check_backup(folder: Path, key: x25519.Identity, tell: Tell) -> Manifest:
    """Check all of a backup, without a database, and return its manifest. Raises: BackupFault."""
    found = check_bytes(folder, tell)
    feed(folder, key, [program("pg_restore"), "--file=/dev/null"], None)
    return found


def check_bytes(folder: Path, tell: Tell) -> Manifest:
    """Hold each file of a backup against its hash. Raises: BackupFault."""
    found = Manifest.read(folder)
    database = folder / manifest.DATABASE
    if not database.exists() or sha256_of(database) != found.database_sha256:
        raise BackupFault(_("The dump of the database is missing or damaged."))
    for done, (sha256, name) in enumerate(listed_files(folder, found)):
        tell("files", done, found.file_count)
        path = folder / manifest.FILES / name[:2] / name
        if not path.exists() or sha256_of(path) != sha256:
            raise BackupFault(_("The file %(name)s of the backup is missing or damaged.") % {"name": name})
    return found


def listed_files(folder: Path, found: Manifest) -> Iterator[tuple[str, str]]:
    """Yield hash and name of each file of the backup. Raises: BackupFault where the list is damaged."""
    try:
        text = (folder / manifest.LIST).read_bytes()
    except OSError:
        text = b""
    if hashlib.sha256(text).hexdigest() != found.files_sha256:
        raise BackupFault(_("The list of the backup's files is missing or damaged."))
    for line in text.decode("ascii").splitlines():
        sha256, name = line.split("  ", 1)
        yield sha256, name


def feed(folder: Path, key: x25519.Identity, command: list[str], environment: dict[str, str] | None) -> None:
    """Decrypt the dump into a program, never to disk. Raises: BackupFault."""
    with (folder / manifest.DATABASE).open("rb") as reading:
        reader: Any = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            decrypt_io(reading, reader.stdin, [key])
        except DecryptError:
            reader.kill()
            raise BackupFault(_("This secret key does not open the backup, or its dump is damaged.")) from None
        except OSError:
            pass  # the program ended early, and says why below
        finally:
            _output, errors = reader.communicate()
    if reader.returncode:
        last = errors.decode(errors="replace").strip().splitlines()[:1]
        raise BackupFault(_("PostgreSQL does not take the dump: %(error)s") % {"error": "".join(last)})


def sha256_of(path: Path) -> str:
    """Return the hash of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
