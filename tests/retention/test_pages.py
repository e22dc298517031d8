"""The retention pages: what they show, who may act, and that only a POST acts."""

import datetime
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Prospect
from embedded.places import CHECKOUT
from register.access.guard import another_role
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.identity.roles import Role
from register.work.models import Job
from retention.models import Approval, Hold, RetentionRun, StopSwitch
from retention.operations import preview, purge
from retention.tasks import do_purge
from tests.factories.customers import CustomerFactory, ProspectFactory
from tests.harness.roles import as_role
from tests.harness.staff import make_staff, signed_in

LONG_AGO = datetime.date(2010, 6, 30)
TESTER = Actor.service("test")
CALENDAR = reverse("staff-retention")


@pytest.fixture
def officer(db: None) -> Client:
    """The data protection officer, signed in."""
    return signed_in(make_staff(role=Role.DPO))


@pytest.fixture
def waiting(db: None) -> RetentionRun:
    """A first run that waits for a person's word."""
    with acting_as_service("test"):
        ProspectFactory.create(last_day=LONG_AGO)
        with as_role("purge"), another_role():
            return purge(actor=TESTER, clock=timezone.now)


def test_the_calendar_shows_what_is_overdue_and_what_waits(officer: Client, waiting: RetentionRun) -> None:
    page = officer.get(CALENDAR)
    assert page.status_code == 200
    text = page.content.decode()
    assert waiting.plan_hash[:12] in text
    assert reverse("staff-retention-approve") in text


def test_an_approval_is_kept_and_the_worker_asked(officer: Client, waiting: RetentionRun) -> None:
    answer = officer.post(reverse("staff-retention-approve"), {"run": str(waiting.pk), "plan_hash": waiting.plan_hash})
    assert answer.status_code == 302
    approval = Approval.objects.get()
    assert (approval.run_id, approval.approved_by.split(":")[0]) == (waiting.pk, "staff")
    assert Job.objects.get(kind="purge").queue == Job.Queue.PURGE


def work() -> None:
    """Do what the purge worker was asked, in its role."""
    with as_role("purge"), another_role():
        job = Job.objects.filter(kind="purge").latest("asked_at")
        Job.objects.filter(pk=job.pk).update(state="running")
        do_purge(job)


def test_who_asked_for_a_run_cannot_approve_it_and_another_person_can(officer: Client) -> None:
    with acting_as_service("test"):
        gone = ProspectFactory.create(last_day=LONG_AGO)
    officer.post(reverse("staff-retention-run"))
    work()
    run = RetentionRun.objects.get(state="waiting")
    word = {"run": str(run.pk), "plan_hash": run.plan_hash}
    answer = officer.post(reverse("staff-retention-approve"), word, follow=True)
    assert "toisen henkilön on hyväksyttävä" in answer.content.decode()
    assert not Approval.objects.exists()
    own = run.asked_by.removeprefix("service:")
    Approval.objects.create(run=run, plan_hash=run.plan_hash, approved_by=own, approved_at=timezone.now())
    work()  # nor does the worker take the word of who asked, however it came there
    run.refresh_from_db()
    assert (run.state, run.gone_count) == ("waiting", 0)
    signed_in(make_staff(email="second@example.org", role=Role.DPO)).post(reverse("staff-retention-approve"), word)
    work()
    run.refresh_from_db()
    assert (run.state, run.gone_count) == ("done", 1)
    with acting_as_service("test"):
        assert not Prospect.objects.filter(pk=gone.pk).exists()


def test_another_plan_than_the_one_shown_is_not_approved(officer: Client, waiting: RetentionRun) -> None:
    officer.post(reverse("staff-retention-approve"), {"run": str(waiting.pk), "plan_hash": "0" * 64})
    assert not Approval.objects.exists()
    assert not Job.objects.filter(kind="purge").exists()


def test_purging_is_stopped_with_a_reason_and_goes_on(officer: Client) -> None:
    officer.post(reverse("staff-retention-stop"), {"reason": ""})
    assert not StopSwitch.objects.exists()
    officer.post(reverse("staff-retention-stop"), {"reason": "harjoitus"})
    assert StopSwitch.objects.filter(released_at__isnull=True, reason="harjoitus").exists()
    assert "harjoitus" in officer.get(CALENDAR).content.decode()
    officer.post(reverse("staff-retention-resume"))
    assert not StopSwitch.objects.filter(released_at__isnull=True).exists()


