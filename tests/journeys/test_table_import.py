"""From a table on a desk to the register and back, with a real browser and real workers."""

import time

import pytest
from playwright.sync_api import Page, expect

from customers.models import Customer
from register.audit.acting import acting_as_service
from tests.harness.pages import axe_violations, faults_of, overflows
from tests.sites.tables import CUSTOMERS

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.clause("R2")]
FAULTY = "asiakasnumero;sukunimi;sähköposti\n1;Koivu;ei-osoite\n2;;\n"
SOON_MS = 60_000


def count() -> int:
    with acting_as_service("test"):
        return Customer.objects.count()


def preview(page: Page, text: str) -> None:
    page.goto("/staff/imports/tables/")
    check(page)
    page.locator("select[name=kind]").select_option("customers")
    page.locator("input[type=file]").set_input_files(
        {"name": "asiakkaat.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Lähetä ja valitse sarakkeet").click()
    expect(page.get_by_label("Sukunimi")).to_have_value("sukunimi")
    check(page)
    page.get_by_role("button", name="Esikatsele").click()


def check(page: Page) -> None:
    assert axe_violations(page) == []
    assert not overflows(page)


def test_a_table_is_previewed_imported_and_undone(staff_page: Page, start_worker) -> None:
    start_worker("default")
    start_worker("purge", role="purge")
    faults = faults_of(staff_page)
    preview(staff_page, CUSTOMERS)
    expect(staff_page.get_by_role("heading", name="Mitä tuonti tekee")).to_be_visible(timeout=SOON_MS)
    assert count() == 0
    staff_page.get_by_role("button", name="Tuo", exact=True).click()
    expect(staff_page.get_by_text("Kaikki rivit ovat rekisterissä")).to_be_visible(timeout=SOON_MS)
    assert count() == 2

    staff_page.goto("/staff/imports/")
    check(staff_page)
    staff_page.get_by_role("link", name="Kumoa").click()
    check(staff_page)
    staff_page.get_by_role("button", name="Kumoa tuonti").click()
    expect(staff_page.get_by_role("heading", name="Mitä kumous teki")).to_be_visible(timeout=SOON_MS)
    until = time.monotonic() + 60
    while count() and time.monotonic() < until:
        time.sleep(0.2)
    assert count() == 0
    assert faults == []


def test_refused_rows_stand_beside_their_reasons_in_each_size_and_theme(staff_sheet: Page, start_worker) -> None:
    start_worker("default")
    faults = faults_of(staff_sheet)
    preview(staff_sheet, FAULTY)
    expect(staff_sheet.get_by_role("heading", name="Hylätyt rivit")).to_be_visible(timeout=SOON_MS)
    expect(staff_sheet.get_by_text("ei-osoite")).to_be_visible()
    check(staff_sheet)
    assert faults == []
