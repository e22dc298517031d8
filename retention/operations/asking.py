"""Asks the purge worker for a run or a preview: the application itself can delete nothing."""

import datetime

from register.access.scope import Actor
from register.work.models import Job
from register.work.operations import ask_for_work

PURGE, PREVIEW = "purge", "purge-preview"
_OPEN = (Job.State.WAITING, Job.State.RUNNING)


def ask_for_purge(*, actor: Actor, at: datetime.datetime, as_of: datetime.date | None = None) -> Job:
    """Ask for a purge as of a day (today), unless one is asked for or runs already; give its job."""
    return _asked(PURGE, actor, at, as_of)


def ask_for_preview(*, actor: Actor, at: datetime.datetime, as_of: datetime.date) -> Job:
    """Ask what would go on a day; the plan stands in the preview's rows when the job is done."""
    return _asked(PREVIEW, actor, at, as_of)


def _asked(kind: str, actor: Actor, at: datetime.datetime, as_of: datetime.date | None) -> Job:
    parameters = {"as_of": as_of.isoformat()} if as_of else {}
    found = Job.objects.filter(kind=kind, queue=Job.Queue.PURGE, state__in=_OPEN, parameters=parameters).first()
    if found is not None:
        return found
    return ask_for_work(kind=kind, queue=Job.Queue.PURGE, parameters=parameters, actor=actor, at=at)
