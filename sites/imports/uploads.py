"""Tables that staff upload: kept encrypted, their columns mapped, previewed by a worker, imported when confirmed.

The worker acts as the person who asked, with the rights that this person has when it runs.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from register.access.refusing import Refusal
from register.access.scope import Actor, Scope
from register.audit.acting import acting
from register.audit.restoring import controllers_of
from register.crypto.files import EncryptedFile, file_of
from register.identity.models import Account
from register.identity.queries import controllers_permitting
from register.identity.rights import scope_of
from register.work.importing import ImportKind, kinds
from register.work.models import ImportRun, ImportSource, Job
from register.work.operations import (
    AlreadyImported,
    ask_for_work,
    import_table,
    keep_source,
    record_refusal,
    save_mapping,
)
from register.work.operations.reporting import Reporter
from register.work.tables import Table, UnableToReadTable
from sites.imports.asking import asker_of, confirm_preview

from .undo import UnableToUndo, undo_register_import

IMPORT_TABLE = "import-uploaded-table"
UNDO_TABLE = "undo-imported-table"
# Who may import a kind, and undo it: whoever may make its rows by hand, and works with imports.
PERMISSIONS = {
    "customers": "customers.add_customer",
    "contracts": "sites.add_contract",
    "sites": "sites.add_site",
    "meters": "sites.add_meter",
    "prohibitions": "customers.add_marketingpermission",
    "representatives": "customers.add_representative",
    "prospects": "customers.add_prospect",
    "devices": "sites.add_delivereddevice",
    "payment-history": "billing.add_payment",
}
WORKS_WITH_IMPORTS = "work.add_importrun"


class UnableToImportTable(Refusal):
    """An uploaded table cannot be imported, and why."""


def permitted_kinds(account: Account) -> list[ImportKind]:
    """Give the kinds of table that a person may import."""
    if not account.has_perm(WORKS_WITH_IMPORTS):
        return []
    return [kind for code, kind in kinds().items() if account.controller_ids(WORKS_WITH_IMPORTS, PERMISSIONS[code])]


def keep_table(
    *, kind: str, name: str, content: Callable[[], Iterable[bytes]], actor: Actor, at: dt.datetime
) -> ImportSource:
    """Keep an uploaded table encrypted for its time.

    Raises: UnableToReadTable where it is no table.
    """
    digest = hashlib.sha256()
    for piece in content():
        digest.update(piece)
    run = record_refusal(kind=kind, sha256=digest.hexdigest(), actor=actor, at=at, faults=(), is_preview=True)
    source = keep_source(run=run, name=name, content=content(), on=at.date())
    Table(file_of(source))
    return source


def ask_for_preview(
    *, source: ImportSource, columns: Mapping[str, str], mapping_name: str, actor: Actor, at: dt.datetime
) -> Job:
    """Remember the mapping by its name, if it has one, and ask a worker for the preview of a kept table."""
    kind = source.run.kind
    if mapping_name:
        save_mapping(kind=kind, name=mapping_name, columns=columns, actor=actor, at=at)
    parameters = {
        "source": str(source.pk),
        "kind": kind,
        "columns": dict(columns),
        "mapping": mapping_name,
        "is_preview": True,
    }
    return ask_for_work(kind=IMPORT_TABLE, actor=actor, at=at, parameters=parameters)


def confirm_table(*, preview: Job, actor: Actor, at: dt.datetime) -> Job:
    """Ask for the import of a table whose preview was seen and found nothing to refuse.

    Raises: UnableToImportTable.
    """
    unclean = _("Only a finished preview without refused rows can be confirmed.")
    return confirm_preview(
        preview=preview, work=IMPORT_TABLE, unclean=unclean, error=UnableToImportTable, actor=actor, at=at
    )


def ask_for_undo(*, run: ImportRun, actor: Actor, at: dt.datetime) -> Job:
    """Ask a worker to undo the import of a table."""
    for other in Job.objects.filter(kind=UNDO_TABLE, parameters__run=str(run.pk)).exclude(state=Job.State.FAILED):
        if run.state == ImportRun.State.COMMITTED and other.state != Job.State.DONE:
            return other
    return ask_for_work(kind=UNDO_TABLE, actor=actor, at=at, parameters={"run": str(run.pk), "kind": run.kind})


def import_kept_table(*, job: Job, now: Callable[[], dt.datetime]) -> dict[str, Any]:
    """Import or preview the table that a job names; give counts, without a word of whom they are about.

    Raises: UnableToImportTable.
    """
    account = asker_of(job, permitted_kinds, UnableToImportTable)
    actor, scope = Actor.staff(account.pk), scope_of(account, WORKS_WITH_IMPORTS, PERMISSIONS[job.parameters["kind"]])
    asked = job.parameters
    is_preview = bool(asked["is_preview"])
    with translation.override(account.language), Reporter(job, now=now) as reporter, acting(actor=actor, scope=scope):
        try:
            report = import_table(
                source_file=opened_source(UUID(asked["source"])),
                kind=kinds()[asked["kind"]],
                mapping=asked["columns"],
                actor=actor,
                at=now(),
                is_dry_run=is_preview,
                mapping_name=asked["mapping"],
                job=job,
                progress=reporter.report,
            )
        except AlreadyImported as known:
            return {"state": "known", "run": str(known.run.pk)}
        except UnableToReadTable as error:
            return {"state": "unreadable", "why": str(error)}
    state = "refused" if report.is_refused else "previewed" if is_preview else "imported"
    return {"state": state, "run": str(report.run.pk), "rows": report.row_count, "counts": report.counts}


def undo_table(*, job: Job, now: Callable[[], dt.datetime]) -> dict[str, Any]:
    """Undo the import that a job names, for a person who may.

    It reaches all rows of the import, so a person who acts for one controller cannot undo what touched the other.
    Raises: UnableToImportTable.
    """
    account = asker_of(job, permitted_kinds, UnableToImportTable)
    actor = Actor.staff(account.pk)
    with translation.override(account.language), acting(actor=actor, scope=Scope.service(UNDO_TABLE)):
        run = ImportRun.objects.get(pk=UUID(job.parameters["run"]))
        try:
            if controllers_of(run) - controllers_permitting(account, WORKS_WITH_IMPORTS, PERMISSIONS[run.kind]):
                raise UnableToUndo(_("The import touches a controller for which your roles do not let you act."))
            undoing = undo_register_import(run=run, actor=actor, at=now())
        except UnableToUndo as refusal:
            return {"refused": str(refusal)}
    return {"deletion": str(undoing.job.pk), "restored": undoing.restored_count, "kept": len(undoing.kept)}


def opened_source(key: UUID) -> EncryptedFile:
    """Open a kept file by the key of its source."""
    return file_of(ImportSource.objects.get(pk=key))
