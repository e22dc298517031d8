"""The frame of every import: a file goes in whole or not at all, and once.

The run's row is written in the transaction of its data, so that both are there or neither; a refusal
is written after the rollback. The preview is the run, rolled back.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from register.access.scope import Actor
from register.crypto.files import write_file_of
from register.work.faults import Fault
from register.work.models import ColumnMapping, ImportFault, ImportRun, ImportSource, Job

MOST_FAULTS_KEPT = 10_000


class AlreadyImported(Exception):
    """The very same file was imported before: nothing is to be done."""

    def __init__(self, run: ImportRun) -> None:
        super().__init__(_("This file was imported before; nothing has changed."))
        self.run = run


class UnableToImport(Exception):
    """The file is refused, with the rows that are at fault."""

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = list(faults)


def begin_import(
    *,
    kind: str,
    sha256: str,
    actor: Actor,
    at: datetime.datetime,
    mapping: str = "",
    job: Job | None = None,
) -> ImportRun:
    """Begin an import within the transaction that will write its rows.

    Raises: AlreadyImported where the same file of this kind is in.
    """
    found = ImportRun.objects.filter(kind=kind, sha256=sha256, state=ImportRun.State.COMMITTED).first()
    if found is not None:
        raise AlreadyImported(found)
    try:
        with transaction.atomic():
            return ImportRun.objects.create(
                kind=kind,
                sha256=sha256,
                state=ImportRun.State.COMMITTED,
                mapping=mapping,
                started_by=f"{actor.kind}:{actor.id}",
                started_at=at,
                job=job,
            )
    except IntegrityError as error:
        found = ImportRun.objects.filter(kind=kind, sha256=sha256, state=ImportRun.State.COMMITTED).first()
        if found is None:
            raise
        raise AlreadyImported(found) from error


def finish_import(*, run: ImportRun, counts: Mapping[str, Any], at: datetime.datetime) -> ImportRun:
    """Complete the run with its counts, as the last write of its transaction."""
    run.counts = dict(counts)
    run.finished_at = at
    run.save(update_fields=["counts", "finished_at"])
    return run


def record_refusal(
    *,
    kind: str,
    sha256: str,
    actor: Actor,
    at: datetime.datetime,
    faults: Iterable[Fault],
    counts: Mapping[str, Any] | None = None,
    mapping: str = "",
    job: Job | None = None,
    is_preview: bool = False,
) -> ImportRun:
    """Write down a run that changed nothing (refused, or a preview) with its faults, after the rollback."""
    run = ImportRun.objects.create(
        kind=kind,
        sha256=sha256,
        state=ImportRun.State.PREVIEWED if is_preview else ImportRun.State.REFUSED,
        counts=dict(counts or {}),
        mapping=mapping,
        started_by=f"{actor.kind}:{actor.id}",
        started_at=at,
        finished_at=at,
        job=job,
    )
    kept = list(faults)[:MOST_FAULTS_KEPT]
    ImportFault.objects.bulk_create(
        [
            ImportFault(
                run=run,
                file_number=fault.file_number,
                row_number=fault.row_number,
                column=fault.column[:80],
                code=fault.code,
                message=str(fault.message)[:300],
            )
            for fault in kept
        ],
        batch_size=2000,
    )
    return run


def keep_source(*, run: ImportRun, name: str, content: Iterable[bytes], on: datetime.date) -> ImportSource:
    """Keep the file of an import encrypted for its own retention period, so that errors show beside their rows."""
    source = ImportSource(run=run, name=name[:255], imported_on=on)
    stored = write_file_of(source, content)
    source.stored_as = stored.name
    source.wrapped_key = stored.wrapped_key
    source.size_bytes = stored.size_bytes
    source.save(force_insert=True)
    return source


def mark_undone(*, run: ImportRun, at: datetime.datetime, counts: Mapping[str, Any]) -> ImportRun:
    """Write down that an import was taken back, and what was reversed, kept or refused."""
    run.state = ImportRun.State.UNDONE
    run.undone_at = at
    run.counts = {**run.counts, "undo": dict(counts)}
    run.save(update_fields=["state", "undone_at", "counts"])
    return run


def complete_undo(*, run: ImportRun, counts: Mapping[str, Any]) -> ImportRun:
    """Write down what the purge worker deleted and refused of an undone import."""
    run.counts = {**run.counts, "undo": {**run.counts.get("undo", {}), **counts}}
    run.save(update_fields=["counts"])
    return run


def save_mapping(
    *, kind: str, name: str, columns: Mapping[str, str], actor: Actor, at: datetime.datetime
) -> ColumnMapping:
    """Remember by name which column of a file means what; the same name is replaced."""
    mapping, _made = ColumnMapping.objects.update_or_create(
        kind=kind,
        name=name,
        defaults={"columns": dict(columns), "saved_by": f"{actor.kind}:{actor.id}", "saved_at": at},
    )
    return mapping
