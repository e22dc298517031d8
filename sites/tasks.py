"""Work of the sites: imports that staff started, and the deletion of what an undone import made."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from register.audit.acting import acting_as_service
from register.work.handlers import does
from register.work.models import Job
from sites.consumption.operations import DELETE_ROWS, IMPORT_UPLOAD, delete_imported_days, import_upload


@does(IMPORT_UPLOAD)
def import_uploaded_consumption(job: Job) -> Mapping[str, Any]:
    """Import, or preview, the files that a member of staff uploaded."""
    return import_upload(job=job, now=timezone.now)


@does(DELETE_ROWS)
def delete_days_of_an_undone_import(job: Job) -> Mapping[str, Any]:
    """Delete the days that an undone import made; the purge worker's work."""
    with acting_as_service(DELETE_ROWS):
        return {"deleted": delete_imported_days(run_id=UUID(job.parameters["run"]))}
