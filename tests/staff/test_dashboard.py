"""The dashboard: tiles and panels by role, and nothing of it takes the rest away."""

import datetime
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from register import dashboard
from register.audit.acting import acting_as_service
from register.dashboard import Board, Part
from register.identity.roles import Role
from register.work.handlers import job_kinds
from register.work.models import ImportRun, Job
from retention.models import StopSwitch
from sites.staff.kinds import words_of
from tests.harness.staff import Staff, make_staff, signed_in


def page_of(staff: Staff) -> str:
    answer = signed_in(staff).get("/staff/")
    assert answer.status_code == 200
    return answer.content.decode()


def ask_for_work(count: int, **changes: object) -> None:
    with acting_as_service("test"):
        for _number in range(count):
            Job.objects.create(**{"kind": "purge", "asked_by": "test", "asked_at": timezone.now()} | changes)


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        (Role.ADMINISTRATOR, ["Erääntynyt, poistamatta", "Avoimia töitä", "Alkavia sopimuksia"], []),
        (Role.DPO, ["Erääntynyt, poistamatta", "Rivejä, joiden tiedot"], []),
        (Role.AGENT, ["Alkavia sopimuksia", "Riitautettuja laskuja"], ["Erääntynyt, poistamatta", "Avoimia töitä"]),
        (Role.METERING, ["Päättyviä sopimuksia", "Viimeisimmät tuonnit"], ["Riitautettuja laskuja"]),
    ],
)
def test_each_role_finds_its_own_tiles(db: None, role: Role, shown: list[str], hidden: list[str]):
    page = page_of(make_staff(role=role))
    assert all(words in page for words in shown)
    assert not any(words in page for words in hidden)


def test_work_under_way_shows_its_progress_and_failed_work_its_reason(staff: Staff):
    ask_for_work(1, state=Job.State.RUNNING, progress_count=40, total_count=100)
    ask_for_work(1, state=Job.State.FAILED, error="Levy on täynnä", finished_at=timezone.now())
    page = page_of(staff)
    assert '<progress class="reg-progress" max="100" value="40"' in page
    assert "Levy on täynnä" in page
    assert "1 epäonnistunut seitsemän päivän aikana" in page


def test_a_register_without_work_says_so(staff: Staff):
    assert "Yhtään työtä ei odota" in page_of(staff)


def test_the_stop_of_purging_is_said_on_top(staff: Staff):
    before = page_of(staff)
    assert "Poistaminen on pysäytetty" not in before
    assert "Seuraava poisto" in before
    with acting_as_service("test"):
        by = f"staff:{staff.account.pk}"
        StopSwitch.objects.create(stopped_at=timezone.now(), stopped_by=by, reason="tietopyyntö kesken")
    page = page_of(staff)
    assert "Poistaminen on pysäytetty" in page
    assert "tietopyyntö kesken" in page and f"{staff.account.display_name}, " in page
    assert "Seuraava poisto" not in page
    kept = signed_in(make_staff(role=Role.DPO, email="tsv@example.org")).get(reverse("staff-retention"))
    assert f"{staff.account.display_name}, " in kept.content.decode()


def test_purging_is_stopped_from_the_dashboard_by_those_who_may(db: None):
    stop = reverse("staff-retention-stop")
    officer = make_staff(role=Role.DPO)
    assert stop in page_of(officer)
    assert stop not in page_of(make_staff(role=Role.AGENT, email="toinen@example.org"))


def test_every_kind_of_work_has_its_words():
    autodiscover_modules("tasks")
    assert job_kinds()
    assert [kind for kind in job_kinds() if words_of(kind) == kind] == []


def broken(how: Callable[[], object]) -> Callable[[Board, datetime.datetime], None]:
    def fill(board: Board, at: datetime.datetime) -> None:
        how()

    return fill


def in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")


def in_python() -> None:
    raise RuntimeError


@pytest.mark.parametrize("how", [in_the_database, in_python])
def test_a_part_that_fails_says_so_and_the_others_are_shown(
    staff: Staff, monkeypatch: pytest.MonkeyPatch, how: Callable[[], object]
):
    part = Part("rikki", "retention.view_retentionrun", broken(how))
    monkeypatch.setattr(dashboard, "PARTS", (part, *dashboard.PARTS))
    page = page_of(staff)
    assert "Ei saatu haettua: rikki." in page
    assert "Avoimia töitä" in page


def test_a_part_that_takes_too_long_is_cut(staff: Staff, monkeypatch: pytest.MonkeyPatch):
    def slow(board: Board, at: datetime.datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(3)")

    monkeypatch.setattr(dashboard, "TIMEOUT_MS", 50)
    monkeypatch.setattr(dashboard, "PARTS", (Part("hidas", "work.view_job", slow),))
    assert "Ei saatu haettua: hidas." in page_of(staff)


def test_the_number_of_queries_does_not_grow_with_the_work(staff: Staff):
    client = signed_in(staff)
    client.get("/staff/")
    ask_for_work(6)
    with CaptureQueriesContext(connection) as few:
        client.get("/staff/")
    ask_for_work(30)
    with CaptureQueriesContext(connection) as many:
        client.get("/staff/")
    assert len(many) == len(few)


def test_the_note_of_the_demonstration_stands_only_where_its_data_is(staff: Staff):
    assert "Testiaineisto, ei oikeita" not in page_of(staff)
    with acting_as_service("test"):
        ImportRun.objects.create(
            kind="demo", sha256="0" * 64, state=ImportRun.State.COMMITTED, started_by="test", started_at=timezone.now()
        )
    assert "Testiaineisto, ei oikeita" in page_of(staff)


def test_every_table_that_one_may_open_is_a_link(staff: Staff):
    page = page_of(staff)
    assert 'href="/staff/identity/account/"' in page
    assert 'href="/staff/billing/invoice/"' in page
