"""How files become day rows in the store: known ones left out, bad ones refused, the others stored together."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from register.access.scope import Actor
from register.identity.models import Controller
from register.work.models import ImportRun, Job
from register.work.operations import record_refusal
from register.work.operations.imports import Fault as KeptFault
from sites.consumption.copying import Portion
from sites.consumption.outcomes import FileOutcome, State, outcome_of
from sites.consumption.rows import DayRows, Place
from sites.consumption.store import StoreCounts, UnableToStoreDays, store_portions, word_keys
from sites.datahub.faults import Fault, fault_of
from sites.datahub.file import DatahubFile
from sites.datahub.lines import Unreadable
from sites.datahub.sources import SMALL_BYTES, SourceFile
from sites.models import Series, Site

KIND = "consumption"


@dataclass
class _Ready:
    """A file that was read whole and waits to be stored."""

    at: int
    digest: str
    portion: Portion
    outcome: FileOutcome


class Importer:
    """Takes groups of files within an open transaction and scope; remembers places and words from group to group."""

    def __init__(self, actor: Actor, now: Callable[[], dt.datetime], mapping: dict[str, str], job: Job | None) -> None:
        self._actor, self._now, self._mapping, self._job = actor, now, mapping, job
        self._places: dict[str, Place | Fault] = {}
        self._words: dict[str, int] = {}
        self._network: int | None = None

    def forget_words(self) -> None:
        """Forget keys that a rollback took away."""
        self._words.clear()

    def take(self, sources: Sequence[SourceFile]) -> list[FileOutcome]:
        """Import the files and give their outcomes in the same order."""
        at = self._now()
        found: dict[int, FileOutcome] = {}
        digests = self._digests(sources, found)
        known = _known_runs([digest for digest in digests if digest])
        ready: list[_Ready] = []
        first_of: dict[str, int] = {}
        for number, (source, digest) in enumerate(zip(sources, digests, strict=True)):
            if number in found:
                continue
            if digest in known:
                found[number] = FileOutcome(source.name, source.size_bytes, State.KNOWN, known[digest])
                continue
            if digest in first_of:  # the same file twice in this group: what became of the first decides
                found |= self._store(ready, at)
                ready = []
                first = found[first_of[digest]]
                known_now = FileOutcome(source.name, source.size_bytes, State.KNOWN, first.run_id)
                found[number] = known_now if first.run_id else replace(first, name=source.name)
                continue
            first_of[digest] = number
            run_id = uuid7()
            if source.size_bytes > SMALL_BYTES:
                found[number] = self._take_large(source, digest, run_id, at)
                continue
            outcome, portion = self._read(source, run_id, at)
            if portion is None:
                found[number] = outcome
                self._note_refusal(outcome, digest, at)
                continue
            if any(set(portion.places) & set(other.portion.places) for other in ready):
                found |= self._store(ready, at)
                ready = []
            ready.append(_Ready(number, digest, portion, outcome))
        found |= self._store(ready, at)
        return [found[number] for number in range(len(sources))]

    def _digests(self, sources: Sequence[SourceFile], found: dict[int, FileOutcome]) -> list[str]:
        """Tell the files apart by content and by what the importing person says of it; hold their locks."""
        said = "".join(f"{masked}={point}\n" for masked, point in sorted(self._mapping.items()))
        digests = []
        for number, source in enumerate(sources):
            try:
                digest = source.digest()
            except (Unreadable, OSError) as problem:
                found[number] = outcome_of(source).refused(_fault_of(problem))
                self._note_refusal(found[number], "", self._now())
                digests.append("")
                continue
            digests.append(hashlib.sha256(f"{digest}\n{said}".encode()).hexdigest() if said else digest)
        _lock(digests)
        return digests

    def _read(self, source: SourceFile, run_id: uuid.UUID, at: dt.datetime) -> tuple[FileOutcome, Portion | None]:
        with source.open() as stream:
            file = DatahubFile(stream, self._mapping, before=at)
            days = [rows for batch in file.batches() for rows in batch]
        outcome = outcome_of(source, file)
        if file.is_refused:
            return outcome, None
        try:
            return outcome, self._portion(file, days, run_id)
        except _NoPlace as problem:
            return outcome.refused(problem.fault), None

    def _portion(self, file: DatahubFile, days: Iterable[DayRows], run_id: uuid.UUID) -> Portion:
        places = self._places_of(file)
        words = self._keys(file.words)
        return Portion(run_id, [rows.moved(range(len(places)), words) for rows in days], places)

    def _store(self, ready: Sequence[_Ready], at: dt.datetime) -> dict[int, FileOutcome]:
        """Store files together; if the database refuses, one by one, so that only the culprit is out."""
        if not ready:
            return {}
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                counts = store_portions(cursor, [one.portion for one in ready], at=at)
                outcomes = [
                    replace(one.outcome, counts=count, run_id=one.portion.import_id)
                    for one, count in zip(ready, counts, strict=True)
                ]
                self._note_runs([(one.digest, outcome) for one, outcome in zip(ready, outcomes, strict=True)], at)
        except (UnableToStoreDays, IntegrityError, ProgrammingError) as problem:
            if len(ready) == 1:
                outcome = ready[0].outcome.refused(_fault_of(problem))
                self._note_refusal(outcome, ready[0].digest, at)
                return {ready[0].at: outcome}
            return {number: outcome for one in ready for number, outcome in self._store([one], at).items()}
        return {one.at: outcome for one, outcome in zip(ready, outcomes, strict=True)}

    def _take_large(self, source: SourceFile, digest: str, run_id: uuid.UUID, at: dt.datetime) -> FileOutcome:
        """Import a file that does not fit in memory, batch by batch."""
        outcome = outcome_of(source)
        try:
            with transaction.atomic(), source.open() as stream, connection.cursor() as cursor:
                file = DatahubFile(stream, self._mapping, before=at)
                counts = StoreCounts()
                for days in file.batches():
                    (some,) = store_portions(cursor, [self._portion(file, days, run_id)], at=at)
                    counts += some
                outcome = replace(outcome_of(source, file), counts=counts, run_id=run_id)
                if file.is_refused:
                    raise _RolledBack
                self._note_runs([(digest, outcome)], at)
                return outcome
        except _RolledBack:
            outcome = outcome.refused()
        except _NoPlace as problem:
            outcome = outcome_of(source, file).refused(problem.fault)
        except (UnableToStoreDays, IntegrityError, ProgrammingError, Unreadable, OSError) as problem:
            outcome = outcome.refused(_fault_of(problem))
        self.forget_words()
        self._note_refusal(outcome, digest, at)
        return outcome

    def _places_of(self, file: DatahubFile) -> list[Place]:
        gsrns = [one.gsrn for one in file.series]
        if new := set(gsrns) - self._places.keys():
            sites = dict(Site.objects.filter(gsrn__in=new).values_list("gsrn", "id"))
            heat = set(Site.objects.filter(gsrn__in=new, commodity=Site.Commodity.HEAT).values_list("gsrn", flat=True))
            for gsrn in new:
                self._places[gsrn] = self._place(gsrn, sites.get(gsrn), is_heat=gsrn in heat)
        places = []
        for gsrn, line in zip(gsrns, file.series_lines, strict=True):
            place = self._places[gsrn]
            if isinstance(place, Fault):
                raise _NoPlace(replace(place, line=line, last_line=line))
            places.append(place)
        return places

    def _place(self, gsrn: str, site_id: uuid.UUID | None, *, is_heat: bool) -> "Place | Fault":
        if site_id is None:
            return Fault(0, "unknown_metering_point", {"value": gsrn})
        if is_heat:
            return Fault(0, "not_electricity", {"value": gsrn})
        if self._network is None:
            self._network = Controller.objects.get(code="network").pk
        return Place(site_id, Series.ELECTRICITY_USE, self._network)

    def _keys(self, words: Sequence[str]) -> list[int]:
        if new := [word for word in words if word not in self._words]:
            with connection.cursor() as cursor:
                self._words |= zip(new, word_keys(cursor, new), strict=True)
        return [self._words[word] for word in words]

    def _note_runs(self, stored: Sequence[tuple[str, FileOutcome]], at: dt.datetime) -> None:
        now = self._now()
        ImportRun.objects.bulk_create(
            ImportRun(
                id=outcome.run_id,
                kind=KIND,
                sha256=digest,
                state=ImportRun.State.COMMITTED,
                counts=outcome.summary(),
                started_by=f"{self._actor.kind}:{self._actor.id}",
                started_at=at,
                finished_at=now,
                job=self._job,
            )
            for digest, outcome in stored
        )

    def _note_refusal(self, outcome: FileOutcome, digest: str, at: dt.datetime) -> None:
        kept = [KeptFault(fault.line, fault.code, fault.neutral_message) for fault in outcome.faults]
        counts = outcome.summary()
        record_refusal(kind=KIND, sha256=digest, actor=self._actor, at=at, faults=kept, counts=counts, job=self._job)


class _NoPlace(Exception):
    """A metering point of the file is not one of ours."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


class _RolledBack(Exception):
    """What was stored of a file is taken back."""


def _known_runs(digests: Sequence[str]) -> dict[str, uuid.UUID]:
    runs = ImportRun.objects.filter(kind=KIND, state=ImportRun.State.COMMITTED, sha256__in=digests)
    return dict(runs.values_list("sha256", "id"))


def _lock(digests: Iterable[str]) -> None:
    """Wait for whoever imports one of the same files at this moment, until that transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) key",
            [sorted({int(digest[:15], 16) for digest in digests if digest})],
        )


def _fault_of(problem: Exception) -> Fault:
    if isinstance(problem, Unreadable):
        return fault_of(0, problem)
    if isinstance(problem, OSError):
        return fault_of(0, Unreadable("unreadable_file", value=problem.strerror or str(problem)))
    if isinstance(problem, UnableToStoreDays):
        return Fault(0, "unable_to_store", {"value": str(problem)})
    # Rows that this scope does not see, or may not write: one answer that tells nothing of them.
    return Fault(0, "unable_to_store", {"value": _("the database refused them.")})
