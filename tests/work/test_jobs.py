"""Work is a row: one worker at a time, taken up again after a death, given up after too many tries."""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import connection

from register.access.scope import Actor
from register.work import handlers
from register.work.models import Job, OutboxMessage
from register.work.operations import (
    ask_for_work,
    cancel_work,
    deliver_due,
    finish_work,
    post,
    report_progress,
    take_up_work,
)
from register.work.operations.jobs import MOST_ATTEMPTS
from register.work.tasks import look

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 24, 10, tzinfo=datetime.UTC)
TESTER = Actor.service("test")
KIND = "test-work"


@pytest.fixture(autouse=True)
def no_lock_is_left() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []

    def work(job: Job) -> Mapping[str, Any]:
        if job.parameters.get("fails"):
            raise ValueError("Maija Äijälä")
        done.append(str(job.pk))
        return {"rows": 7}

    monkeypatch.setitem(handlers._jobs, KIND, work)
    return done


def ask(**parameters: Any) -> Job:
    return ask_for_work(kind=KIND, actor=TESTER, at=NOW, parameters=parameters)


def take() -> Job | None:
    return take_up_work(queue="default", kinds=[KIND], at=NOW)


def test_a_look_does_the_open_work_and_writes_down_its_result(done: list[str]) -> None:
    first, second = ask(), ask()
    look("default")
    assert done == [str(first.pk), str(second.pk)]
    first.refresh_from_db()
    assert (first.state, first.result) == (Job.State.DONE, {"rows": 7})
    look("default")
    assert len(done) == 2


def test_work_of_another_queue_or_kind_is_left_alone(done: list[str]) -> None:
    ask_for_work(kind=KIND, queue="purge", actor=TESTER, at=NOW)
    ask_for_work(kind="somebody-elses", actor=TESTER, at=NOW)
    look("default")
    assert not done


def test_a_job_that_failed_says_what_kind_of_fault_but_no_values(done: list[str]) -> None:
    job = ask(fails=True)
    look("default")
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "ValueError")


def test_a_running_job_whose_worker_is_gone_is_taken_up_again(done: list[str]) -> None:
    job = ask()
    assert take() == job
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")  # what the server does when a worker's connection ends
    look("default")
    assert done == [str(job.pk)]
    job.refresh_from_db()
    assert job.attempt_count == 2


def test_a_job_taken_up_too_often_is_given_up_and_stops_nobody(done: list[str]) -> None:
    bad = ask()
    Job.objects.filter(pk=bad.pk).update(attempt_count=MOST_ATTEMPTS)
    good = ask()
    look("default")
    bad.refresh_from_db()
    assert bad.state == Job.State.FAILED
    assert done == [str(good.pk)]


def test_a_cancelled_job_is_told_to_stop_at_its_next_report() -> None:
    job = ask()
    assert take() == job
    assert report_progress(job=job, progress_count=3, total_count=9, at=NOW)
    assert cancel_work(job=job, at=NOW)
    assert not report_progress(job=job, progress_count=4, at=NOW)
    finish_work(job=job, result={}, at=NOW)
    job.refresh_from_db()
    assert (job.state, job.progress_count, job.total_count) == (Job.State.CANCELLED, 3, 9)


def test_an_effect_that_fails_is_tried_again_later_and_the_others_happen(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[int] = []

    def effect(payload: Mapping[str, Any], at: datetime.datetime) -> None:
        if payload["number"] == 1 and at == NOW:
            raise OSError("disk full")
        happened.append(payload["number"])

    monkeypatch.setitem(handlers._outbox, "test-effect", effect)
    for number in (1, 2):
        post(kind="test-effect", payload={"number": number}, at=NOW)
    assert deliver_due(at=NOW) == (1, 1)
    assert happened == [2]
    failed = OutboxMessage.objects.get(sent_at__isnull=True)
    assert (failed.error, failed.attempt_count) == ("OSError", 1)
    assert failed.next_try_at > NOW
    assert deliver_due(at=NOW) == (0, 0)
    assert deliver_due(at=NOW + datetime.timedelta(hours=1)) == (1, 0)
    assert happened == [2, 1]
