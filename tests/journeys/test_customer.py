"""A customer in a browser: in by a code, in by the bank, and through all pages by keyboard, wide and narrow."""

import datetime
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

import customers.tasks  # noqa: F401 - what the worker does
from billing.models import BankAccount, BillingAccount, Invoice, InvoiceRow
from customers.models import Customer, MarketingPermission
from customers.search.tokens import rebuild_search_tokens
from dsar.models import Request
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.operations import record_look
from register.work.models import ImportRun
from register.work.operations import deliver_due
from sites import operations as sites
from sites.models import Product
from tests.factories import FACTORIES
from tests.factories.customers import DisclosureFactory
from tests.factories.sites import SiteFactory
from tests.harness.pages import axe_violations, faults_of, overflows
from tests.harness.portal import enter_portal
from tests.sites.days import day_rows, store

pytestmark = pytest.mark.browser
PATHS = ("/my/", "/my/invoices/", "/my/contracts/", "/my/data/", "/my/data/correction/")
VIEWS = ("year", "month", "week", "day", "quarter")


@pytest.fixture
def aino(live_server: LiveServer) -> Iterator[Customer]:
    """A customer with something on every page, in the database of the live server."""
    cache.clear()
    now, today = timezone.now(), timezone.localdate()
    with acting_as_service("test"):
        ImportRun.objects.create(
            kind="demo", sha256="0" * 64, state="committed", started_by="service:test", started_at=now
        )
        row: Customer = FACTORIES[Customer](
            given_names="Aino", family_name="Esimerkki", email="aino@example.org", relationship_ended_on=None
        )
        actor = Actor.service("test")
        site = SiteFactory(street_address="Neulamäentie 214")
        FACTORIES[Product]()
        sites.conclude_contract(
            site_id=site.pk, line="network", holders=[row.pk], started_on=datetime.date(2024, 1, 1), actor=actor, at=now
        )
        for back in range(1, 70):
            day = today - datetime.timedelta(days=back)
            for moment in (day, day - datetime.timedelta(weeks=52)):
                words = "EST" if back == 3 else "OK"
                store(site, day_rows([None, 400, *[800] * 200][: _hours(moment)], words, day=moment))
        invoice: Invoice = FACTORIES[Invoice](
            customer=row, number="V261", invoiced_on=today, due_on=today + datetime.timedelta(days=10)
        )
        FACTORIES[InvoiceRow](invoice=invoice, amount_eur=Decimal("123.45"))
        FACTORIES[BillingAccount](customer=row, controller_id=2)
        FACTORIES[BankAccount](customer=row, ended_on=None)
        DisclosureFactory(customer=row)
        record_look(actor=actor, at=now, unit="agent", reason="call", what="customer page", customers=[row.pk])
        rebuild_search_tokens([row.pk])
        row.refresh_from_db()
    yield row
    cache.clear()


def _hours(day: datetime.date) -> int:
    from sites.slots import slot_count

    return slot_count(day, 60)


def passes(page: Page) -> None:
    assert axe_violations(page) == []
    assert not overflows(page)


@pytest.mark.item("C05")
def test_in_by_a_code_and_no_further_than_the_limited_view(page: Page, aino: Customer) -> None:
    faults = faults_of(page)
    page.goto("/")
    page.get_by_label("Sähköpostiosoite").fill("aino@example.org")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/my/code/$"))
    deliver_due(at=timezone.now())
    found = re.search(r"\b(\d{6})\b", str(mail.outbox[-1].body))
    assert found
    expect(page.get_by_label("Kuusi numeroa")).to_be_focused()
    page.keyboard.type(found[1])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hei")
    page.get_by_role("navigation", name="Päävalikko", exact=True).get_by_role("link", name="Kulutus").click()
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_text("Päivät, tunnit ja vartit näet")).to_be_visible()
    page.get_by_role("navigation", name="Päävalikko", exact=True).get_by_role("link", name="Omat tiedot").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tämä vaatii tunnistautumisen")
    assert "Aino" not in page.content()
    passes(page)
    assert [fault for fault in faults if "403" not in fault] == []


