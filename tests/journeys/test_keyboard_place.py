"""The keyboard keeps its place on the customer page: into what opens, back to what opened it; the top bar stays."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from customers import operations as people
from customers.models import Customer
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from tests.harness.pages import axe_violations, faults_of

pytestmark = pytest.mark.browser


@pytest.fixture
def maija(live_server: LiveServer) -> Customer:
    """A customer with something to open."""
    with acting_as_service("test"):
        who: Any = {"actor": Actor.service("test"), "at": timezone.now()}
        return people.register_customer(
            given_names="Maija", family_name="Virtanen", identity_code="131052-308T", email="maija@example.org", **who
        )


@pytest.fixture
def page_of_maija(staff_page: Page, maija: Customer) -> Page:
    """Her page on a desktop, with its panels there."""
    staff_page.set_viewport_size({"width": 1360, "height": 900})
    staff_page.goto(f"/staff/customers/{maija.pk}/")
    for panel in ("#contact", "#timeline", "#looks", "#permissions"):
        expect(staff_page.locator(panel)).not_to_have_attribute("aria-busy", "true")
    return staff_page


def pencil(page: Page, fact: str) -> Locator:
    return page.locator("#contact").get_by_role("link", name=f"Muokkaa: {fact}")


def test_the_top_bar_stays_on_a_long_page(page_of_maija: Page) -> None:
    page_of_maija.evaluate("scrollTo(0, 900)")
    page_of_maija.wait_for_function("scrollY > 300")
    assert page_of_maija.evaluate("document.querySelector('.reg-top').getBoundingClientRect().top") == 0


def test_the_acts_stand_beside_the_name_with_one_of_them_first(page_of_maija: Page) -> None:
    page = page_of_maija
    acts, name = page.locator(".reg-acts").bounding_box(), page.locator("h1").bounding_box()
    assert acts and name and acts["y"] < name["y"] + name["height"] and acts["height"] < 60
    assert page.locator(".reg-acts .btn-primary").count() == 1
    page.set_viewport_size({"width": 390, "height": 844})
    narrow = page.locator(".reg-acts").bounding_box()
    assert narrow and narrow["height"] < 100
    page.locator("summary", has_text="Lisää").click()
    expect(page.get_by_role("link", name="Kaikki kentät")).to_be_visible()
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("summary", has_text="Lisää")).to_be_focused()


def test_n_opens_the_note_with_its_field_in_focus_and_escape_leads_back(page_of_maija: Page) -> None:
    page, faults = page_of_maija, faults_of(page_of_maija)
    page.keyboard.press("n")
    expect(page.locator(".stf-contact-form").get_by_label("Aihe")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".reg-acts").get_by_role("link", name="Muistio")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("asiakkaan sivulla")
    assert faults == []


def test_an_edit_saved_or_left_leads_back_to_its_pencil(page_of_maija: Page) -> None:
    page = page_of_maija
    pencil(page, "Sähköposti").focus()
    page.keyboard.press("Enter")
    field = page.locator("#fact-email")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(pencil(page, "Sähköposti")).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    field.fill("maija.virtanen@example.org")
    page.keyboard.press("Enter")
    expect(page.locator("#contact")).to_contain_text("maija.virtanen@example.org")
    expect(pencil(page, "Sähköposti")).to_be_focused()


def test_an_edit_refused_says_so_at_its_field(page_of_maija: Page) -> None:
    page = page_of_maija
    pencil(page, "Sähköposti").click()
    field = page.locator("#fact-email")
    field.fill("ei osoite")
    page.keyboard.press("Enter")
    expect(field).to_have_attribute("aria-describedby", "fact-email_error")
    expect(page.locator("dd #fact-email_error")).to_be_visible()
    expect(field).to_be_focused()


def test_a_masked_value_takes_the_keyboard_to_its_reasons_and_to_the_value(page_of_maija: Page) -> None:
    page = page_of_maija
    show = page.locator("#contact").get_by_role("link", name="Näytä…")
    show.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".stf-why button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(show).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".stf-why button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#contact dd:focus")).to_contain_text("131052-308T")
