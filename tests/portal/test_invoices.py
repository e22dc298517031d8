"""Invoices and contracts on the portal: one's own, and by a code only sums and due dates."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from billing.models import BankAccount, BillingAccount, Invoice, InvoiceRow
from billing.queries import invoices_for
from customers.models import Customer
from register.audit.acting import acting_as_service
from sites.models import Contract, ContractHolder
from tests.factories import FACTORIES
from tests.harness.portal import CODE, make_customer, portal_client

pytestmark = [pytest.mark.django_db, pytest.mark.item("B06")]


@pytest.fixture
def billed() -> tuple[Customer, Invoice]:
    """A customer with an invoice that is due in ten days."""
    customer = make_customer()
    with acting_as_service("test"):
        due = timezone.localdate() + datetime.timedelta(days=10)
        row: Invoice = FACTORIES[Invoice](
            customer=customer, number="L2612", controller_id=1, due_on=due, invoiced_on=timezone.localdate()
        )
        FACTORIES[InvoiceRow](invoice=row, product_name="Kaukolämpö, energia", amount_eur=Decimal("123.45"))
        FACTORIES[BillingAccount](customer=customer, controller_id=1)
        FACTORIES[BankAccount](customer=customer, ended_on=None)
    return customer, row


def test_an_invoice_tells_what_is_due_and_what_it_consists_of(billed: Any) -> None:
    customer, row = billed
    client = portal_client(customer)
    text = client.get("/my/invoices/").content.decode()
    assert "123,45\N{NO-BREAK SPACE}€" in text
    assert "Aikaa on 10 päivää" in text
    assert "Kaukolämpö, energia" in text
    assert "Rivit täsmäävät" in text
    one = client.get(f"/my/invoices/{row.pk}/").content.decode()
    assert "L2612" in one
    assert customer.name in one
    assert "data-print" in one


def test_by_a_code_only_sums_and_due_dates_are_told(billed: Any) -> None:
    customer, row = billed
    client = portal_client(customer, means=CODE)
    text = client.get("/my/invoices/").content.decode()
    assert "123,45\N{NO-BREAK SPACE}€" in text
    assert "Aikaa on 10 päivää" in text
    for hidden in ("Kaukolämpö, energia", row.reference, customer.name, "Näin laskutamme"):
        assert hidden not in text
    assert client.get(f"/my/invoices/{row.pk}/").status_code == 403


@pytest.mark.clause("X2")
def test_nobody_elses_invoice_is_shown_even_without_the_views_filter(
    billed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, row = billed
    stranger = portal_client(make_customer())
    assert stranger.get(f"/my/invoices/{row.pk}/").status_code == 404
    monkeypatch.setattr("billing.queries.invoices_for", lambda _customers: Invoice.objects.order_by("-invoiced_on"))
    assert stranger.get(f"/my/invoices/{row.pk}/").status_code == 404
    assert "L2612" not in stranger.get("/my/invoices/").content.decode()
    assert "L2612" in portal_client(customer).get("/my/invoices/").content.decode()
    with acting_as_service("test"):
        assert invoices_for([customer.pk]).count() == 1


def test_a_late_invoice_is_told_without_blame() -> None:
    customer = make_customer()
    with acting_as_service("test"):
        day = timezone.localdate() - datetime.timedelta(days=5)
        FACTORIES[Invoice](customer=customer, invoiced_on=day, due_on=day)
    text = portal_client(customer).get("/my/invoices/").content.decode()
    assert "Maksamatta" in text
    assert "Eräpäivä oli" in text


def test_years_are_chosen_and_an_unpaid_one_of_before_stands_first() -> None:
    customer = make_customer()
    with acting_as_service("test"):
        old = datetime.date(2022, 5, 5)
        FACTORIES[Invoice](customer=customer, number="VANHA", invoiced_on=old, due_on=old)
        FACTORIES[Invoice](customer=customer, number="UUSI", last_day=datetime.date(2024, 5, 5))
    client = portal_client(customer)
    text = client.get("/my/invoices/").content.decode()
    assert text.index("VANHA") < text.index("UUSI")
    assert "UUSI" not in client.get("/my/invoices/?year=2022").content.decode()
    assert client.get("/my/invoices/?year=hakkeri").status_code == 200


def test_who_has_no_invoices_is_told_so() -> None:
    assert "Laskuja ei ole vielä" in portal_client(make_customer()).get("/my/invoices/").content.decode()
    assert "Sinulla ei ole sopimuksia" in portal_client(make_customer()).get("/my/contracts/").content.decode()


@pytest.mark.item("C09")
def test_contracts_of_both_companies_are_shown_by_place() -> None:
    customer, other = make_customer(), make_customer()
    with acting_as_service("test"):
        for line, controller in (("network", 2), ("heat", 1)):
            made: Contract = FACTORIES[Contract](line=line, controller_id=controller, supplier_name="")
            FACTORIES[ContractHolder](contract=made, customer=customer)
    text = portal_client(customer).get("/my/contracts/").content.decode()
    assert "Kuopion Energia Oy" in text
    assert "Kuopion Sähköverkko Oy" in text
    assert made.number in text
    assert made.number not in portal_client(other).get("/my/contracts/").content.decode()


def test_the_page_in_swedish_and_english(billed: Any) -> None:
    customer, _row = billed
    for language, words in (("sv", "fakturor"), ("en", "One invoice waits for payment")):
        text = portal_client(customer, language=language).get("/my/invoices/").content.decode()
        assert words in text.lower() or words in text
        assert f'<html lang="{language}"' in text
