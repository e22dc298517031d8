"""An agent answers "why so much?": from the year to the quarter of an hour, by keyboard, with the figures in sight."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from customers import operations as people
from customers.models import Customer
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from sites import operations
from sites.models import Site
from tests.harness.pages import axe_violations, faults_of, overflows
from tests.sites.days import day_rows, make_site, store

pytestmark = pytest.mark.item("S09")
DAY = dt.date(2025, 10, 26)


@pytest.fixture
def reader(live_server: LiveServer) -> Customer:
    """A customer with a place whose readings have gaps and estimates, and another that is yet to come."""
    with acting_as_service("test"):
        who: Any = {"actor": Actor.service("test"), "at": timezone.now()}
        row = people.register_customer(given_names="Maija", family_name="Virtanen", **who)
        here, coming = make_site(), make_site("643000000000000023")
        Site.objects.filter(pk=coming.pk).update(street_address="Aittakatu 1")
        starts = ((here, dt.date(2025, 1, 1)), (coming, timezone.localdate() + dt.timedelta(days=20)))
        for site, started_on in starts:
            operations.conclude_contract(
                site_id=site.pk, line="network", holders=[row.pk], started_on=started_on, **who
            )
        for number in range(-20, 30):
            day = DAY + dt.timedelta(days=number)
            wh: list[int | None] = [
                100 + 5 * (slot % 24) + 3 * abs(number) for slot in range(100 if not number else 96)
            ]
            if number % 7 == 0:
                wh[8:12] = [None] * 4
            store(here, day_rows(wh, "EST" if number % 5 == 0 else "OK", day=day, minutes=15))
        return row


def test_from_the_year_to_the_quarter_of_an_hour(reader: Customer, staff_sheet: Page) -> None:
    page = staff_sheet
    faults = faults_of(page)
    page.goto(f"/staff/customers/{reader.pk}/")
    panel = page.locator("#consumption")
    expect(panel.get_by_role("table")).to_be_attached()
    page.goto(f"/staff/customers/{reader.pk}/consumption/?on=2025-10-26")
    chart, table = panel.locator(".stf-beside__chart").first, panel.locator(".stf-beside__table").first
    left, right = chart.bounding_box(), table.bounding_box()
    assert left and right
    is_wide = (page.viewport_size or {})["width"] > 900
    assert right["x"] >= left["x"] + left["width"] if is_wide else right["y"] >= left["y"] + left["height"]
    for name in ("Kuukausi", "Viikko", "Päivä", "Vartit"):
        page.goto(f"/staff/customers/{reader.pk}/consumption/?on=2025-10-26")
        panel.get_by_role("link", name="lokakuu 2025").focus()
        page.keyboard.press("Enter")
        expect(panel.get_by_text("Lokakuu 2025").first).to_be_visible()
        panel.get_by_role("link", name="26.10.2025").click()
        expect(panel.get_by_text("26.10.2025").first).to_be_visible()
        panel.get_by_role("link", name=name, exact=True).focus()
        page.keyboard.press("Enter")
        expect(panel.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "true")
        assert not overflows(page)
        assert axe_violations(page) == []
    expect(panel.get_by_role("table")).to_contain_text("3.00–3.15 kesäaika")
    expect(panel.get_by_role("table")).to_contain_text("3.00–3.15 talviaika")
    panel.get_by_role("link", name="Edellinen").click()
    expect(panel.get_by_text("25.10.2025").first).to_be_visible()
    panel.get_by_role("link", name="Aittakatu 1").click()
    expect(panel.get_by_text("Ei lukemia").first).to_be_visible()
    assert faults == []
