"""From a consumption file on a desk to the register and back, with a real browser and real workers."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from register.audit.acting import acting_as_service
from sites.models import ConsumptionDay
from tests.harness.pages import axe_violations, faults_of, overflows
from tests.sites.datahub_text import POINT, lines, text
from tests.sites.days import make_site

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.item("S09")]
DATA = text(lines("2024-01-09T22:00", 96 * 20))
FAULTY = text([*lines("2024-01-09T22:00", 96), "rikki"])


def days() -> int:
    with acting_as_service("test"):
        return ConsumptionDay.objects.count()


def choose(page: Page, data: bytes) -> None:
    page.goto("/staff/imports/")
    page.locator("input[type=file]").set_input_files({"name": "kulutus.csv", "mimeType": "text/csv", "buffer": data})
    page.get_by_role("button", name="Lähetä ja esikatsele").click()


def check(page: Page) -> None:
    assert axe_violations(page) == []
    assert not overflows(page)


def test_a_file_is_previewed_imported_and_undone(staff_page: Page, start_worker) -> None:
    with acting_as_service("test"):
        make_site(POINT)
    start_worker("default")
    start_worker("purge", role="purge")
    faults = faults_of(staff_page)

    choose(staff_page, DATA)
    expect(staff_page.get_by_role("heading", name="Mitä tuonti tekee")).to_be_visible(timeout=30_000)
    expect(staff_page.get_by_text(re.compile(r"^1\s?920$"))).to_be_visible()
    assert days() == 0
    check(staff_page)

    staff_page.get_by_role("button", name="Tuo", exact=True).click()
    expect(staff_page.get_by_role("heading", name="Mitä tuonti teki")).to_be_visible(timeout=30_000)
    assert days() == 20

    staff_page.goto("/staff/imports/")
    check(staff_page)
    staff_page.get_by_role("link", name="Kumoa").click()
    check(staff_page)
    staff_page.get_by_role("button", name="Kumoa tuonti").click()
    expect(staff_page.get_by_text("Tuonti on kumottu.")).to_be_visible()
    until = time.monotonic() + 30
    while days() and time.monotonic() < until:
        time.sleep(0.2)
    assert days() == 0
    assert faults == []


def test_the_pages_of_imports_are_well_in_each_size_and_theme(staff_sheet: Page, start_worker) -> None:
    with acting_as_service("test"):
        make_site(POINT)
    start_worker("default")
    faults = faults_of(staff_sheet)
    choose(staff_sheet, FAULTY)
    expect(staff_sheet.get_by_role("heading", name="Mitä tuonti tekee")).to_be_visible(timeout=30_000)
    expect(staff_sheet.get_by_text("Rivi 98")).to_be_visible()
    check(staff_sheet)
    staff_sheet.goto("/staff/imports/")
    check(staff_sheet)
    assert faults == []
