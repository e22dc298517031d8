"""An agent at work in a real browser: from the search to the customer, an edit in place, a value opened and closed."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from customers import operations as people
from customers.models import Customer
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.models import LogEntry, ReadEvent
from register.identity.roles import Role
from sites import operations as sites
from tests.factories.billing import BankAccountFactory, BillingAccountFactory, InvoiceFactory
from tests.factories.customers import DisclosureFactory, MandateFactory
from tests.factories.recordings import RecordingFactory
from tests.factories.sites import SiteFactory
from tests.harness.browser import fresh_context
from tests.harness.pages import axe_violations, faults_of, overflows
from tests.harness.staff import Staff, make_staff, sign_in

CODE = "010190-999W"


@pytest.fixture
def maija(live_server: LiveServer) -> Customer:
    """A customer with something in every panel, in the database of the live server."""
    with acting_as_service("test"):
        who: Any = {"actor": Actor.service("test"), "at": timezone.now()}
        row = people.register_customer(
            given_names="Maija",
            family_name="Äijälä",
            phone="050 000 4567",
            identity_code=CODE,
            street_address="Särkiniementie 21",
            postal_code="70700",
            **who,
        )
        start = datetime.date(2024, 3, 1)
        for line in ("network", "heat", "supply"):
            site = SiteFactory(street_address="Särkiniementie 21")
            contract = sites.conclude_contract(site_id=site.pk, line=line, holders=[row.pk], started_on=start, **who)
        sites.end_contract(contract_id=contract.pk, ended_on=datetime.date(2025, 1, 1), **who)
        people.set_marketing_permission(
            customer_id=row.pk, channel="phone", purpose="advertising", is_allowed=False, told_by="phone", **who
        )
        people.record_contact(customer_id=row.pk, controller_id=1, kind="call", happened_at=who["at"], **who)
        MandateFactory(customer=row, ended_on=None)
        DisclosureFactory(customer=row)
        BillingAccountFactory(customer=row, controller_id=1)
        BankAccountFactory(customer=row, ended_on=None)
        RecordingFactory(customer=row, controller_id=1)
        InvoiceFactory(customer=row, controller_id=1, number="L260000001")
        InvoiceFactory(
            customer=row,
            controller_id=2,
            number="V260000001",
            invoiced_on=datetime.date(2026, 1, 1),
            due_on=datetime.date(2026, 1, 15),
            settled_on=None,
            state="open",
            paid_eur=0,
        )
        row.refresh_from_db()
    return row


@pytest.fixture
def agent(live_server: LiveServer) -> Staff:
    """An agent of both controllers."""
    return make_staff(role=Role.AGENT)


@pytest.fixture
def desk(page: Page, agent: Staff) -> Page:
    """A window with the agent signed in."""
    sign_in(page, agent)
    return page


@pytest.fixture
def agent_sheet(sheet: Page, agent: Staff) -> Page:
    """A window of each width and theme with the agent signed in."""
    sign_in(sheet, agent)
    return sheet


def open_customer(page: Page, row: Customer) -> None:
    page.goto(f"/staff/customers/{row.pk}/")
    settle(page)


def settle(page: Page) -> None:
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.wait_for_load_state("networkidle")


@pytest.mark.item("C04")
def test_from_the_search_to_a_changed_phone_in_the_log(desk: Page, maija: Customer) -> None:
    faults = faults_of(desk)
    desk.keyboard.press("/")
    desk.keyboard.type("aijala")
    desk.keyboard.press("Enter")
    expect(desk.locator(".stf-hits mark")).to_have_text("Äijälä")
    assert "aijala" not in desk.url
    desk.keyboard.press("Escape")
    desk.locator("h1").click()
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Maija Äijälä", level=1)).to_be_visible()
    settle(desk)
    desk.get_by_role("link", name="Muokkaa: Puhelin", exact=True).click()
    box = desk.locator("#fact-phone")
    expect(box).to_be_focused()
    box.press("Escape")
    expect(box).to_have_count(0)
    desk.get_by_role("link", name="Muokkaa: Puhelin", exact=True).click()
    box.fill("12")
    box.press("Enter")
    expect(desk.locator("#contact .reg-error")).to_be_visible()
    desk.locator("#fact-phone").fill("040 123 4567")
    desk.locator("#fact-phone").press("Enter")
    expect(desk.locator("#contact")).to_contain_text("040\N{NO-BREAK SPACE}1234567")
    with acting_as_service("test"):
        entry = LogEntry.objects.filter(object_pk=str(maija.pk)).latest("timestamp")
        assert entry.changes == {"phone": ["+358500004567", "+358401234567"]}
        assert entry.actor_kind == "staff"
        reasons = list(ReadEvent.objects.order_by("at").values_list("what", "reason"))
    assert reasons == [("search hits", "search"), ("customer page", "search")]
    assert [fault for fault in faults if "422" not in fault] == []


@pytest.mark.item("C03")
def test_an_identity_code_opens_with_a_reason_and_closes_by_itself(desk: Page, maija: Customer) -> None:
    desk.clock.install()
    open_customer(desk, maija)
    assert CODE not in desk.content()
    desk.get_by_role("link", name="Näytä… Henkilötunnus").click()
    desk.get_by_role("button", name="Vikailmoitus").click()
    expect(desk.locator("#contact")).to_contain_text(CODE)
    # The seconds run: the panel has settled, and its own clock has started.
    expect(desk.locator("#contact [data-seconds]")).not_to_have_text("60")
    desk.clock.fast_forward(61_000)
    expect(desk.locator("#contact")).not_to_contain_text(CODE)
    with acting_as_service("test"):
        assert ReadEvent.objects.filter(what="identity code", reason="fault").count() == 1


def test_one_failing_panel_takes_nothing_else_and_can_be_tried_again(desk: Page, maija: Customer) -> None:
    broken = True

    def answer(route: Route) -> None:
        if broken:
            route.fulfill(status=503, body="")
        else:
            route.continue_()

    desk.route("**/invoices/?*", answer)
    open_customer(desk, maija)
    expect(desk.locator("#invoices")).to_contain_text("Tämä osa ei vastaa")
    expect(desk.locator("#contracts tbody")).to_have_count(1)
    broken = False
    desk.locator("#invoices [data-panel-again]").click()
    expect(desk.locator("#invoices")).to_contain_text("V260000001")


def test_a_call_is_noted_by_one_key_and_two_clicks(desk: Page, maija: Customer) -> None:
    open_customer(desk, maija)
    desk.keyboard.press("n")
    desk.get_by_label("Aihe").fill("Laskun eräpäivä")
    desk.get_by_role("button", name="Kirjaa", exact=True).click()
    expect(desk.locator("#timeline")).to_contain_text("Laskun eräpäivä")


@pytest.mark.clause("G3")
def test_all_marketing_is_prohibited_while_the_caller_waits(desk: Page, maija: Customer) -> None:
    open_customer(desk, maija)
    desk.locator("#permissions").get_by_role("link", name="Kiellä kaikki markkinointi").click()
    desk.locator("#permissions").get_by_role("button", name="Kiellä kaikki markkinointi").click()
    expect(desk.locator("#permissions .reg-status--bad")).to_have_count(16)


def test_the_customer_page_passes_wide_and_narrow_light_and_dark(agent_sheet: Page, maija: Customer) -> None:
    faults = faults_of(agent_sheet)
    open_customer(agent_sheet, maija)
    assert axe_violations(agent_sheet) == []
    assert not overflows(agent_sheet)
    for act in ("Muokkaa: Osoite", "Näytä… Henkilötunnus", "Näytä… Tilinumero", "Kirjaa yhteydenotto", "Kuuntele…"):
        agent_sheet.get_by_role("link", name=act).first.click()
        settle(agent_sheet)
    agent_sheet.locator("#permissions td a").first.click()
    settle(agent_sheet)
    assert axe_violations(agent_sheet) == []
    assert not overflows(agent_sheet)
    assert faults == []


def test_the_search_passes_wide_and_narrow_light_and_dark(agent_sheet: Page, maija: Customer) -> None:
    faults = faults_of(agent_sheet)
    for typed in ("äijälä", "äijlä", "olematon"):
        agent_sheet.goto("/staff/search/")
        agent_sheet.locator("#q").fill(typed)
        agent_sheet.locator("#q").press("Enter")
        expect(agent_sheet.get_by_role("status")).to_be_visible()
        assert axe_violations(agent_sheet) == []
        assert not overflows(agent_sheet)
    assert faults == []


def test_lists_and_forms_of_the_tables_pass(staff_sheet: Page, maija: Customer) -> None:
    faults = faults_of(staff_sheet)
    with acting_as_service("test"):
        contract = maija.held.select_related("contract").latest("pk").contract
    for path in (
        "/staff/customers/customer/",
        f"/staff/customers/customer/{maija.pk}/change/",
        "/staff/sites/contract/",
        "/staff/sites/contract/add/",
        f"/staff/sites/contract/{contract.pk}/change/",
        "/staff/billing/invoice/",
        "/staff/recordings/recording/",
    ):
        staff_sheet.goto(path)
        staff_sheet.wait_for_load_state("networkidle")
        assert axe_violations(staff_sheet) == [], path
        assert not overflows(staff_sheet), path
    assert faults == []


@pytest.fixture
def without_script(browser: Browser, live_server: LiveServer, agent: Staff) -> Iterator[Page]:
    """A window without script, with the agent signed in."""
    with fresh_context(browser, live_server.url, java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, agent)
        yield page


def test_without_script_all_is_reached_by_links_and_forms(without_script: Page, maija: Customer) -> None:
    page = without_script
    page.locator("#q").fill("äijälä")
    page.locator("#q").press("Enter")
    page.locator(".stf-hits a").first.click()
    page.locator("#contact").get_by_role("link", name="Avaa yksin").click()
    page.get_by_role("link", name="Muokkaa: Puhelin", exact=True).click()
    page.locator("#fact-phone").fill("040 123 4567")
    page.get_by_role("button", name="Tallenna").click()
    page.locator("#contact").get_by_role("link", name="Avaa yksin").click()
    expect(page.locator("#contact")).to_contain_text("040\N{NO-BREAK SPACE}1234567")
    page.goto(f"/staff/customers/{maija.pk}/invoices/")
    expect(page.locator("#invoices")).to_contain_text("V260000001")
