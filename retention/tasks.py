"""The shells of the purge worker: the daily purge, and the jobs that people ask for."""

import datetime
from collections.abc import Mapping
from typing import Any

from celery import shared_task
from django.utils import timezone

from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.restoring import DELETE_MADE, MOST_NAMED, rows_made
from register.work.handlers import does
from register.work.models import ImportRun, Job
from register.work.operations import ask_for_work, complete_undo, report_progress
from retention.models import RetentionRun
from retention.operations import (
    FOREIGN,
    UnableToPurge,
    ask_for_purge,
    erase_imported_days,
    erase_rows,
    is_stopped,
    mark_ended_holds,
    preview,
    purge,
    rows_of_others,
)
from retention.operations.asking import PREVIEW, PURGE
from sites.consumption.operations import DELETE_DAYS
from sites.imports.undo import KEEP_RELATIONSHIPS, tables_of

ENDED_HOLDS = "mark-ended-holds"


class PurgingIsStopped(Exception):
    """The stop switch holds all deletion; ask again when it is released."""


class UnableToDelete(Exception):
    """The import is not undone, or is of a kind that cannot be, so nothing of it is deleted."""


@shared_task(name="retention.tasks.ask_daily")
def ask_daily() -> None:
    """Ask for the purge of the day; the work itself is a row that the purge worker takes up."""
    ask_for_purge(actor=Actor.service("retention"), at=timezone.now())


@shared_task(name="retention.tasks.ask_for_ended_holds")
def ask_for_ended_holds() -> None:
    """Ask that holds whose last day is over be marked; the work itself is a row."""
    ask_for_work(kind=ENDED_HOLDS, actor=Actor.service(ENDED_HOLDS), at=timezone.now())


@does(ENDED_HOLDS)
def do_mark_ended_holds(job: Job) -> Mapping[str, Any]:
    """Mark the holds whose last day is over as released."""
    with acting_as_service(ENDED_HOLDS):
        return {"marked": mark_ended_holds(actor=Actor.service(ENDED_HOLDS), at=timezone.now())}


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


@does(DELETE_MADE)
def delete_rows_of_an_undone_import(job: Job) -> Mapping[str, Any]:
    """Delete the rows that an undone import made, but those that were edited since or that others need.

    The rows come from a log to which the application adds: what the import cannot have made is refused and named.
    """
    if is_stopped():
        raise PurgingIsStopped
    run = ImportRun.objects.get(pk=job.parameters["run"])
    models = tables_of(run.kind)
    if models is None or run.state != ImportRun.State.UNDONE:
        raise UnableToDelete
    made = rows_made(run)
    total = sum(map(len, made.keys.values()))
    foreign = list(rows_of_others(run, made.keys, models))

    def progress(count: int) -> bool:
        return report_progress(job=job, progress_count=count, total_count=total, at=timezone.now())

    named = [*((each.model, each.key, each.why) for each in made.edited), *((*each, FOREIGN) for each in foreign)]
    kept: dict[str, list[str]] = {}
    for model, key, _why in named:
        kept.setdefault(model, []).append(key)
    strangers = set(foreign)
    wanted = {name: [key for key in keys if (name, key) not in strangers] for name, keys in made.keys.items()}
    erasure = erase_rows(wanted=wanted, kept=kept, actor=_actor(job), clock=timezone.now, progress=progress)
    named += erasure.refused
    counts = {"deleted": erasure.gone_count, "refused": len(named)}
    complete_undo(run=run, counts=counts)
    if customers := job.parameters.get("customers"):
        parameters = {"run": str(run.pk), "customers": customers}
        ask_for_work(kind=KEEP_RELATIONSHIPS, actor=_actor(job), at=timezone.now(), parameters=parameters)
    return {**counts, "named": named[:MOST_NAMED]}


@does(DELETE_DAYS)
def delete_days_of_an_undone_import(job: Job) -> Mapping[str, Any]:
    """Delete the days of consumption that an undone import made."""
    if is_stopped():
        raise PurgingIsStopped
    run = ImportRun.objects.get(pk=job.parameters["run"], state=ImportRun.State.UNDONE)
    erasure = erase_imported_days(imported=run, label="sites.ConsumptionDay", actor=_actor(job), clock=timezone.now)
    counts = {"deleted": erasure.gone_count, "held": erasure.held_count}
    complete_undo(run=run, counts=counts)
    return counts


def _as_of(job: Job) -> datetime.date | None:
    text = job.parameters.get("as_of")
    return datetime.date.fromisoformat(text) if text else None


def _actor(job: Job) -> Actor:
    return Actor.service(job.asked_by)
