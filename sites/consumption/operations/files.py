"""The import of consumption files, and its undoing.

A file goes in whole or not at all, once. Many files share a transaction and are stored together: a commit,
or only a handful of statements, for each would cost more than a small file itself.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from register.access.refusing import Refusal
from register.access.scope import Actor, Scope
from register.audit.acting import acting
from register.work.models import ImportRun, Job
from register.work.operations import ask_for_work, keep_source, mark_undone
from sites.consumption.importing import KIND, Importer
from sites.consumption.outcomes import FileOutcome, State
from sites.datahub.sources import SourceFile

DELETE_DAYS = "delete-imported-consumption"  # the purge worker's work, done in retention/
UNDO = "undo-consumption-import"
FILES_A_TRANSACTION = 200
BYTES_A_TRANSACTION = 32_000_000
_PIECE_BYTES = 1 << 20

Clock = Callable[[], dt.datetime]


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
    keeps_sources: bool = False,
    job: Job | None = None,
) -> Iterator[FileOutcome]:
    """Import files one after the other and give each one's outcome once it is committed.

    `mapping` names the metering point that stands for an identifier in the files. A preview is the same
    run, rolled back. Each imported and each refused file has its ImportRun. With `keeps_sources` each file that
    goes in is kept encrypted for its time, in the same transaction; an upload is kept already.
    """
    importer = Importer(actor, now, dict(mapping or {}), job)
    for group in _groups(sources):
        outcomes: list[FileOutcome] = []
        try:
            with acting(actor=actor, scope=scope):
                outcomes += importer.take(group)
                if is_preview:
                    raise _RollBack
                if keeps_sources:
                    _keep_sources(group, outcomes, now().date())
        except _RollBack:
            importer.forget_words()
        yield from outcomes


def undo_consumption_import(
    *, run: ImportRun, actor: Actor, at: dt.datetime, controllers: Collection[int] | None
) -> Job:
    """Bring the days that an import changed back to what they were; those it made go to the purge worker.

    `controllers` are those for which the actor may undo, None where it may for all. The import is reached whole,
    in a scope of its own: a part of it that the actor does not see would lose its former values.
    Days that were corrected since stay and are counted. Gives the work of the purge worker.
    Raises: UnableToUndo.
    """
    with acting(actor=actor, scope=Scope.service(UNDO)), connection.cursor() as cursor:
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.kind != KIND or run.state != ImportRun.State.COMMITTED:
            raise UnableToUndo(_("Only an import of consumption that is in can be undone, and only once."))
        cursor.execute(_TOUCHED, {"run": run.id})
        if controllers is not None and {key for (key,) in cursor.fetchall()} - set(controllers):
            raise UnableToUndo(_("The import touches a controller for which your roles do not let you act."))
        mark_undone(run=run, at=at, counts=_restored(cursor, run))
        return ask_for_work(
            kind=DELETE_DAYS, actor=actor, at=at, parameters={"run": str(run.id)}, queue=Job.Queue.PURGE
        )


class UnableToUndo(Refusal):
    """The import cannot be undone, and why."""


def _keep_sources(group: Sequence[SourceFile], outcomes: Sequence[FileOutcome], on: dt.date) -> None:
    for source, outcome in zip(group, outcomes, strict=True):
        if outcome.state == State.IMPORTED:
            with source.open() as stream:
                pieces = iter(partial(stream.read, _PIECE_BYTES), b"")
                keep_source(run=ImportRun(pk=outcome.run_id), name=source.name, content=pieces, on=on)


def _restored(cursor: CursorWrapper, run: ImportRun) -> dict[str, int]:
    """Give the former values back, and count what was restored, what is to be deleted and what stays."""
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
    return {"restored": restored_count, "to_delete": made_count, "kept_as_corrected_since": corrected_since_count}


def _groups(sources: Iterable[SourceFile]) -> Iterator[list[SourceFile]]:
    """Part the files into groups of one transaction each; a file is held in memory as soon as it is met."""
    group: list[SourceFile] = []
    size = 0
    for source in sources:
        if group and (size + source.size_bytes > BYTES_A_TRANSACTION or len(group) == FILES_A_TRANSACTION):
            yield group
            group, size = [], 0
        group.append(source.held())
        size += source.size_bytes
    if group:
        yield group


_TOUCHED = """
SELECT controller_id FROM sites_consumptionday WHERE import_run_id = %(run)s
UNION
SELECT controller_id FROM sites_consumptioncorrection WHERE replaced_by_id = %(run)s OR import_run_id = %(run)s
"""
_RESTORING = """
UPDATE sites_consumptionday one
SET wh = kept.wh, quality = kept.quality, import_run_id = kept.import_run_id
FROM sites_consumptioncorrection kept
WHERE kept.replaced_by_id = %(run)s AND one.import_run_id = %(run)s
    AND one.site_id = kept.site_id AND one.series = kept.series AND one.resolution_min = kept.resolution_min
    AND one.day = kept.day AND one.day BETWEEN %(first)s::date AND %(last)s::date
"""
