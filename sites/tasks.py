"""Work of the sites: imports that staff started, and the nightly check of relationships."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.work.handlers import does
from register.work.models import ImportRun, Job
from register.work.operations import ask_for_work, report_progress
from sites.agreement.operations import CHECK_RELATIONSHIPS, check_relationships
from sites.consumption.operations import IMPORT_UPLOAD, import_upload
from sites.imports.files import IMPORT_FILE, UNDO_FILE, import_kept_file, undo_file
from sites.imports.undo import KEEP_RELATIONSHIPS, settle_relationships
from sites.imports.uploads import IMPORT_TABLE, UNDO_TABLE, import_kept_table, undo_table


@does(IMPORT_UPLOAD)
def import_uploaded_consumption(job: Job) -> Mapping[str, Any]:
    """Import, or preview, the files that a member of staff uploaded."""
    return import_upload(job=job, now=timezone.now)


@does(IMPORT_TABLE)
def import_uploaded_table(job: Job) -> Mapping[str, Any]:
    """Import, or preview, a table that a member of staff uploaded."""
    return import_kept_table(job=job, now=timezone.now)


@does(UNDO_TABLE)
def undo_imported_table(job: Job) -> Mapping[str, Any]:
    """Undo an imported table; what it made goes on to the purge worker."""
    return undo_table(job=job, now=timezone.now)


@does(KEEP_RELATIONSHIPS)
def keep_relationships_after_an_undo(job: Job) -> Mapping[str, Any]:
    """Set the relationships of the customers whose contracts an undone import had touched."""
    customers = [UUID(key) for key in job.parameters["customers"]]
    with acting_as_service(KEEP_RELATIONSHIPS):
        run = ImportRun.objects.get(pk=job.parameters["run"])
        actor = Actor.service(KEEP_RELATIONSHIPS)
        settle_relationships(run=run, customers=customers, actor=actor, at=timezone.now())
    return {"customers": len(customers)}


@shared_task(name="sites.tasks.ask_for_check")
def ask_for_check() -> None:
    """Ask for the nightly check of relationships; the work itself is a row."""
    ask_for_work(kind=CHECK_RELATIONSHIPS, actor=Actor.service(CHECK_RELATIONSHIPS), at=timezone.now())


@does(CHECK_RELATIONSHIPS)
def check_relationships_with_contracts(job: Job) -> Mapping[str, Any]:
    """Mend the relationships that differ from their contracts, before the purge reads them."""

    def progress(count: int) -> bool:
        return report_progress(job=job, progress_count=count, at=timezone.now())

    return check_relationships(clock=timezone.now, progress=progress).as_result


@does(IMPORT_FILE)
def import_uploaded_file(job: Job) -> Mapping[str, Any]:
    """Import, or preview, a file of the bank or of billing that a member of staff uploaded."""
    return import_kept_file(job=job, now=timezone.now)


@does(UNDO_FILE)
def undo_imported_file(job: Job) -> Mapping[str, Any]:
    """Undo an imported file; what it made goes on to the purge worker."""
    return undo_file(job=job, now=timezone.now)
