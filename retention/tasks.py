"""The shells of the purge worker: the daily purge, and the jobs that people ask for."""

import datetime
from collections.abc import Mapping
from typing import Any

from celery import shared_task
from django.utils import timezone

from register.access.scope import Actor
from register.work.handlers import does
from register.work.models import Job
from register.work.operations import report_progress
from retention.models import RetentionRun
from retention.operations import UnableToPurge, ask_for_purge, preview, purge
from retention.operations.asking import PREVIEW, PURGE


@shared_task(name="retention.tasks.ask_daily")
def ask_daily() -> None:
    """Ask for the purge of the day; the work itself is a row that the purge worker takes up."""
    ask_for_purge(actor=Actor.service("retention"), at=timezone.now())


@does(PURGE)
def do_purge(job: Job) -> Mapping[str, Any]:
    """Delete what is due, or continue the run that was not finished."""

    def progress(run: RetentionRun) -> bool:
        return report_progress(job=job, progress_count=run.gone_count, total_count=run.planned_count, at=timezone.now())

    try:
        run = purge(actor=_actor(job), clock=timezone.now, as_of=_as_of(job), progress=progress)
    except UnableToPurge as error:
        return {"refused": str(error)}
    return {"run": str(run.pk), "state": run.state}


@does(PREVIEW)
def do_preview(job: Job) -> Mapping[str, Any]:
    """Plan what would go on a day."""
    run = preview(actor=_actor(job), at=timezone.now(), as_of=_as_of(job) or timezone.localdate())
    return {"run": str(run.pk), "state": run.state}


def _as_of(job: Job) -> datetime.date | None:
    text = job.parameters.get("as_of")
    return datetime.date.fromisoformat(text) if text else None


def _actor(job: Job) -> Actor:
    return Actor.service(job.asked_by)
