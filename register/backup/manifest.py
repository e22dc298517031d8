"""What a backup says of itself, without anybody's data: versions, rows and fingerprint of each table, sizes."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from register.backup.faults import BackupFault

FORMAT = 1
NAME = "manifest.json"
DATABASE = "database.age"
FILES = "files"
LIST = "files.sha256"


@dataclass(frozen=True)
class Manifest:
    """The manifest of one backup."""

    format: int
    made_at: str
    software: str
    postgres: str
    migrations: list[list[str]]
    tables: dict[str, list[Any]]  # rows, and a sum of the rows' fingerprints as text
    key_versions: list[int]
    database_bytes: int
    database_sha256: str
    file_count: int
    file_bytes: int
    files_sha256: str

    @property
    def row_count(self) -> int:
        """The rows of all tables."""
        return sum(int(rows) for rows, _fingerprint in self.tables.values())

    def write(self, folder: Path) -> None:
        """Write it into the folder of its backup."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True)
        (folder / NAME).write_text(f"{text}\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read the manifest of a backup. Raises: BackupFault where there is none that this version knows."""
        try:
            values = json.loads((folder / NAME).read_text(encoding="utf-8"))
            found = cls(**values)
        except FileNotFoundError:
            raise BackupFault(_("%(folder)s is no backup: it has no manifest.") % {"folder": folder}) from None
        except (OSError, ValueError, TypeError):
            raise BackupFault(_("The manifest of the backup is damaged.")) from None
        if found.format != FORMAT:
            raise BackupFault(_("The backup was made by another version, in a format that this one does not read."))
        return found
