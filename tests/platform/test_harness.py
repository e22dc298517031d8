"""The tests themselves stand on the right ground."""

import pytest
from django.db import connection

from tests.harness.committed import CommittedDatabase


def _who() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_tests_are_the_application(as_owner, as_purge):
    assert _who() == "register_app"
    with as_owner():
        assert _who() == "register_owner"
    with as_purge():
        assert _who() == "register_purge"
    assert _who() == "register_app"


def test_a_committed_database_is_seen_by_another_process(committed_db: CommittedDatabase):
    assert _who() == "register_app"
    done = committed_db.manage("shell", "-c", "from django.db import connection as c; print(c.settings_dict['NAME'])")
    assert committed_db.name in done.stdout, done.stderr


@pytest.mark.worker
def test_a_real_worker_takes_work(committed_db: CommittedDatabase):
    assert committed_db.start_worker().poll() is None


def test_the_browser_sees_the_front_door(page):
    answer = page.goto("/health/live")
    assert answer is not None
    assert answer.status == 200
