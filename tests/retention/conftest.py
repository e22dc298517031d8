"""What the tests of retention share: a purge in the purge role on the test's own connection."""

import datetime
from collections.abc import Callable, Iterator

import pytest

from register.access.guard import another_role
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from retention.models import RetentionRun
from retention.operations import Pace, approve_run, preview, purge
from tests.factories.clocks import at_noon
from tests.harness.roles import as_role

TESTER = Actor.service("test")
Purge = Callable[..., RetentionRun]


@pytest.fixture
def scope(db: None) -> Iterator[None]:
    """The rows of the test are made and read as a service that reaches all."""
    with acting_as_service("test"):
        yield


@pytest.fixture
def purge_on(scope: None) -> Purge:
    """`purge_on(day)` purges as of a day, with a person's word where the run asks for it."""

    def run_purge(day: datetime.date, *, rows: int | None = None, approve: bool = True) -> RetentionRun:
        pace = Pace(keys=rows, day_rows=rows, fixed=True) if rows else None
        with as_role("purge"), another_role():
            run = purge(actor=TESTER, clock=lambda: at_noon(day), pace=pace, pause=lambda _seconds: None)
            if approve and run.state == RetentionRun.State.WAITING:
                approve_run(run=run, plan_hash=run.plan_hash, actor=TESTER, at=at_noon(day))
                run = purge(actor=TESTER, clock=lambda: at_noon(day), pace=pace, pause=lambda _seconds: None)
        return run

    return run_purge


@pytest.fixture
def preview_on(scope: None) -> Purge:
    """`preview_on(day)` plans what would go on a day."""

    def run_preview(day: datetime.date) -> RetentionRun:
        with as_role("purge"), another_role():
            return preview(actor=TESTER, at=at_noon(day), as_of=day)

    return run_preview
