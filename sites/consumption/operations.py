"""The import of consumption files, and its undoing.

A file goes in whole or not at all, once. Many files share a transaction, each within a savepoint of its own:
a commit a file would cost more than a small file itself.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils.translation import gettext as _

from register.access.scope import Actor, Scope
from register.audit.acting import acting
from register.identity.models import Controller
from register.work.models import ImportRun, Job
from register.work.operations import (
    AlreadyImported,
    ask_for_work,
    begin_import,
    finish_import,
    mark_undone,
    record_refusal,
)
from register.work.operations.imports import Fault as KeptFault
from sites.consumption.rows import Place
from sites.consumption.store import StoreCounts, UnableToStoreDays, store_days, word_keys
from sites.datahub.days import GapRange
from sites.datahub.faults import Fault, fault_of
from sites.datahub.file import DatahubFile
from sites.datahub.lines import Unreadable
from sites.datahub.sources import SourceFile
from sites.models import Series, Site
from sites.slots import moment_of

KIND = "consumption"
DELETE_ROWS = "delete-imported-consumption"
FILES_A_TRANSACTION = 50
BYTES_A_TRANSACTION = 100_000_000

Clock = Callable[[], dt.datetime]


class State(StrEnum):
    """What became of a file."""

    IMPORTED = "imported"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True)
class FileOutcome:
    """What became of a file and what was found in it."""

    name: str
    size_bytes: int
    state: State
    run_id: uuid.UUID | None = None
    line_count: int = 0
    counts: StoreCounts = field(default_factory=StoreCounts)
    points: tuple[str, ...] = ()
    gap_count: int = 0
    gaps: tuple[GapRange, ...] = ()
    duplicate_count: int = 0
    rounded_count: int = 0
    faults: tuple[Fault, ...] = ()

    @property
    def reading_count(self) -> int:
        """The readings that the file holds, stored before or now."""
        return self.counts.new_count + self.counts.corrected_count + self.counts.unchanged_count

    def summary(self) -> dict[str, int]:
        """Give all counts, without a word of whom they are about."""
        found = {"line_count": self.line_count, "point_count": len(self.points)}
        found |= {"duplicate_count": self.duplicate_count, "rounded_count": self.rounded_count}
        return asdict(self.counts) | found | {"gap_count": self.gap_count}

    def as_json(self) -> dict[str, Any]:
        """Give the outcome as plain values."""
        return {
            "name": self.name,
            "state": self.state,
            "run": str(self.run_id) if self.run_id else None,
            "points": list(self.points),
            **self.summary(),
            "gaps": [
                {
                    "point": gap.series.gsrn,
                    "resolution_min": gap.series.resolution_min,
                    "start": moment_of(gap.start).isoformat(),
                    "end": moment_of(gap.end).isoformat(),
                    "slot_count": gap.slot_count,
                }
                for gap in self.gaps
            ],
            "faults": [fault.as_json() for fault in self.faults],
        }


class _Refused(Exception):
    """The file is refused; what was written of it is rolled back."""

    def __init__(self, outcome: FileOutcome, digest: str = "") -> None:
        super().__init__(outcome.name)
        self.outcome = outcome
        self.digest = digest


class _RollBack(Exception):
    """The preview is over."""


def import_consumption(
    *,
    sources: Iterable[SourceFile],
    actor: Actor,
    scope: Scope,
    now: Clock,
    mapping: Mapping[str, str] | None = None,
    is_preview: bool = False,
    job: Job | None = None,
) -> Iterator[FileOutcome]:
    """Import files one after the other and give each one's outcome once it is committed.

    `mapping` names the metering point that stands for an identifier in the files. A preview is the same
    run, rolled back. Each imported and each refused file has its ImportRun.
    """
    importer = _Importer(actor, now, dict(mapping or {}), is_preview, job)
    for group in _groups(sources):
        outcomes: list[FileOutcome] = []
        try:
            with acting(actor=actor, scope=scope):
                outcomes += [importer.take(source) for source in group]
                if is_preview:
                    raise _RollBack
        except _RollBack:
            importer.forget_words()
        yield from outcomes


def undo_consumption_import(*, run: ImportRun, actor: Actor, at: dt.datetime) -> Job | None:
    """Bring the days that an import changed back to what they were; those it made go to the purge worker.

    Days that were corrected since stay and are counted. Gives the work of the purge worker, if there is any.
    Raises: UnableToUndo.
    """
    if run.kind != KIND or run.state != ImportRun.State.COMMITTED:
        raise UnableToUndo(_("Only an import of consumption that is in can be undone, and only once."))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(day), max(day), count(*) FROM sites_consumptioncorrection WHERE replaced_by_id = %s", [run.id]
        )
        first, last, changed_count = cursor.fetchone()
        cursor.execute(_RESTORING, {"run": run.id, "first": first, "last": last})
        restored_count = cursor.rowcount
        cursor.execute("SELECT count(*) FROM sites_consumptionday WHERE import_run_id = %s", [run.id])
        made_count = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FROM sites_consumptioncorrection one WHERE import_run_id = %s AND NOT EXISTS ("
            "SELECT FROM sites_consumptioncorrection WHERE replaced_by_id = one.import_run_id AND site_id = one.site_id"
            " AND series = one.series AND resolution_min = one.resolution_min AND day = one.day)",
            [run.id],
        )
        corrected_since_count = cursor.fetchone()[0] + changed_count - restored_count
        counts = {"restored": restored_count, "to_delete": made_count, "kept_as_corrected_since": corrected_since_count}
        mark_undone(run=run, at=at, counts=counts)
        if not made_count:
            return None
        return ask_for_work(
            kind=DELETE_ROWS, actor=actor, at=at, parameters={"run": str(run.id)}, queue=Job.Queue.PURGE
        )


def delete_imported_days(*, run_id: uuid.UUID) -> int:
    """Delete the days that an undone import made; only the purge role may.

    Raises: UnableToUndo where the import is not undone.
    """
    run = ImportRun.objects.get(pk=run_id)
    if run.kind != KIND or run.state != ImportRun.State.UNDONE:
        raise UnableToUndo(_("The import is not undone."))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sites_consumptionday WHERE import_run_id = %s", [run_id])
        return cursor.rowcount


class UnableToUndo(Exception):
    """The import cannot be undone, and why."""


class _Importer:
    """Takes files within an open transaction; remembers places and words from file to file."""

    def __init__(self, actor: Actor, now: Clock, mapping: dict[str, str], is_preview: bool, job: Job | None) -> None:
        self._actor, self._now, self._mapping, self._job = actor, now, mapping, job
        self._is_preview = is_preview
        self._sites: dict[str, tuple[uuid.UUID, str] | None] = {}
        self._words: dict[str, int] = {}
        self._controller_id: int | None = None

    def forget_words(self) -> None:
        """Forget keys that a rollback took away."""
        self._words.clear()

    def take(self, source: SourceFile) -> FileOutcome:
        """Import one file, or say why not."""
        at = self._now()
        try:
            with transaction.atomic():
                return self._import(source, at)
        except AlreadyImported as known:
            return FileOutcome(source.name, source.size_bytes, State.KNOWN, known.run.id)
        except _Refused as refused:
            self.forget_words()
            return self._refusal(refused, at)
        except (IntegrityError, ProgrammingError):
            # Rows that this scope does not see, or may not write: one answer that tells nothing of them.
            self.forget_words()
            fault = Fault(0, "unable_to_store", {"value": _("the database refused them.")})
            return self._refusal(_Refused(_refusal(source, fault)), at)

    def _import(self, source: SourceFile, at: dt.datetime) -> FileOutcome:
        try:
            held = source.held()
            digest = self._digest(held)
            run = begin_import(kind=KIND, sha256=digest, actor=self._actor, at=at, job=self._job)
            with held.open() as stream:
                file = DatahubFile(stream, self._mapping, before=at)
                counts = self._store(file, run.id, at)
        except Unreadable as reason:
            raise _Refused(_refusal(source, fault_of(0, reason))) from None
        except OSError as problem:
            unreadable = Unreadable("unreadable_file", value=problem.strerror or str(problem))
            raise _Refused(_refusal(source, fault_of(0, unreadable))) from None
        outcome = _outcome(source, file, run.id, counts)
        if isinstance(counts, Fault) or file.is_refused:
            raise _Refused(outcome, digest)
        finish_import(run=run, counts=outcome.summary(), at=self._now())
        return outcome

    def _digest(self, source: SourceFile) -> str:
        """Tell files apart: by content, and by what the person who imports says of it."""
        digest = source.digest()
        if not self._mapping:
            return digest
        said = "".join(f"{masked}={point}\n" for masked, point in sorted(self._mapping.items()))
        return hashlib.sha256(f"{digest}\n{said}".encode()).hexdigest()

    def _store(self, file: DatahubFile, run_id: uuid.UUID, at: dt.datetime) -> "StoreCounts | Fault":
        counts = StoreCounts()
        with connection.cursor() as cursor:
            for days in file.batches():
                places = self._places(file)
                if isinstance(places, Fault):
                    return places
                words = self._keys(cursor, file.words)
                moved = [rows.moved(range(len(places)), words) for rows in days]
                try:
                    counts += store_days(cursor, moved, places, import_id=run_id, at=at)
                except UnableToStoreDays as problem:
                    return Fault(0, "unable_to_store", {"value": str(problem)})
        return counts

    def _places(self, file: DatahubFile) -> "list[Place] | Fault":
        if unknown := {one.gsrn for one in file.series} - self._sites.keys():
            found = Site.objects.filter(gsrn__in=unknown).values_list("gsrn", "id", "commodity")
            self._sites |= dict.fromkeys(unknown)
            self._sites |= {gsrn: (key, commodity) for gsrn, key, commodity in found}
        places = []
        for (gsrn, _resolution), line in zip(file.series, file.series_lines, strict=True):
            site = self._sites[gsrn]
            if site is None:
                return Fault(line, "unknown_metering_point", {"value": gsrn}, line)
            if site[1] != Site.Commodity.ELECTRICITY:
                return Fault(line, "not_electricity", {"value": gsrn}, line)
            places.append(Place(site[0], Series.ELECTRICITY_USE, self._network()))
        return places

    def _network(self) -> int:
        if self._controller_id is None:
            self._controller_id = Controller.objects.get(code="network").pk
        return self._controller_id

    def _keys(self, cursor: Any, words: Sequence[str]) -> list[int]:
        if new := [word for word in words if word not in self._words]:
            self._words |= zip(new, word_keys(cursor, new), strict=True)
        return [self._words[word] for word in words]

    def _refusal(self, refused: _Refused, at: dt.datetime) -> FileOutcome:
        if not self._is_preview:
            kept = [KeptFault(fault.line, fault.code, _neutral(fault)) for fault in refused.outcome.faults]
            record_refusal(
                kind=KIND,
                sha256=refused.digest,
                actor=self._actor,
                at=at,
                faults=kept,
                counts=refused.outcome.summary(),
                job=self._job,
            )
        return refused.outcome


def _neutral(fault: Fault) -> str:
    """Say what is wrong without the value, which may tell of a person."""
    return Fault(fault.line, fault.code, dict.fromkeys(fault.values, "…"), fault.last_line).message


def _outcome(source: SourceFile, file: DatahubFile, run_id: uuid.UUID, counts: StoreCounts | Fault) -> FileOutcome:
    faults = [counts] if isinstance(counts, Fault) else []
    return FileOutcome(
        name=source.name,
        size_bytes=source.size_bytes,
        state=State.REFUSED if faults or file.is_refused else State.IMPORTED,
        run_id=None if faults or file.is_refused else run_id,
        line_count=file.line_count,
        counts=counts if isinstance(counts, StoreCounts) and not file.is_refused else StoreCounts(),
        points=tuple(dict.fromkeys(one.gsrn for one in file.series)),
        gap_count=file.gap_count,
        gaps=tuple(file.gaps),
        duplicate_count=file.duplicate_count,
        rounded_count=file.rounded_count,
        faults=(*faults, *file.faults),
    )


def _refusal(source: SourceFile, fault: Fault) -> FileOutcome:
    return FileOutcome(source.name, source.size_bytes, State.REFUSED, faults=(fault,))


def _groups(sources: Iterable[SourceFile]) -> Iterator[Iterator[SourceFile]]:
    """Part the files into groups of one transaction each, without looking ahead."""
    rest = iter(sources)
    while True:
        first = next(rest, None)
        if first is None:
            return
        yield _group(first, rest)


def _group(first: SourceFile, rest: Iterator[SourceFile]) -> Iterator[SourceFile]:
    yield first
    size = first.size_bytes
    for _number in range(FILES_A_TRANSACTION - 1):
        if size >= BYTES_A_TRANSACTION:
            return
        following = next(rest, None)
        if following is None:
            return
        size += following.size_bytes
        yield following


_RESTORING = """
UPDATE sites_consumptionday one
SET wh = kept.wh, quality = kept.quality, import_run_id = kept.import_run_id
FROM sites_consumptioncorrection kept
WHERE kept.replaced_by_id = %(run)s AND one.import_run_id = %(run)s
    AND one.site_id = kept.site_id AND one.series = kept.series AND one.resolution_min = kept.resolution_min
    AND one.day = kept.day AND one.day BETWEEN %(first)s::date AND %(last)s::date
"""
