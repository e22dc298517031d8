"""A job from the asking to its end. Whoever holds its advisory lock works on it.

The lock is the worker's connection's: when the worker dies the lock is gone, and the next "look"
takes the job up again. Handlers therefore continue where the rows say they were.
"""

import datetime
import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from celery import Celery
from django.db import connection, transaction
from django.db.models import F

from register.access.scope import Actor
from register.work.models import Job

_LOCK_SPACE = zlib.crc32(b"register.work.job") & 0x7FFFFFFF
_OPEN = (Job.State.WAITING, Job.State.RUNNING)
MOST_ATTEMPTS = 5


def ask_for_work(
    *,
    kind: str,
    actor: Actor,
    at: datetime.datetime,
    parameters: Mapping[str, Any] | None = None,
    queue: str = Job.Queue.DEFAULT,
) -> Job:
    """Write down a job and say "look" to the workers of its queue once it is committed.

    `parameters` hold keys and settings only, never personal data.
    """
    job = Job.objects.create(
        kind=kind,
        queue=queue,
        parameters=dict(parameters or {}),
        asked_by=f"{actor.kind}:{actor.id}",
        asked_at=at,
    )
    transaction.on_commit(lambda: _say_look(queue), robust=True)
    return job


def take_up_work(*, queue: str, kinds: list[str], at: datetime.datetime) -> Job | None:
    """Take up the oldest open job that nobody works on and hold its lock, or give None.

    A job that was taken up too often is failed, so that it does not stop the others.
    """
    candidates = Job.objects.filter(queue=queue, kind__in=kinds, state__in=_OPEN).order_by("asked_at")
    for key in candidates.values_list("id", flat=True)[:100]:
        if not _lock(key):
            continue
        job = Job.objects.filter(id=key, state__in=_OPEN).first()
        if job is None:
            _unlock(key)
        elif job.attempt_count >= MOST_ATTEMPTS:
            fail_work(job=job, error="given up after too many attempts", at=at)
        else:
            job.state = Job.State.RUNNING
            job.attempt_count += 1
            job.started_at = job.started_at or at
            job.seen_alive_at = at
            job.save(update_fields=["state", "attempt_count", "started_at", "seen_alive_at"])
            return job
    return None


def report_progress(*, job: Job, progress_count: int, at: datetime.datetime, total_count: int | None = None) -> bool:
    """Write down how far a job is; tell whether it should go on (False: it was cancelled)."""
    changes: dict[str, Any] = {"progress_count": progress_count, "seen_alive_at": at}
    if total_count is not None:
        changes["total_count"] = total_count
    return bool(Job.objects.filter(id=job.id, state=Job.State.RUNNING).update(**changes))


def finish_work(*, job: Job, result: Mapping[str, Any], at: datetime.datetime) -> None:
    """Write down that a job is done, with its result, and give its lock back."""
    _close(job, Job.State.DONE, at, result=dict(result))


def fail_work(*, job: Job, error: str, at: datetime.datetime) -> None:
    """Write down that a job failed and why (no personal data), and give its lock back."""
    _close(job, Job.State.FAILED, at, error=error[:500])


def give_back_work(*, job: Job) -> None:
    """Let another worker go on with a job: its state stays, its attempt is not counted."""
    Job.objects.filter(id=job.id).update(attempt_count=F("attempt_count") - 1)
    _unlock(job.id)


def cancel_work(*, job: Job, at: datetime.datetime) -> bool:
    """Cancel a job that is not finished; its worker stops at the next report of progress."""
    return bool(Job.objects.filter(id=job.id, state__in=_OPEN).update(state=Job.State.CANCELLED, finished_at=at))


def _close(job: Job, state: Job.State, at: datetime.datetime, **fields: Any) -> None:
    Job.objects.filter(id=job.id, state__in=_OPEN).update(state=state, finished_at=at, seen_alive_at=at, **fields)
    _unlock(job.id)


def _lock(key: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, _number(key)])
        return bool(cursor.fetchone()[0])


def _unlock(key: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, _number(key)])


def _number(key: UUID) -> int:
    return zlib.crc32(key.bytes) - 2**31


def _say_look(queue: str) -> None:
    """Send the message at once or not at all: beat says "look" soon anyway."""
    _sender().send_task("register.work.tasks.look", args=[queue], queue=queue, retry=False)


@cache
def _sender() -> Celery:
    """Give an application of our own to send with: Celery's current one is another in each thread."""
    sender = Celery("register.work.sender", set_as_current=False)
    sender.config_from_object("django.conf:settings", namespace="CELERY")
    return sender
