"""What can be imported from a file that is no table (a bank's file, invoices): the kinds, and what each gives back.

The apps declare their kinds here when they are loaded; commands and pages know no app.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from register.access.scope import Actor
from register.work.faults import Fault
from register.work.models import ImportRun
from register.work.tables import Readable

Words = str | Promise


class UnableToReadFile(Exception):
    """The file cannot be read as what it should be; the words say where it stops and what to do."""

    def __init__(self, message: str, *, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class FileContext:
    """On whose behalf, when and by which run a file is written, and what the importing person said of it."""

    run: ImportRun
    actor: Actor
    at: datetime.datetime
    options: Mapping[str, str] = field(default_factory=dict)
    progress: Callable[[int], None] = lambda _count: None
    source: str = "R1"
    is_dry_run: bool = False

    @property
    def note(self) -> Mapping[str, str]:
        """What the change log says of each row: which import it was."""
        return {"import_run": str(self.run.id)}


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of a file: counts by what happened, and places of the file that are refused."""

    counts: Mapping[str, int]
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: who may import it, how it is read and written, and how what it did is counted and undone.

    `take` runs in the open transaction and scope, and raises UnableToReadFile for what it cannot read. `counts`
    titles what it counts, in order; `shown` names the counts of new, changed and unchanged rows for lists.
    `merges` tell whom the rows are about that an undo restores (register.audit.bulk.Merge by model). `options`
    titles the choices that the importing person has: name: (title, (value, words) pairs). What is not `is_uploaded`
    comes in by command only, and its source is not kept besides.
    """

    code: str
    title: Words
    permission: str
    suffixes: tuple[str, ...]
    hint: Words
    take: Callable[[Readable, FileContext], FileOutcome]
    counts: Mapping[str, Words]
    shown: tuple[str, str, str]
    merges: Callable[[], Mapping[type, Any]]
    options: Mapping[str, tuple[Words, Sequence[tuple[str, Words]]]] = field(default_factory=dict)
    is_uploaded: bool = True


_kinds: dict[str, FileKind] = {}


def declare_file(kind: FileKind) -> FileKind:
    """Make a kind known under its code."""
    _kinds[kind.code] = kind
    return kind


def file_kinds() -> dict[str, FileKind]:
    """Give the kinds that the loaded apps declared, by code."""
    return dict(_kinds)
