"""Files that staff upload (of the bank, of billing): kept encrypted, previewed by a worker, imported when confirmed.

The worker acts as the person who asked, with the rights that this person has when it runs.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from register.access.refusing import Refusal
from register.access.scope import Actor, Scope
from register.audit.acting import acting
from register.audit.restoring import DELETE_MADE, controllers_of, restore_rows, rows_made
from register.identity.models import Account
from register.identity.rights import scope_of
from register.work.filing import FileKind, file_kinds
from register.work.models import ImportRun, ImportSource, Job
from register.work.operations import (
    AlreadyImported,
    ask_for_work,
    import_file,
    keep_source,
    mark_undone,
    record_refusal,
)
from register.work.operations.reporting import Reporter
from sites.imports.asking import asker_of, confirm_preview

from .undo import UnableToUndo, Undoing
from .uploads import WORKS_WITH_IMPORTS, controllers_permitting, opened_source

IMPORT_FILE = "import-uploaded-file"
UNDO_FILE = "undo-imported-file"
MOST_TOLD = 200


class UnableToImportFile(Refusal):
    """An uploaded file cannot be imported, and why."""


def permitted_files(account: Account) -> list[FileKind]:
    """Give the kinds of file that a person may import."""
    return [kind for kind in file_kinds().values() if controllers_permitting(account, *rights_of(kind))]


def rights_of(kind: FileKind) -> tuple[str, str]:
    """Give the rights that the import of a kind needs."""
    return WORKS_WITH_IMPORTS, kind.permission


def keep_file(
    *,
    kind: FileKind,
    name: str,
    content: Callable[[], Iterable[bytes]],
    options: Mapping[str, str],
    actor: Actor,
    at: dt.datetime,
) -> Job:
    """Keep an uploaded file encrypted for its time and ask a worker for its preview."""
    digest = hashlib.sha256()
    for piece in content():
        digest.update(piece)
    run = record_refusal(kind=kind.code, sha256=digest.hexdigest(), actor=actor, at=at, faults=(), is_preview=True)
    source = keep_source(run=run, name=name, content=content(), on=at.date())
    parameters = {"source": str(source.pk), "kind": kind.code, "options": dict(options), "is_preview": True}
    return ask_for_work(kind=IMPORT_FILE, actor=actor, at=at, parameters=parameters)


def confirm_file(*, preview: Job, actor: Actor, at: dt.datetime) -> Job:
    """Ask for the import of a file whose preview was seen and found nothing to refuse.

    Raises: UnableToImportFile.
    """
    unclean = _("Only a finished preview without faults can be confirmed.")
    return confirm_preview(
        preview=preview, work=IMPORT_FILE, unclean=unclean, error=UnableToImportFile, actor=actor, at=at
    )


def import_kept_file(*, job: Job, now: Callable[[], dt.datetime]) -> dict[str, Any]:
    """Import or preview the file that a job names; give counts and places, without a word of whom they are about.

    Raises: UnableToImportFile.
    """
    account = asker_of(job, permitted_files, UnableToImportFile)
    asked = job.parameters
    kind = file_kinds()[asked["kind"]]
    actor, scope = Actor.staff(account.pk), scope_of(account, *rights_of(kind))
    is_preview = bool(asked["is_preview"])
    with translation.override(account.language), Reporter(job, now=now) as reporter, acting(actor=actor, scope=scope):
        source = ImportSource.objects.get(pk=UUID(asked["source"]))
        try:
            report = import_file(
                source_file=opened_source(source.pk),
                kind=kind,
                actor=actor,
                at=now(),
                options=asked["options"],
                is_dry_run=is_preview,
                job=job,
                progress=reporter.report,
            )
        except AlreadyImported as known:
            return {"state": "known", "run": str(known.run.pk)}
    state = "refused" if report.is_refused else "previewed" if is_preview else "imported"
    faults = [{"line": fault.row_number, "why": fault.message} for fault in report.faults[:MOST_TOLD]]
    return {
        "state": state,
        "run": str(report.run.pk),
        "counts": dict(report.counts),
        "faults": faults,
        "fault_count": len(report.faults),
    }


def ask_for_file_undo(*, run: ImportRun, actor: Actor, at: dt.datetime) -> Job:
    """Ask a worker to undo the import of a file."""
    for other in Job.objects.filter(
        kind=UNDO_FILE, parameters__run=str(run.pk), state__in=[Job.State.WAITING, Job.State.RUNNING]
    ):
        return other
    return ask_for_work(kind=UNDO_FILE, actor=actor, at=at, parameters={"run": str(run.pk), "kind": run.kind})


def undo_file(*, job: Job, now: Callable[[], dt.datetime]) -> dict[str, Any]:
    """Undo the import that a job names, for a person who may.

    It reaches all rows of the import, so a person who acts for one controller cannot undo what touched the other.
    Raises: UnableToImportFile.
    """
    account = asker_of(job, permitted_files, UnableToImportFile)
    actor = Actor.staff(account.pk)
    with translation.override(account.language), acting(actor=actor, scope=Scope.service(UNDO_FILE)):
        run = ImportRun.objects.get(pk=UUID(job.parameters["run"]))
        try:
            mine = set(controllers_permitting(account, *rights_of(file_kinds()[run.kind])))
            undoing = undo_file_import(run=run, actor=actor, at=now(), controllers=mine)
        except UnableToUndo as refusal:
            return {"refused": str(refusal)}
    return {"deletion": str(undoing.job.pk), "restored": undoing.restored_count}


def undo_file_import(*, run: ImportRun, actor: Actor, at: dt.datetime, controllers: set[int] | None = None) -> Undoing:
    """Take an imported file back whole, while nothing depends on it; what it made goes to the purge worker.

    Runs in the open scope, which must reach all rows of the import; `controllers` are those for which one acts.
    Raises: UnableToUndo.
    """
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.kind not in file_kinds() or run.state != ImportRun.State.COMMITTED:
            raise UnableToUndo(_("Only an import that is in can be undone, and only once."))
        if controllers is not None and controllers_of(run) - controllers:
            raise UnableToUndo(_("The import touches a controller for which your roles do not let you act."))
        made = rows_made(run)
        restored = restore_rows(run=run, merges=file_kinds()[run.kind].merges(), at=at)
        if made.edited or restored.kept:
            count = len(made.edited) + len(restored.kept)
            raise UnableToUndo(_("Rows of this import were changed since, so it can no longer be undone: %d.") % count)
        made_count = sum(map(len, made.keys.values()))
        counts = {"restored": restored.count, "kept": 0, "to_delete": made_count}
        mark_undone(run=run, at=at, counts=counts)
        job = ask_for_work(
            kind=DELETE_MADE,
            actor=actor,
            at=at,
            parameters={"run": str(run.pk), "kept": []},
            queue=Job.Queue.PURGE,
        )
        return Undoing(run, restored.count, restored.kept, job)
