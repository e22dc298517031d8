"""Work of the sites: imports that staff started."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from register.work.handlers import does
from register.work.models import Job
from sites.consumption.operations import IMPORT_UPLOAD, import_upload
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
