"""An agent takes a call: she says with whom and why, pins the customer, looks, and ends the call."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from customers import operations as people
from customers.models import Customer
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.models import ReadEvent
from tests.harness.pages import axe_violations, faults_of, overflows


@pytest.fixture
def caller(live_server: LiveServer) -> Customer:
    """A customer who calls."""
    with acting_as_service("test"):
        who: Any = {"actor": Actor.service("test"), "at": timezone.now()}
        return people.register_customer(given_names="Maija", family_name="Virtanen", **who)


def test_a_call_from_its_beginning_to_its_end_by_keyboard(caller: Customer, staff_sheet: Page) -> None:
    page, faults = staff_sheet, faults_of(staff_sheet)
    page.goto(f"/staff/customers/{caller.pk}/")
    page.get_by_role("main").locator("summary", has_text="Puhelu käynnissä").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Lasku", exact=True).focus()
    expect(page.get_by_text("kirjataan katselulokiin")).to_be_visible()
    assert not overflows(page)
    page.keyboard.press("Enter")
    strip = page.get_by_role("region", name="Käynnissä oleva puhelu")
    expect(strip).to_contain_text("Maija Virtanen")
    page.get_by_role("button", name="Kiinnitä", exact=True).click()
    expect(page.get_by_role("button", name="Poista kiinnitys")).to_be_visible()
    assert not overflows(page)
    assert axe_violations(page) == []
    page.goto("/staff/")
    expect(strip).to_be_visible()
    assert page.locator("#side").get_by_text("Maija Virtanen").count() == 1
    strip.get_by_role("button", name="Lopeta puhelu").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/staff/customers/{caller.pk}/**")
    expect(strip).to_have_count(0)
    with acting_as_service("test"):
        reasons = list(ReadEvent.objects.order_by("at", "pk").values_list("reason", flat=True))
    assert reasons[:2] == ["page", "invoice"]
    assert faults == []
