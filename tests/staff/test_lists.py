"""The lists: rows of a page, days from and before, chips that take a filter away, sums."""

import datetime
import re
from decimal import Decimal

import pytest
from django.contrib import admin
from django.test import Client

from billing.models import Invoice
from customers.models import Customer
from register.audit.acting import acting_as_service
from tests.factories.billing import InvoiceFactory
from tests.factories.sites import ContractFactory, ContractHolderFactory, SiteFactory

INVOICES = "/staff/billing/invoice/"
GRANTS = "/staff/identity/rolegrant/"


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.fixture
def invoices(db: None) -> list[Invoice]:
    """Three invoices, due on the last days of September and the first of October."""
    with acting_as_service("test"):
        return [
            InvoiceFactory(
                number=f"L{number}",
                invoiced_on=datetime.date(2026, 9, 1),
                due_on=datetime.date(2026, 9, 29) + datetime.timedelta(days=number),
                total_eur=Decimal("1000.50"),
                vat_eur=Decimal("200.00"),
                paid_eur=Decimal(0),
            )
            for number in range(3)
        ]


def numbers(page: str) -> set[str]:
    return set(re.findall(r">(L\d)</a>", page))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"L0", "L1", "L2"}),
        ("due_on__gte=30.9.2026", {"L1", "L2"}),
        ("due_on__lt=30.9.2026", {"L0"}),
        ("due_on__gte=2026-09-30&due_on__lt=1.10.2026", {"L1"}),
        ("due_on__gte=&due_on__lt=", {"L0", "L1", "L2"}),
    ],
)
def test_a_list_is_limited_by_days_from_and_before(
    client_of_staff: Client, invoices: list[Invoice], query: str, found: set[str]
):
    assert numbers(text(client_of_staff, f"{INVOICES}?{query}")) == found


def test_what_is_no_day_is_marked_and_limits_nothing(client_of_staff: Client, invoices: list[Invoice]):
    page = text(client_of_staff, f"{INVOICES}?due_on__gte=31.9.2026")
    assert "Tällaista päivää ei ole" in page
    assert 'value="31.9.2026"' in page
    assert len(numbers(page)) == 3


def test_each_day_in_force_is_a_chip_that_takes_itself_away(client_of_staff: Client, invoices: list[Invoice]):
    page = text(client_of_staff, f"{INVOICES}?due_on__gte=1.9.2026&due_on__lt=1.10.2026&rows=25")
    assert "Eräpäivä: alkaen 1.9.2026" in page
    assert "Eräpäivä: ennen 1.10.2026" in page
    without = re.search(r'href="([^"]+)" aria-current="true">Eräpäivä: alkaen', page)
    assert without
    assert "due_on__gte" not in without[1]
    assert "due_on__lt=1.10.2026" in without[1]


def test_the_sum_is_of_all_that_was_found_not_of_the_page(client_of_staff: Client, invoices: list[Invoice]):
    page = text(client_of_staff, f"{INVOICES}?due_on__gte=30.9.2026")
    foot = page[page.index("<tfoot>") : page.index("</tfoot>")]
    assert "Kaikki 2 osumaa" in foot
    assert foot.count("2\xa0001,00") == 2
    assert "1\xa0000,50" in page


def test_the_rows_of_a_page_are_chosen_and_nothing_else_is_a_number_of_rows(client_of_staff: Client, staff: object):
    assert client_of_staff.get(f"{GRANTS}?rows=25").context["cl"].list_per_page == 25
    assert client_of_staff.get(f"{GRANTS}?rows=100").context["cl"].list_per_page == 100
    for wrong in ("7", "1000000", "-1", "x", ""):
        assert client_of_staff.get(f"{GRANTS}?rows={wrong}").context["cl"].list_per_page == 50


def test_no_list_counts_the_choices_of_its_filters_for_that_tells_what_is_closed(
    client_of_staff: Client, invoices: list[Invoice]
):
    for query in ("", "?_facets=True", "?_facets=1"):
        assert "<span>3</span>" not in text(client_of_staff, f"{INVOICES}{query}")
    assert {page.show_facets for page in admin.site._registry.values()} == {admin.ShowFacets.NEVER}


def test_a_list_does_not_tell_the_district_of_a_closed_address(client_of_staff: Client):
    with acting_as_service("test"):
        site, _other = SiteFactory(district="Neulamäki"), SiteFactory(district="Puijonlaakso")
        holder = ContractHolderFactory(contract=ContractFactory(site=site, started_on=datetime.date(2020, 1, 1)))
        Customer.objects.filter(pk=holder.customer_id).update(is_protected=True)
    page = client_of_staff.get(f"/staff/sites/site/?q={site.gsrn}&_facets=True")
    lines = re.findall(r"<li[^>]*>.*?</li>", page.content.decode())
    told = {district: [line for line in lines if district in line] for district in ("Neulamäki", "Puijonlaakso")}
    assert [len(found) for found in told.values()] == [1, 1]
    assert not [line for found in told.values() for line in found if "<span>" in line]


def test_the_filter_for_what_is_empty_is_allowed(client_of_staff: Client, invoices: list[Invoice]):
    assert len(numbers(text(client_of_staff, f"{INVOICES}?settled_on__isempty=1"))) == 3


@pytest.mark.parametrize("guess", ["customer__phone__gte=0", "customer__last_name__exact=X", "controller__code__lt=z"])
def test_no_address_filters_by_what_the_list_does_not_show(
    client_of_staff: Client, invoices: list[Invoice], guess: str
):
    assert client_of_staff.get(f"{INVOICES}?customer__id__exact={invoices[0].customer_id}").status_code == 200
    assert client_of_staff.get(f"{INVOICES}?{guess}").status_code == 400


def test_nothing_can_be_chosen_for_acts_on_many(client_of_staff: Client, invoices: list[Invoice]):
    page = text(client_of_staff, INVOICES)
    assert "action-toggle" not in page
    assert "stf-bulk" not in page
