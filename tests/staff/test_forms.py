"""The forms: what rows, days, yes and no are called on them."""

import datetime
import re

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import Payment
from register.audit.acting import acting_as_service
from sites.models import Contract
from tests.factories import FACTORIES
from tests.factories.billing import InvoiceFactory


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.fixture
def payment(db: None) -> Payment:
    with acting_as_service("test"):
        return FACTORIES[Payment](booked_on=datetime.date(2026, 9, 1))


@pytest.fixture
def contract(db: None) -> Contract:
    with acting_as_service("test"):
        return FACTORIES[Contract]()


def page_of(client: Client, row: object, name: str) -> str:
    return text(client, reverse(f"admin:{name}_change", args=[row.pk]))


def test_a_row_is_never_called_by_a_bare_key(client_of_staff: Client, payment: Payment):
    heading = re.search(r"<h1>.*?</h1>", page_of(client_of_staff, payment, "billing_payment"))
    assert heading
    assert str(payment.pk) not in heading[0]
    assert "1.9.2026" in heading[0]


def test_a_row_chosen_by_its_key_is_called_by_its_title(client_of_staff: Client, payment: Payment):
    page = page_of(client_of_staff, payment, "billing_payment")
    title = f"{payment.customer.name}, {payment.customer.number}"
    assert f">{title}</a>" in page


def test_days_are_written_as_on_the_pages(client_of_staff: Client, payment: Payment):
    page = page_of(client_of_staff, payment, "billing_payment")
    assert 'value="1.9.2026"' in page
    assert "01.09.2026" not in page


def test_yes_and_no_are_words(client_of_staff: Client, contract: Contract):
    page = page_of(client_of_staff, contract, "sites_contract")
    assert "icon-no" not in page
    assert re.search(r"reg-status--off.*?</svg>Ei</span>", page)


def test_a_label_names_the_item_of_the_data_map(client_of_staff: Client, contract: Contract):
    assert re.search(
        r'class="stf-map" title="C\d\d: [^"]+">C\d\d</abbr>', page_of(client_of_staff, contract, "sites_contract")
    )


def test_a_form_tells_where_its_changes_are_counted(client_of_staff: Client, contract: Contract):
    page = page_of(client_of_staff, contract, "sites_contract")
    assert 'data-many="# tallentamatonta muutosta"' in page
    assert "Perustiedot" in page


def test_no_link_of_a_list_lies_inside_another(client_of_staff: Client):
    with acting_as_service("test"):
        invoice = InvoiceFactory()
    page = text(client_of_staff, "/staff/billing/invoice/")
    assert invoice.number in page
    assert not re.search(r"<a [^>]*><a ", page)
