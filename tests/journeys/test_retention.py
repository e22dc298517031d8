"""The retention calendar in a browser: a waiting plan is approved, purging is stopped and goes on, a hold is placed."""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from register.access.guard import another_role
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.identity.roles import Role
from retention.models import Approval, Hold, StopSwitch
from retention.operations import preview, purge
from tests.factories.billing import InvoiceFactory
from tests.factories.customers import CustomerFactory, ProspectFactory
from tests.factories.recordings import RecordingFactory
from tests.harness.pages import axe_violations, faults_of, overflows
from tests.harness.roles import as_role
from tests.harness.staff import make_staff, sign_in

TESTER = Actor.service("test")
pytestmark = pytest.mark.browser


@pytest.fixture
def officer_page(page: Page) -> Page:
    """A window in which the data protection officer is signed in, over a register with a backlog."""
    today = timezone.localdate()
    with acting_as_service("test"):
        CustomerFactory.create(number="700777")
        ProspectFactory.create_batch(3, last_day=datetime.date(2010, 6, 30))
        for number in range(40):
            RecordingFactory.create(last_day=today - datetime.timedelta(days=9 * number))
            InvoiceFactory.create(last_day=today.replace(year=today.year - 10) + datetime.timedelta(days=7 * number))
    with as_role("purge"), another_role():
        purge(actor=TESTER, clock=timezone.now)
        preview(actor=TESTER, at=timezone.now(), as_of=today + datetime.timedelta(days=60))
    sign_in(page, make_staff(role=Role.DPO))
    return page


def test_the_officer_looks_approves_stops_and_holds(officer_page: Page) -> None:
    page = officer_page
    faults = faults_of(page)
    page.goto("/staff/retention/")
    assert axe_violations(page) == []
    assert not overflows(page)
    page.set_viewport_size({"width": 390, "height": 800})
    assert not overflows(page)
    page.set_viewport_size({"width": 1360, "height": 900})
    page.get_by_role("button", name="Hyväksy suunnitelma").click()
    page.get_by_text("Suunnitelma on hyväksytty").wait_for()
    assert Approval.objects.count() == 1
    page.get_by_label("Syy").fill("harjoitus")
    page.get_by_role("button", name="Pysäytä").click()
    page.get_by_role("button", name="Anna jatkua").wait_for()
    assert StopSwitch.objects.filter(released_at__isnull=True).exists()
    page.get_by_role("button", name="Anna jatkua").click()
    page.get_by_role("button", name="Pysäytä").wait_for()
    page.get_by_role("link", name="Uusi poistokielto").click()
    assert axe_violations(page) == []
    page.get_by_label("Numero tai avain").fill("700777")
    page.get_by_label("Asianumero").fill("KKO 1/2026")
    page.get_by_role("button", name="Aseta poistokielto").click()
    page.get_by_text("KKO 1/2026").first.wait_for()
    assert Hold.objects.count() == 1
    page.get_by_role("link", name="Näytä rivit").last.click()
    assert axe_violations(page) == []
    assert faults == []