def test_a_preview_is_asked_for_and_shown(officer: Client) -> None:
    officer.post(reverse("staff-retention-preview"), {"as_of": "2027-01-01"})
    job = Job.objects.get(kind="purge-preview")
    assert job.parameters == {"as_of": "2027-01-01"}
    with acting_as_service("test"):
        prospect = ProspectFactory.create(last_day=LONG_AGO)
        with as_role("purge"), another_role():
            run = preview(actor=TESTER, at=timezone.now(), as_of=datetime.date(2027, 1, 1))
    rows = officer.get(reverse("staff-retention-plan", args=[run.pk]))
    assert str(prospect.pk) in rows.content.decode()
    assert prospect.name not in rows.content.decode()


def test_a_hold_is_placed_by_number_and_released(officer: Client) -> None:
    with acting_as_service("test"):
        customer = CustomerFactory.create()
    address = reverse("staff-retention-hold")
    assert officer.get(address).status_code == 200
    values = {"kind": "person", "target": "0", "reason": "dispute", "case_number": "KKO 1/2026", "until_on": ""}
    assert officer.post(address, values).status_code == 422
    assert officer.post(address, values | {"target": customer.number, "until_on": "2020-01-01"}).status_code == 422
    assert officer.post(address, values | {"target": customer.number}).status_code == 302
    hold = Hold.objects.get()
    assert (hold.target, hold.reason) == (customer.pk, "dispute")
    assert "KKO 1/2026" in officer.get(CALENDAR).content.decode()
    officer.post(reverse("staff-retention-release", args=[hold.pk]))
    hold.refresh_from_db()
    assert hold.released_at is not None


@pytest.mark.clause("X2")
def test_who_may_only_look_sees_no_acts_and_cannot_act(waiting: RetentionRun) -> None:
    client = signed_in(make_staff(role=Role.ADMINISTRATOR))
    page = client.get(CALENDAR)
    assert page.status_code == 200
    assert reverse("staff-retention-approve") not in page.content.decode()
    for name in ("approve", "stop", "resume", "run", "preview"):
        assert client.post(reverse(f"staff-retention-{name}")).status_code == 403
    assert client.get(reverse("staff-retention-hold")).status_code == 403
    agent = signed_in(make_staff(role=Role.AGENT, email="agentti@example.org"))
    assert agent.get(CALENDAR).status_code == 403


def test_only_a_post_acts(officer: Client) -> None:
    for name in ("approve", "stop", "resume", "run", "preview"):
        assert officer.get(reverse(f"staff-retention-{name}")).status_code == 405
    assert not Job.objects.exists()


def test_the_menu_leads_to_the_calendar(officer: Client) -> None:
    assert f'href="{CALENDAR}"' in officer.get(reverse("admin:index")).content.decode()


def test_runs_and_ledger_are_for_reading(officer: Client, waiting: RetentionRun) -> None:
    for model in ("retentionrun", "ledgerentry", "hold", "stopswitch"):
        assert officer.get(reverse(f"admin:retention_{model}_changelist")).status_code == 200
        assert officer.get(reverse(f"admin:retention_{model}_add")).status_code == 403
    assert officer.get(reverse("admin:retention_retentionrun_change", args=[waiting.pk])).status_code == 200


def test_pages_and_catalogues_use_the_words_of_the_glossary() -> None:
    glossary = (CHECKOUT / "docs/glossary.md").read_text()
    assert "| poistokielto | hold |" in glossary
    assert "| poistoloki | ledger |" in glossary
    catalogues = {path: path.read_text() for path in CHECKOUT.glob("**/locale/fi/LC_MESSAGES/django.po")}
    own = catalogues[CHECKOUT / "retention/locale/fi/LC_MESSAGES/django.po"]
    assert 'msgid "hold"\nmsgstr "poistokielto"' in own
    assert 'msgid "ledger"\nmsgstr "poistoloki"' in own
    others = re.compile(r"\besto[nt]?\b|\bestett|poistokirja|pidätys|säilytysmääräy", re.IGNORECASE)
    assert not [str(path) for path, text in catalogues.items() if others.search(text)]
