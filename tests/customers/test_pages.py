"""The search and the customer page over HTTP: what is shown to whom, and what each look leaves in the log."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers import operations as people
from customers.models import Contact, Customer, MarketingPermission
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.models import LogEntry, ReadEvent
from register.identity.roles import Role
from sites import operations as sites
from tests.factories.billing import BankAccountFactory, InvoiceFactory
from tests.factories.sites import ElectricityConnectionFactory, MeterFactory, SiteFactory
from tests.harness.staff import make_staff, signed_in

CODE = "010190-999W"
HTMX = {"HTTP_HX_REQUEST": "true"}
START = datetime.date(2024, 3, 1)


def who() -> Any:
    return {"actor": Actor.service("test"), "at": timezone.now()}


@pytest.fixture
def maija(db: Any, settings: Any) -> Customer:
    settings.REGISTER_ALLOW_TEMPORARY_CODES = True
    with acting_as_service("test"):
        row = people.register_customer(
            given_names="Maija",
            family_name="Äijälä",
            phone="050 000 4567",
            identity_code=CODE,
            street_address="Särkiniementie 21",
            postal_code="70700",
            post_office="Kuopio",
            **who(),
        )
        for line in ("network", "heat"):
            site = SiteFactory(street_address="Särkiniementie 21")
            sites.conclude_contract(site_id=site.pk, line=line, holders=[row.pk], started_on=START, **who())
        InvoiceFactory(customer=row, controller_id=1, number="L260000001")
        InvoiceFactory(customer=row, controller_id=2, number="V260000001")
        row.refresh_from_db()
        return row


@pytest.fixture
def client_of(db: Any) -> Callable[..., Client]:
    def make(role: Role = Role.AGENT, controllers: tuple[int, ...] = (1, 2)) -> Client:
        return signed_in(make_staff(email=f"{role}@example.org", role=role, controllers=controllers))

    return make


def url(name: str, row: Customer, query: str = "") -> str:
    return reverse(name, args=[row.pk]) + query


def text(response: Any) -> str:
    return str(response.content.decode())


def looks() -> list[tuple[str, str]]:
    with acting_as_service("test"):
        return list(ReadEvent.objects.order_by("at", "pk").values_list("what", "reason"))


def changed(row: Any) -> dict[str, Any]:
    with acting_as_service("test"):
        return dict(LogEntry.objects.filter(object_pk=str(row.pk)).latest("timestamp").changes)


def test_a_search_shows_hits_and_logs_whom(maija: Customer, client_of: Any) -> None:
    answer = client_of().post(reverse("staff-search"), {"q": "aijala"})
    assert answer.status_code == 200
    assert "<mark>Äijälä</mark>, Maija" in text(answer)
    assert looks() == [("search hits", "search")]
    with acting_as_service("test"):
        assert ReadEvent.objects.get().shown.get().customer_id == maija.pk


def test_a_search_without_hits_logs_nothing(maija: Customer, client_of: Any) -> None:
    assert "Ei osumia" in text(client_of().post(reverse("staff-search"), {"q": "Olematon"}))
    assert looks() == []


def test_what_is_typed_never_stands_in_an_address(maija: Customer, client_of: Any) -> None:
    client = client_of()
    assert "Maija" not in text(client.get(reverse("staff-search"), {"q": "Äijälä"}))
    page = text(client.post(reverse("staff-search"), {"q": "äijälä"}))
    assert 'method="post"' in page
    assert "?q=" not in page


@pytest.mark.parametrize("typed", ["050 000 4567", "number", CODE, "contract"])
def test_a_single_hit_of_a_whole_key_opens_the_customer_at_once(maija: Customer, client_of: Any, typed: str) -> None:
    if typed == "number":
        typed = maija.number
    if typed == "contract":
        with acting_as_service("test"):
            typed = maija.held.select_related("contract").first().contract.number
    answer = client_of().post(reverse("staff-search"), {"q": typed})
    assert answer.status_code == 302
    assert answer["Location"] == url("staff-customer", maija, "?from=search")


@pytest.mark.parametrize("typed", ["050 000 4567", CODE])
def test_a_search_that_opens_the_customer_is_logged_before_the_page_is(
    maija: Customer, client_of: Any, typed: str
) -> None:
    assert client_of().post(reverse("staff-search"), {"q": typed}).status_code == 302
    assert looks() == [("search hits", "search")]
    with acting_as_service("test"):
        assert {one.customer_id for one in ReadEvent.objects.get().shown.all()} == {maija.pk}


@pytest.mark.parametrize("section", ["none", "sites", "customers"])
def test_a_search_limited_by_kind_logs_everybody_who_is_counted(maija: Customer, client_of: Any, section: str) -> None:
    page = text(client_of().post(reverse("staff-search"), {"q": "aijala", "section": section}))
    assert ("<mark>" in page) is (section != "sites")
    assert looks() == [("search hits", "search")]
    with acting_as_service("test"):
        assert ReadEvent.objects.get().shown.filter(customer_id=maija.pk).exists()


@pytest.mark.item("C03")
@pytest.mark.parametrize("typed", ["020290-999Y", "020290-999", "020290A99", "020290 - 999 X"])
def test_an_identity_code_is_not_shown_again(maija: Customer, client_of: Any, typed: str) -> None:
    page = text(client_of().post(reverse("staff-search"), {"q": typed}))
    assert "<h1>Henkilötunnus</h1>" in page
    assert "020290" not in page


@pytest.mark.parametrize(("came", "reason"), [("?from=search", "search"), ("?from=nonsense", "page"), ("", "page")])
def test_a_customer_page_is_in_the_read_log_with_its_reason(
    maija: Customer, client_of: Any, came: str, reason: str
) -> None:
    assert client_of().get(url("staff-customer", maija, came)).status_code == 200
    assert looks() == [("customer page", reason)]


def test_panels_of_a_page_just_opened_are_one_look_and_a_panel_alone_is_another(
    maija: Customer, client_of: Any
) -> None:
    client = client_of()
    page = client.get(url("staff-customer", maija))
    shown = page.context["look"]
    client.get(url("staff-customer-contact", maija), {"look": shown}, **HTMX)
    assert len(looks()) == 1
    client.get(url("staff-customer-contact", maija), {"look": "forged"}, **HTMX)
    client.get(url("staff-customer-contact", maija))
    assert len(looks()) == 3


def test_one_persons_looks_of_a_day_and_reason_stand_on_one_line(maija: Customer, client_of: Any) -> None:
    client = client_of()
    for _time in range(3):
        client.get(url("staff-customer-contact", maija))
    shown = client.get(url("staff-customer-looks", maija))
    assert shown.context["count"] == 4
    assert [(one.count, len(one.what)) for one in shown.context["looks"]] == [(4, 2)]
    assert "4 kertaa" in text(shown)


PANELS = [
    "contact",
    "permissions",
    "timeline",
    "looks",
    "contracts",
    "consumption",
    "billing",
    "invoices",
    "recordings",
]


@pytest.mark.parametrize("name", PANELS)
def test_each_panel_opens_within_a_page_and_alone(maija: Customer, client_of: Any, name: str) -> None:
    client = client_of()
    within = client.get(url(f"staff-customer-{name}", maija), **HTMX)
    alone = client.get(url(f"staff-customer-{name}", maija))
    assert (within.status_code, alone.status_code) == (200, 200)
    assert text(within).strip().startswith("<section")
    assert "<html" in text(alone)
    assert f'id="{name}"' in text(alone)


def test_who_is_not_there_is_not_found(client_of: Any) -> None:
    nobody, client = Customer(number="1"), client_of()
    for name in ("staff-customer", *(f"staff-customer-{each}" for each in PANELS)):
        assert client.get(url(name, nobody)).status_code == 404


@pytest.mark.clause("X2")
def test_the_other_controllers_data_are_not_shown(maija: Customer, client_of: Any) -> None:
    with acting_as_service("test"):
        numbers = {held.contract.line: held.contract.number for held in maija.held.select_related("contract")}
    both = client_of()
    contracts, invoices = url("staff-customer-contracts", maija), url("staff-customer-invoices", maija)
    assert all(number in text(both.get(contracts)) for number in numbers.values())
    assert "V260000001" in text(both.get(invoices))
    energy = client_of(Role.BILLING, (1,))
    assert numbers["heat"] in text(energy.get(contracts))
    assert numbers["network"] not in text(energy.get(contracts))
    assert "L260000001" in text(energy.get(invoices))
    assert "V260000001" not in text(energy.get(invoices))
    assert "Ei osumia" in text(energy.post(reverse("staff-search"), {"q": "V260000001"}))
    assert both.post(reverse("staff-search"), {"q": "V260000001"}).status_code == 302


@pytest.mark.item("C03")
def test_an_identity_code_opens_with_a_reason_and_is_logged(maija: Customer, client_of: Any) -> None:
    client, here = client_of(), url("staff-customer-contact", maija)
    assert CODE not in text(client.get(here))
    assert "010190-••••" in text(client.get(here))
    assert CODE not in text(client.post(here, {"open": "identity_code", "reason": ""}))
    assert CODE not in text(client.post(here, {"open": "identity_code", "reason": "curiosity"}))
    opened = client.post(here, {"open": "identity_code", "reason": "fault"})
    assert CODE in text(opened)
    assert "delay:60s" in text(opened)
    assert looks()[-1] == ("identity code", "fault")


@pytest.mark.item("B01")
def test_a_bank_account_opens_with_a_reason_and_is_logged(maija: Customer, client_of: Any) -> None:
    with acting_as_service("test"):
        iban = BankAccountFactory(customer=maija, ended_on=None).iban.reveal()
    client, here = client_of(), url("staff-customer-billing", maija)
    assert iban[-6:] not in text(client.get(here)).replace("\N{NO-BREAK SPACE}", "")
    opened = text(client.post(here, {"reason": "invoice"})).replace("\N{NO-BREAK SPACE}", "")
    assert iban in opened
    assert looks()[-1] == ("bank account", "invoice")


@pytest.mark.item("C06")
@pytest.mark.item("C11")
@pytest.mark.parametrize("role", [Role.AGENT, Role.ADMINISTRATOR])
def test_a_protected_address_is_nowhere_until_it_is_opened(maija: Customer, client_of: Any, role: Role) -> None:
    client = client_of(role)
    with acting_as_service("test"):
        people.change_customer(customer_id=maija.pk, street_address="Särkiniementie 22", **who())
        people.change_customer(customer_id=maija.pk, street_address="Särkiniementie 21", **who())
        held = list(maija.held.select_related("contract__site"))
        for site in (held[0].contract.site, held[1].contract.site):
            ElectricityConnectionFactory(site=site)
            MeterFactory(site=site, latitude=Decimal("62.123456"), longitude=Decimal("27.654321"))
    opened = [url("staff-customer-contact", maija), url("staff-customer-contracts", maija)]
    places = [
        *opened,
        url("staff-customer", maija),
        url("staff-customer-timeline", maija),
        url("staff-customer-timeline", maija, "?only=changes"),
        url("staff-customer-consumption", maija),
        url("staff-customer-contract-alerts", maija),
        *admin_pages(client),
        *(f"{autocomplete('contract')}&term={one.contract.number}" for one in held),
        *(f"{autocomplete('site')}&term={one.contract.site.gsrn}" for one in held),
    ]
    before = [place for place in places if shows_where(client.get(place))]
    history = reverse("admin:customers_customer_history", args=[maija.pk])
    assert {*opened, url("staff-customer-timeline", maija), history} <= {*before}
    with acting_as_service("test"):
        people.change_customer(customer_id=maija.pk, is_protected=True, **who())
    assert [place for place in places if shows_where(client.get(place))] == []
    for site in (one.contract.site for one in held):
        for typed in (site.gsrn, site.gsrn[2:], site.gsrn[:17], "äijälä", maija.number):
            assert not shows_where(client.post(reverse("staff-search"), {"q": typed}, follow=True)), typed
        assert site.gsrn not in without_gaps(client.post(reverse("staff-search"), {"q": "Särkiniementie 21"}))
        sites_found = reverse("admin:sites_site_changelist") + "?q=sarkiniementie"
        assert site.gsrn not in without_gaps(client.get(sites_found))
    assert "Turvakielto" in text(client.get(url("staff-customer", maija)))
    for place in opened:
        assert "Särkiniementie" in text(client.post(place, {"open": "address", "reason": "authority"}))
    assert looks()[-1] == ("protected address", "authority")


def admin_pages(client: Client) -> list[str]:
    """Each list of the admin site with each of its rows: the page, its history and when it goes."""
    found = []
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        if client.get(reverse(f"{name}_changelist")).status_code != 200:
            continue
        found.append(reverse(f"{name}_changelist"))
        with acting_as_service("test"):
            keys = list(model._default_manager.values_list("pk", flat=True)[:40])
        for key in keys:
            found += [reverse(f"{name}_{page}", args=[key]) for page in ("change", "history", "delete")]
    return found


def autocomplete(model_name: str) -> str:
    """The address that answers a field which completes while one types."""
    field = "contract" if model_name == "contract" else "site"
    model = "deliveredDevice" if model_name == "contract" else "meter"
    return f"{reverse('admin:autocomplete')}?app_label=sites&model_name={model.lower()}&field_name={field}"


def without_gaps(answer: Any) -> str:
    return text(answer).replace("\N{NO-BREAK SPACE}", "").replace("<mark>", "").replace("</mark>", "")


def shows_where(answer: Any) -> bool:
    """Whether an answer tells where Maija lives: the street, the district, or the place of the meter."""
    shown = without_gaps(answer)
    return any(told in shown for told in ("Särkiniementie", "s\\u00e4rkiniementie", "rkiniementie", "62.12", "62,12"))


def test_the_history_and_the_end_of_a_row_are_in_the_read_log(maija: Customer, client_of: Any) -> None:
    client = client_of()
    for page in ("history", "delete"):
        before = len(looks())
        assert client.get(reverse(f"admin:customers_customer_{page}", args=[maija.pk])).status_code == 200
        assert looks()[before:] == [("customers.customer", "page")]


def test_a_place_is_open_again_when_somebody_else_has_moved_in(maija: Customer, client_of: Any) -> None:
    client = client_of(Role.METERING, (2,))
    with acting_as_service("test"):
        contract = maija.held.select_related("contract__site").get(contract__line="heat").contract
        people.change_customer(customer_id=maija.pk, is_protected=True, **who())
    page = reverse("admin:sites_site_change", args=[contract.site_id])
    # The contract is of the other company: this account sees no row of it, and yet no address.
    assert not shows_where(client.get(page))
    with acting_as_service("test"):
        ended_on = timezone.localdate() - datetime.timedelta(days=30)
        sites.end_contract(contract_id=contract.pk, ended_on=ended_on, **who())
    assert not shows_where(client.get(page))
    with acting_as_service("test"):
        other = people.register_customer(given_names="Matti", family_name="Korhonen", **who())
        sites.conclude_contract(site_id=contract.site_id, line="heat", holders=[other.pk], started_on=ended_on, **who())
    assert shows_where(client.get(page))
    # The contract of the protected person stays closed.
    agent = client_of(Role.AGENT)
    assert not shows_where(agent.get(reverse("admin:sites_contract_change", args=[contract.pk])))


def test_a_change_of_a_closed_site_leaves_its_address(maija: Customer, client_of: Any) -> None:
    client = client_of(Role.METERING)
    with acting_as_service("test"):
        people.change_customer(customer_id=maija.pk, is_protected=True, **who())
        site = maija.held.select_related("contract__site").first().contract.site
    page = reverse("admin:sites_site_change", args=[site.pk])
    data = {"gsrn": site.gsrn, "commodity": site.commodity, "archive_identifier": "A 12", "street_address": "Muu 1"}
    assert client.post(page, data | {"distribution_system_operator": ""}).status_code == 302
    with acting_as_service("test"):
        stored = type(site).objects.get(pk=site.pk)
    assert (stored.archive_identifier, stored.street_address) == ("A 12", "Särkiniementie 21")


@pytest.mark.parametrize("role", [Role.METERING, Role.MARKETING])
def test_who_may_not_reveal_or_change_is_refused(maija: Customer, client_of: Any, role: Role) -> None:
    client, here = client_of(role), url("staff-customer-contact", maija)
    page = text(client.get(here))
    assert "010190-••••" in page
    assert "?ask=" not in page
    assert "?edit=" not in page
    assert client.post(here, {"open": "identity_code", "reason": "fault"}).status_code == 403
    assert client.post(here, {"edit": "phone", "phone": "0401234567"}).status_code == 403


@pytest.mark.item("C04")
def test_a_phone_is_changed_in_place_and_stands_in_the_change_log(maija: Customer, client_of: Any) -> None:
    client, here = client_of(), url("staff-customer-contact", maija)
    assert 'name="phone"' in text(client.get(f"{here}?edit=phone", **HTMX))
    answer = client.post(here, {"edit": "phone", "phone": "040 123 4567"}, follow=True, **HTMX)
    assert "040\N{NO-BREAK SPACE}1234567" in text(answer)
    assert changed(maija)["phone"] == ["+358500004567", "+358401234567"]


def test_a_wrong_value_stays_in_its_row_with_the_reason(maija: Customer, client_of: Any) -> None:
    client, here = client_of(), url("staff-customer-contact", maija)
    answer = client.post(here, {"edit": "phone", "phone": "12"}, **HTMX)
    assert answer.status_code == 422
    assert 'role="alert"' in text(answer)
    maija_now = url("staff-customer-contact", maija)
    assert "050\N{NO-BREAK SPACE}0004567" in text(client.get(maija_now))


def test_a_column_that_is_no_fact_cannot_be_set(maija: Customer, client_of: Any) -> None:
    client, here = client_of(), url("staff-customer-contact", maija)
    assert client.post(here, {"edit": "number", "number": "1"}).status_code == 404
    client.post(here, {"edit": "phone", "phone": "0401234567", "number": "1", "relationship_started_on": "2020-01-01"})
    with acting_as_service("test"):
        assert Customer.objects.get(pk=maija.pk).number == maija.number


@pytest.mark.clause("G3")
def test_all_marketing_is_prohibited_by_one_click(maija: Customer, client_of: Any) -> None:
    client, here = client_of(), url("staff-customer-permissions", maija)
    client.post(here, {"act": "prohibit-all", "told_by": "phone"}, **HTMX)
    with acting_as_service("test"):
        assert MarketingPermission.objects.filter(customer=maija, is_allowed=False, ended_at=None).count() == 16
    assert "Markkinointikielto" in text(client.get(url("staff-customer", maija)))
    assert client.post(here, {"act": "allow", "channel": "x", "purpose": "y", "told_by": "phone"}).status_code == 422


def test_a_contact_is_recorded_and_stands_on_the_timeline(maija: Customer, client_of: Any) -> None:
    client, here = client_of(), url("staff-customer-timeline", maija)
    client.post(here, {"kind": "call", "topic": "Muutto", "text": "", "controller": "1"}, **HTMX)
    with acting_as_service("test"):
        assert Contact.objects.get(customer=maija).handled_by == "Testi Äijälä"
    page = text(client.get(here))
    assert "Muutto" in page
    assert client.post(here, {"kind": "call", "controller": "7"}, **HTMX).status_code == 422


def test_late_invoices_and_missing_data_want_an_act(maija: Customer, client_of: Any) -> None:
    client = client_of()
    with acting_as_service("test"):
        InvoiceFactory(
            customer=maija,
            controller_id=1,
            number="L260000002",
            invoiced_on=datetime.date(2026, 1, 1),
            due_on=datetime.date(2026, 1, 15),
            settled_on=None,
            state="open",
            paid_eur=0,
        )
    assert "Avoinna" in text(client.get(url("staff-customer-billing-alerts", maija)))
    assert "is-missing" in text(client.get(url("staff-customer-contact", maija)))
    assert "Puuttuu. Kysy sähköposti." in text(client.get(url("staff-customer-contact", maija)))


@pytest.mark.parametrize("name", ["staff-customer", *(f"staff-customer-{name}" for name in PANELS)])
def test_the_number_of_queries_does_not_grow_with_what_is_shown(maija: Customer, client_of: Any, name: str) -> None:
    client = client_of()
    client.get(url(name, maija), **HTMX)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url(name, maija), **HTMX).status_code == 200
        return len(queries)

    before = count()
    with acting_as_service("test"):
        for number in range(4):
            site = SiteFactory(street_address=f"Toinen katu {number}")
            contract = sites.conclude_contract(
                site_id=site.pk, line="network", holders=[maija.pk], started_on=START, **who()
            )
            sites.end_contract(contract_id=contract.pk, ended_on=datetime.date(2025, 1, 1), **who())
            InvoiceFactory(customer=maija, controller_id=2, number=f"V2600001{number:02}")
            people.record_contact(
                customer_id=maija.pk, controller_id=1, kind="call", happened_at=timezone.now(), **who()
            )
    assert count() <= before + 1


def test_a_panel_of_a_slow_database_is_bounded(maija: Customer, client_of: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        client_of().get(url("staff-customer-timeline", maija), **HTMX)
    assert any("statement_timeout" in query["sql"] for query in queries)


def test_a_name_with_markup_is_shown_as_text(maija: Customer, client_of: Any) -> None:
    canary = '"><svg onload=alert(1)>'
    with acting_as_service("test"):
        people.change_customer(customer_id=maija.pk, family_name=canary, street_address=canary, **who())
        people.record_contact(
            customer_id=maija.pk, controller_id=1, kind="note", happened_at=timezone.now(), text=canary, **who()
        )
    client = client_of()
    pages = [url("staff-customer", maija), *(url(f"staff-customer-{name}", maija) for name in PANELS)]
    answers = [client.get(page) for page in pages] + [client.post(reverse("staff-search"), {"q": canary})]
    answers.append(client.post(reverse("staff-search"), {"q": "maija"}))
    assert "&lt;svg" in text(answers[0])
    for answer in answers:
        assert "<svg onload" not in text(answer)
