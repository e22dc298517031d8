"""Work of the sites: imports that staff started."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from register.work.handlers import does
from register.work.models import Job
from sites.consumption.operations import IMPORT_UPLOAD, import_upload


@does(IMPORT_UPLOAD)
def import_uploaded_consumption(job: Job) -> Mapping[str, Any]:
    """Import, or preview, the files that a member of staff uploaded."""
    return import_upload(job=job, now=timezone.now)
