"""The tasks that say "look": they find the open work of their queue in the database."""

from collections.abc import Mapping
from typing import Any

import structlog
from celery import shared_task
from django.utils import timezone

from register.crypto.files import delete_file
from register.work.handlers import delivers, job_handler, job_kinds
from register.work.operations import deliver_due, fail_work, finish_work, take_up_work

log = structlog.get_logger(__name__)


@shared_task(name="register.work.tasks.look")
def look(queue: str) -> None:
    """Do the open jobs of a queue, one after the other, until none is left that is free."""
    while (job := take_up_work(queue=queue, kinds=job_kinds(), at=timezone.now())) is not None:
        try:
            result = job_handler(job.kind)(job)
        except Exception as error:
            log.exception("job_failed", job=str(job.id), kind=job.kind)
            fail_work(job=job, error=type(error).__name__, at=timezone.now())
        else:
            finish_work(job=job, result=result, at=timezone.now())


@shared_task(name="register.work.tasks.deliver_outbox")
def deliver_outbox() -> None:
    """Carry out the due effects of the outbox."""
    deliver_due(at=timezone.now())


@delivers("delete-file")
def delete_stored_file(payload: Mapping[str, Any], at: object) -> None:
    """Delete a stored file whose row is gone; one that is gone already is well."""
    delete_file(str(payload["name"]))
