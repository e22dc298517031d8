"""Imports a table: every row validated, written in batches, whole or not at all.

Rows that the database refuses are found by halving the batch, so that each is named with its number.
"""

import datetime
import gc
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import DataError, IntegrityError, ProgrammingError, transaction
from django.utils.translation import gettext as _

from register.access.refusing import sentence_of
from register.access.scope import Actor
from register.work.faults import Fault
from register.work.importing import Batch, ImportContext, ImportKind, Outcome, RowReader, Typed
from register.work.models import ImportRun, Job
from register.work.tables import Readable, Table

from .imports import MOST_FAULTS_KEPT, UnableToImport, begin_import, finish_import, record_refusal

BATCH_ROWS = 5_000
MOST_ROWS = 5_000_000
_INSUFFICIENT_PRIVILEGE = "42501"
Progress = Callable[[int], None]


@dataclass(slots=True)
class TableReport:
    """What an import did or would do: the run, counts of rows by outcome, and the faults."""

    run: ImportRun
    is_dry_run: bool
    row_count: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        """Tell whether the file was refused."""
        return bool(self.faults)


@dataclass(slots=True)
class _Tally:
    row_count: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        for name, number in outcome.counts.items():
            self.counts[name] = self.counts.get(name, 0) + number
        self.blame(outcome.faults)

    def blame(self, faults: Sequence[Fault]) -> None:
        rows = {(fault.file_number, fault.row_number) for fault in faults}  # a row may have several faults
        self.counts["refused"] = self.counts.get("refused", 0) + len(rows)
        self.faults.extend(list(faults)[: MOST_FAULTS_KEPT - len(self.faults)])


def import_table(
    *,
    source_file: Readable,
    kind: ImportKind,
    mapping: Mapping[str, str],
    actor: Actor,
    at: datetime.datetime,
    is_dry_run: bool = False,
    mapping_name: str = "",
    source: str = "R2",
    job: Job | None = None,
    progress: Progress = lambda _count: None,
) -> TableReport:
    """Import a CSV or XLSX file of a kind, or with `is_dry_run` do it all and roll it back.

    Runs in the open scope.
    Raises: AlreadyImported for the same file, UnableToReadTable for a file that is no table.
    """
    digest = file_digest(source_file)
    tally = _Tally()
    try:
        with _without_garbage_search(), transaction.atomic():
            run = begin_import(kind=kind.code, sha256=digest, actor=actor, at=at, mapping=mapping_name, job=job)
            context = ImportContext(run=run, actor=actor, at=at, source=source)
            _write_all(Table(source_file), kind, mapping, context, tally, progress)
            if tally.faults:
                raise UnableToImport(_("Nothing was imported: correct these rows first."), tally.faults)
            finish_import(run=run, counts={**tally.counts, "rows": tally.row_count}, at=at)
            if is_dry_run:
                transaction.set_rollback(True)
    except UnableToImport as error:
        if not tally.faults:
            tally.blame([Fault(tally.row_count, "refused", str(error))])
    if tally.faults or is_dry_run:
        run = record_refusal(
            kind=kind.code,
            sha256=digest,
            actor=actor,
            at=at,
            faults=tally.faults,
            counts={**tally.counts, "rows": tally.row_count},
            mapping=mapping_name,
            job=job,
            is_preview=is_dry_run,
        )
    return TableReport(run, is_dry_run, tally.row_count, tally.counts, tally.faults)


def file_digest(source: Readable) -> str:
    """Give the SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with source.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _write_all(
    table: Table,
    kind: ImportKind,
    mapping: Mapping[str, str],
    context: ImportContext,
    tally: _Tally,
    progress: Progress,
) -> None:
    reader = RowReader(kind, table.headings, mapping, is_workbook=table.is_workbook)
    if reader.missing:
        names = ", ".join(str(each.title) for each in reader.missing)
        tally.blame([Fault(1, "missing-column", _("No column gives these: %(names)s.") % {"names": names})])
        return
    for batch in _batches(table, reader, tally):
        tally.add(_write_batch(kind, batch, context))
        gc.collect(1)
        progress(tally.row_count)


@contextmanager
def _without_garbage_search() -> Iterator[None]:
    """Search for garbage only after each batch: its many living rows would be walked again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _batches(table: Table, reader: RowReader, tally: _Tally) -> Iterator[Batch]:
    numbers: list[int] = []
    rows: list[Typed] = []
    seen: set[Any] = set()
    for row in table:
        tally.row_count += 1
        if tally.row_count > MOST_ROWS:
            raise UnableToImport(_("The file has more than %(most)s rows: split it.") % {"most": MOST_ROWS})
        typed, faults = reader.read(row.number, row.cells)
        if faults:
            tally.blame(faults)
            continue
        key = reader.kind.key(typed)
        if key in seen:
            tally.blame([Fault(row.number, "twice-in-file", _("An earlier row of the file says the same thing."))])
            continue
        seen.add(key)
        numbers.append(row.number)
        rows.append(typed)
        if len(rows) == BATCH_ROWS:
            yield Batch(numbers, rows)
            numbers, rows = [], []
    if rows:
        yield Batch(numbers, rows)


def _write_batch(kind: ImportKind, batch: Batch, context: ImportContext) -> Outcome:
    """Write a batch; where the database refuses it, halve it until the rows at fault stand alone."""
    try:
        with transaction.atomic():
            return kind.write(batch, context)
    except (IntegrityError, DataError, ProgrammingError) as error:
        if isinstance(error, ProgrammingError) and not is_forbidden(error):
            raise
        if len(batch.rows) == 1:
            return Outcome({}, [Fault(batch.numbers[0], "register-refuses", why_refused(error))])
    middle = len(batch.rows) // 2
    halves = (
        Batch(batch.numbers[:middle], batch.rows[:middle]),
        Batch(batch.numbers[middle:], batch.rows[middle:]),
    )
    first, second = (_write_batch(kind, half, context) for half in halves)
    counts = {name: first.counts.get(name, 0) + second.counts.get(name, 0) for name in {*first.counts, *second.counts}}
    return Outcome(counts, [*first.faults, *second.faults])


def is_forbidden(error: ProgrammingError) -> bool:
    """Tell whether a policy refused a row: it belongs to a controller that the person does not act for."""
    return getattr(error.__cause__, "sqlstate", "") == _INSUFFICIENT_PRIVILEGE


def why_refused(error: IntegrityError | DataError | ProgrammingError) -> str:
    """Give the neutral sentence for what the database refused."""
    if isinstance(error, IntegrityError):
        return str(sentence_of(error))
    if isinstance(error, ProgrammingError):
        return _("This belongs to a controller for which your roles do not let you act.")
    return _("A value is too long or too large for its place.")
