"""The data protection officer, by keyboard: a request comes in, the identity is checked, the package leaves."""

import zipfile

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from customers.models import Customer
from dsar.models import Request
from dsar.tasks import make_access_package
from register.audit.acting import acting_as_service
from register.identity.roles import Role
from register.work.models import Job
from tests.factories.customers import CustomerFactory
from tests.factories.sites import ConsumptionDayFactory, ContractFactory, ContractHolderFactory
from tests.harness.pages import axe_violations, faults_of, overflows
from tests.harness.staff import make_staff, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def customer(live_server: object) -> Customer:
    with acting_as_service("test"):
        row = CustomerFactory.create(number="700888", family_name="Äijälä", language="en")
        contract = ContractFactory.create()
        ContractHolderFactory.create(contract=contract, customer=row)
        ConsumptionDayFactory.create(site=contract.site)
        return row


def press(page: Page, name: str) -> None:
    """Press a button by keyboard."""
    page.get_by_role("button", name=name).first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def well_made(page: Page) -> None:
    """No fault of accessibility, nothing wider than the window, at both widths."""
    assert axe_violations(page) == []
    for width in (390, 1360):
        page.set_viewport_size({"width": width, "height": 900})
        assert not overflows(page)


def check_as_another(page: Page) -> None:
    """Another officer records the check in a browser of their own, and may not download themselves."""
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(base_url=page.url.split("/staff/")[0], locale="fi-FI") as context:
        other = context.new_page()
        sign_in(other, make_staff(email="toinen@example.org", role=Role.DPO))
        other.goto(page.url)
        other.get_by_label("Miten todettiin").select_option("document")
        press(other, "Kirjaa todetuksi")
        assert other.get_by_role("button", name="Lataa").is_disabled()
        well_made(other)


def test_a_request_comes_in_and_its_package_leaves_after_the_identity_check(page: Page, customer: Customer) -> None:
    sign_in(page, make_staff(role=Role.DPO))
    faults = faults_of(page)
    page.goto(reverse("staff-request-new", args=[customer.pk]))
    well_made(page)
    page.get_by_label("Mitä pyydetään").focus()
    page.keyboard.type("Haluan nähdä tietoni.")
    press(page, "Kirjaa pyyntö")
    page.get_by_role("heading", name="Tarkastuspyyntö").wait_for()
    well_made(page)
    assert page.get_by_role("button", name="Tiedot on annettu").is_disabled()
    press(page, "Kokoa paketti")
    make_access_package(Job.objects.get(kind="access-package"))
    page.reload()
    assert page.get_by_role("button", name="Lataa").is_disabled()
    check_as_another(page)
    page.reload()
    well_made(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Lataa").focus()
        page.keyboard.press("Enter")
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert "Your data in the customer register" in archive.read("index.html").decode()
    press(page, "Tiedot on annettu")
    page.get_by_text("Vastattu").first.wait_for()
    well_made(page)
    page.goto(reverse("staff-requests"))
    well_made(page)
    with acting_as_service("test"):
        assert Request.objects.get(customer_id=customer.pk).state == "answered"
    assert faults == []


@pytest.mark.parametrize("address", ["/privacy", "/privacy/sv", "/privacy/en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_notice_reads_well_at_every_width(page: Page, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    well_made(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.emulate_media(media="print")
    assert not page.locator(".toc-box").is_visible()
    assert page.context.cookies() == []