@pytest.mark.clause("G3")
def test_in_by_the_bank_through_the_pages_and_out(page: Page, aino: Customer) -> None:
    faults = faults_of(page)
    page.goto("/")
    page.get_by_role("link", name="Esittelypankki").click()
    page.get_by_label("Asiakasnumero").fill(aino.number)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hei, Aino")
    expect(page.locator(".answer-a").first).to_contain_text("123,45\N{NO-BREAK SPACE}€")
    page.locator(".answer").first.click()
    expect(page.locator("details.bill[open]")).to_contain_text("Aikaa on 10 päivää")
    page.get_by_role("link", name="Tulostettava sivu").first.click()
    expect(page.locator("article")).to_contain_text("Aino Esimerkki")
    menu = page.get_by_role("navigation", name="Päävalikko", exact=True)
    menu.get_by_role("link", name="Kulutus").click()
    page.get_by_role("link", name="Kuukausi").click()
    bars = page.locator(".graph a")
    bars.first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("view=day"))
    page.go_back()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.startswith("kulutus-month-")
    menu.get_by_role("link", name="Omat tiedot").click()
    page.get_by_role("switch", name="En halua mitään markkinointia").click()
    expect(page.get_by_role("status")).to_contain_text("emme enää markkinoi")
    page.get_by_role("button", name="Pyydä kaikki tietoni").click()
    expect(page.get_by_role("status")).to_contain_text("Saimme pyyntösi")
    with acting_as_service("test"):
        assert MarketingPermission.objects.filter(customer=aino, is_allowed=False, ended_at=None).count() == 16
        assert set(Request.objects.values_list("kind", flat=True)) == {"objection", "access"}
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Svenska").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mina uppgifter")
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Logga ut").click()
    expect(page.get_by_role("status")).to_have_text("Du har loggat ut.")
    page.goto("/my/data/")
    expect(page).to_have_url(re.compile("/$"))
    assert faults == []


def test_every_page_passes_wide_and_narrow_light_and_dark(sheet: Page, aino: Customer, live_server: LiveServer) -> None:
    faults = faults_of(sheet)
    for path in ("/", "/my/demonstration-bank/"):
        sheet.goto(path)
        passes(sheet)
    enter_portal(sheet.context, live_server.url, aino)
    for path in PATHS:
        sheet.goto(path)
        passes(sheet)
    for view in VIEWS:
        sheet.goto(f"/my/consumption/?view={view}")
        passes(sheet)
    sheet.goto("/my/data/")
    for name in sheet.locator("details").all():
        name.evaluate("one => { one.open = true }")
    passes(sheet)
    assert faults == []


def test_a_page_that_is_not_there_says_so_in_the_customers_look(
    page: Page, aino: Customer, live_server: LiveServer
) -> None:
    enter_portal(page.context, live_server.url, aino)
    page.goto("/my/invoices/01890000-0000-7000-8000-000000000000/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tällaista sivua ei ole")
    passes(page)
    page.get_by_role("link", name="Alkuun").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hei, Aino")


def test_the_pages_reflow_at_320_pixels_and_need_no_script(
    browser: object, aino: Customer, live_server: LiveServer
) -> None:
    from tests.harness.browser import fresh_context

    narrow = {"viewport": {"width": 320, "height": 640}, "java_script_enabled": False}
    with fresh_context(browser, live_server.url, **narrow) as context:  # type: ignore[arg-type]
        enter_portal(context, live_server.url, aino)
        page = context.new_page()
        for path in (*PATHS, "/my/consumption/?view=month"):
            page.goto(path)
            box = page.locator("main").bounding_box()
            assert box is not None and box["width"] <= 320, path
        page.goto("/my/data/")
        page.get_by_role("switch").click()
        expect(page.get_by_role("status")).to_be_visible()


def test_hours_are_helsinkis_wherever_the_browser_is(browser: object, aino: Customer, live_server: LiveServer) -> None:
    from tests.harness.browser import fresh_context

    with fresh_context(browser, live_server.url, timezone_id="America/Los_Angeles") as context:  # type: ignore[arg-type]
        enter_portal(context, live_server.url, aino)
        page = context.new_page()
        page.goto("/my/consumption/?view=day")
        expect(page.locator("tbody th").first).to_have_text("0.00")
        expect(page.locator("tbody tr").first).to_contain_text("–")
