"""Imports a file of a declared kind: read whole, written in one transaction, or not at all."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import DataError, IntegrityError, ProgrammingError, transaction
from django.utils.translation import gettext as _

from register.access.scope import Actor
from register.work.faults import Fault
from register.work.filing import FileContext, FileKind, UnableToReadFile
from register.work.models import ImportRun, Job
from register.work.tables import Readable

from .imports import UnableToImport, begin_import, finish_import, keep_source, record_refusal
from .table_import import Progress, file_digest, is_forbidden, why_refused


@dataclass(frozen=True, slots=True)
class FileReport:
    """What the import of a file did or would do: the run, counts, and the places at fault."""

    run: ImportRun
    is_dry_run: bool
    counts: Mapping[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        """Tell whether the file was refused."""
        return bool(self.faults)


def import_file(
    *,
    source_file: Readable,
    kind: FileKind,
    actor: Actor,
    at: datetime.datetime,
    options: Mapping[str, str] | None = None,
    is_dry_run: bool = False,
    keep_as: str = "",
    job: Job | None = None,
    progress: Progress = lambda _count: None,
) -> FileReport:
    """Import a file of a kind, or with `is_dry_run` do it all and roll it back.

    Runs in the open scope. `keep_as` names the file under which its encrypted copy is kept; without, none is.
    Raises: AlreadyImported for the same file.
    """
    digest = file_digest(source_file)
    counts: Mapping[str, int] = {}
    faults: list[Fault] = []
    try:
        with transaction.atomic():
            run = begin_import(kind=kind.code, sha256=digest, actor=actor, at=at, job=job)
            context = FileContext(run, actor, at, dict(options or {}), progress, is_dry_run=is_dry_run)
            outcome = kind.take(source_file, context)
            counts, faults = outcome.counts, list(outcome.faults)
            if faults:
                raise UnableToImport(_("Nothing was imported."), faults)
            finish_import(run=run, counts=counts, at=at)
            if is_dry_run:
                transaction.set_rollback(True)
            elif keep_as:
                keep_source(run=run, name=keep_as, content=_pieces(source_file), on=at.date())
    except UnableToImport:
        pass
    except UnableToReadFile as error:
        faults = [Fault(error.line, "unreadable", str(error))]
    except (IntegrityError, DataError, ProgrammingError) as error:
        if isinstance(error, ProgrammingError) and not is_forbidden(error):
            raise
        faults = [Fault(0, "register-refuses", why_refused(error))]
    if faults or is_dry_run:
        run = _recorded(kind, digest, actor, at, faults, counts, job, is_preview=is_dry_run)
    return FileReport(run, is_dry_run, counts, faults)


def _recorded(
    kind: FileKind,
    digest: str,
    actor: Actor,
    at: datetime.datetime,
    faults: Iterable[Fault],
    counts: Mapping[str, int],
    job: Job | None,
    *,
    is_preview: bool,
) -> ImportRun:
    return record_refusal(
        kind=kind.code,
        sha256=digest,
        actor=actor,
        at=at,
        faults=faults,
        counts=counts,
        job=job,
        is_preview=is_preview,
    )


def _pieces(source: Readable) -> Iterator[bytes]:
    with source.open("rb") as stream:
        while piece := stream.read(1 << 20):
            yield piece
