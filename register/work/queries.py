"""Reads of work: what is under way, how it went, and what came in from where."""

import datetime
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q

from register.work.models import ImportRun, Job

DEMONSTRATION: Final = "demo"
_OPEN = (Job.State.WAITING, Job.State.RUNNING)


@dataclass(frozen=True)
class JobCounts:
    """How many jobs wait, run, and failed lately."""

    waiting: int
    running: int
    failed: int

    @property
    def open(self) -> int:
        """Those that are not finished."""
        return self.waiting + self.running


def is_demonstration() -> bool:
    """Tell whether the data of this register is the demonstration's; readable without any scope."""
    return ImportRun.objects.filter(kind=DEMONSTRATION, state=ImportRun.State.COMMITTED).exists()


def job_counts(*, failed_since: datetime.datetime) -> JobCounts:
    """Count the jobs that are open, and those that failed since a moment."""
    return JobCounts(
        **Job.objects.filter(Q(state__in=_OPEN) | Q(finished_at__gte=failed_since)).aggregate(
            waiting=Count("pk", filter=Q(state=Job.State.WAITING)),
            running=Count("pk", filter=Q(state=Job.State.RUNNING)),
            failed=Count("pk", filter=Q(state=Job.State.FAILED)),
        )
    )


def latest_jobs(*, count: int) -> list[Job]:
    """Give the open jobs, the oldest first, and after them the latest that are finished."""
    still = list(Job.objects.filter(state__in=_OPEN).order_by("asked_at")[:count])
    done = Job.objects.exclude(state__in=_OPEN).order_by("-finished_at")[: count - len(still)]
    return still + list(done)


def latest_result(kind: str) -> Job | None:
    """Give the latest job of a kind that was done."""
    return Job.objects.filter(kind=kind, state=Job.State.DONE).order_by("-finished_at").first()


def latest_imports(*, count: int) -> list[ImportRun]:
    """Give what came in last."""
    return list(ImportRun.objects.exclude(state=ImportRun.State.PREVIEWED).order_by("-started_at")[:count])
