"""A hold whose last day is over is marked, with its actor in the change log; its end is told before it comes."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from register.audit.acting import acting_as_service
from register.audit.models import LogEntry
from register.identity.roles import Role
from register.work.models import Job
from retention.models import Hold
from retention.tasks import ask_for_ended_holds, do_mark_ended_holds
from tests.factories.retention import HoldFactory
from tests.harness.staff import make_staff, signed_in

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def officer() -> Client:
    return signed_in(make_staff(role=Role.DPO))


def hold_until(days: int | None, case: str) -> Hold:
    """Place a hold whose first day no longer held is so many days ahead."""
    placed = timezone.now() - 30 * DAY
    until = None if days is None else timezone.localdate() + days * DAY
    with acting_as_service("test"):
        return HoldFactory.create(until_on=until, case_number=case, placed_at=placed)


def mark() -> dict[str, int]:
    ask_for_ended_holds()
    return dict(do_mark_ended_holds(Job.objects.filter(kind="mark-ended-holds").latest("asked_at")))


def test_holds_whose_last_day_is_over_are_marked_once_and_logged(officer: Client) -> None:
    over, today = hold_until(-3, "A/1"), hold_until(0, "A/2")
    tomorrow, endless = hold_until(1, "A/3"), hold_until(None, "A/4")
    assert mark() == {"marked": 2}
    with acting_as_service("test"):
        marked = set(Hold.objects.filter(released_at__isnull=False).values_list("pk", flat=True))
        assert marked == {over.pk, today.pk}
        assert set(Hold.objects.exclude(pk__in=marked)) == {tomorrow, endless}
        entry = LogEntry.objects.filter(object_pk=str(over.pk)).latest("id")
        assert (entry.actor_kind, entry.actor_id) == ("service", "mark-ended-holds")
        assert entry.changes["released_by"] == ["", "service:mark-ended-holds"]
    assert mark() == {"marked": 0}
    text = officer.get("/staff/retention/").content.decode()
    assert "A/1" in text
    assert "määräaika päättyi" in text


@pytest.mark.parametrize(("days", "told"), [(1, True), (14, True), (15, False), (None, False)])
def test_the_end_of_a_hold_is_told_two_weeks_before(officer: Client, days: int | None, told: bool) -> None:
    hold_until(days, "B/1")
    assert ("Poistokielto päättyy pian" in officer.get("/staff/").content.decode()) is told
    assert ("päättyy pian" in officer.get("/staff/retention/").content.decode()) is told
