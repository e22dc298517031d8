"""Work of the requests: packages that staff or customers asked for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from dsar.operations.packaging import ACCESS_PACKAGE, make_package
from register.access.scope import Actor
from register.work.handlers import does
from register.work.models import Job


@does(ACCESS_PACKAGE)
def make_access_package(job: Job) -> Mapping[str, Any]:
    """Make the package that a job names."""
    package = make_package(
        package_id=UUID(job.parameters["package"]), actor=Actor.service(ACCESS_PACKAGE), at=timezone.now()
    )
    return {"package": str(package.pk), "size_bytes": package.size_bytes, "rows": sum(package.counts.values())}
