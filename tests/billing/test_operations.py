"""What is written of money, and what is refused."""

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from billing import operations as act
from billing.models import BankAccount, Charge
from billing.queries import balance_of, invoices_of
from billing.tasks import end_bank_accounts
from customers.operations.people import set_relationship
from register.access.scope import Scope
from register.audit.acting import acting
from register.audit.models import LogEntry
from tests.customers.conftest import ASTA, NOON
from tests.factories.billing import InvoiceFactory, PaymentFactory
from tests.factories.customers import CustomerFactory

WHO: Any = {"actor": ASTA, "at": NOON}
TODAY = datetime.date(2026, 11, 24)
IBAN, OTHER_IBAN = "FI21 1234 5600 0007 85", "FI37 1590 3000 0007 76"


@pytest.fixture(autouse=True)
def at_work(db: Any) -> Iterator[None]:
    with acting(actor=ASTA, scope=Scope.staff(controllers=(1, 2))):
        yield


def open_invoice(**values: Any) -> Any:
    usual: dict[str, Any] = {
        "controller_id": 1,
        "kind": "invoice",
        "invoiced_on": datetime.date(2026, 10, 1),
        "due_on": datetime.date(2026, 10, 15),
        "total_eur": Decimal("100.00"),
        "paid_eur": Decimal(0),
        "state": "open",
        "settled_on": None,
    }
    return InvoiceFactory(**usual | values)


@pytest.mark.item("B01")
def test_another_bank_account_puts_the_former_out_of_use() -> None:
    customer = CustomerFactory()
    first = act.tell_bank_account(customer_id=customer.pk, iban=IBAN, started_on=TODAY, **WHO)
    later = TODAY + datetime.timedelta(days=1)
    second = act.tell_bank_account(customer_id=customer.pk, iban=OTHER_IBAN, started_on=later, **WHO)
    first.refresh_from_db()
    assert (first.ended_on, second.ended_on) == (later, None)
    assert second.iban.reveal() == "FI3715903000000776"
    with pytest.raises(act.UnableToSaveBankAccount) as refused:
        act.tell_bank_account(customer_id=customer.pk, iban="FI21 1234 5600 0007 86", started_on=TODAY, **WHO)
    assert refused.value.field == "iban"


@pytest.mark.clause("T3")
def test_the_bank_account_of_a_former_customer_goes_out_of_use_once() -> None:
    former, present = CustomerFactory(), CustomerFactory(relationship_ended_on=None)
    for customer in (former, present):
        act.tell_bank_account(customer_id=customer.pk, iban=IBAN, started_on=datetime.date(2020, 1, 1), **WHO)
    ended = datetime.date(2026, 11, 1)
    set_relationship(customer_id=former.pk, started_on=datetime.date(2020, 1, 1), ended_on=ended)
    assert act.end_bank_accounts_of_former_customers(**WHO) == 1
    assert act.end_bank_accounts_of_former_customers(**WHO) == 0
    assert BankAccount.objects.get(customer=former).ended_on == ended
    assert BankAccount.objects.get(customer=present).ended_on is None


@pytest.mark.item("B03")
@pytest.mark.clause("R4")
def test_credit_is_asked_with_a_reason_and_is_current_for_a_month() -> None:
    customer = CustomerFactory()
    asked: Any = {"customer_id": customer.pk, "controller_id": 1, "grade": "clean", "retrieved_on": TODAY}
    row = act.enter_credit_information(reason="Uusi sopimus", **asked, **WHO)
    assert row.current_until == datetime.date(2026, 12, 24)
    with pytest.raises(act.UnableToEnterCredit):
        act.enter_credit_information(reason=" ", **asked, **WHO)


@pytest.mark.item("B08")
def test_an_invoice_is_settled_by_payments_to_the_cent() -> None:
    invoice = open_invoice()
    payment = PaymentFactory(controller_id=1, amount_eur=Decimal("120.00"), paid_on=TODAY)
    settle: Any = {"payment_id": payment.pk, "invoice_id": invoice.pk}
    with pytest.raises(act.UnableToSavePayment):
        act.settle_invoice(**settle, amount_eur=Decimal("100.01"), **WHO)
    act.settle_invoice(**settle, amount_eur=Decimal("100.00"), **WHO)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.settled_on, invoice.paid_eur) == ("paid", TODAY, Decimal("100.00"))


def test_more_than_is_left_of_a_payment_is_refused() -> None:
    payment = PaymentFactory(controller_id=1, amount_eur=Decimal("50.00"), paid_on=TODAY)
    with pytest.raises(act.UnableToSavePayment) as refused:
        act.settle_invoice(payment_id=payment.pk, invoice_id=open_invoice().pk, amount_eur=Decimal("50.01"), **WHO)
    assert refused.value.field == "amount_eur"


@pytest.mark.item("B11")
@pytest.mark.clause("P4")
def test_a_hand_over_puts_the_invoice_in_collection() -> None:
    invoice = open_invoice()
    act.add_charge(invoice_id=invoice.pk, kind=Charge.Kind.COLLECTION, charged_on=TODAY, **WHO)
    invoice.refresh_from_db()
    assert invoice.state == "collection"
    balance = balance_of(invoice.customer_id, TODAY)
    assert (balance.collection_eur, balance.oldest_due_on) == (Decimal("100.00"), invoice.due_on)


def test_a_payment_of_the_other_controller_is_refused_in_plain_words() -> None:
    payment = PaymentFactory(controller_id=2, amount_eur=Decimal("100.00"), paid_on=TODAY)
    with pytest.raises(act.UnableToSavePayment) as refused:
        act.settle_invoice(payment_id=payment.pk, invoice_id=open_invoice().pk, amount_eur=Decimal(1), **WHO)
    assert "Key (" not in str(refused.value)


@pytest.mark.item("B07")
def test_late_invoices_come_first_and_the_day_itself_is_not_late() -> None:
    customer = CustomerFactory()
    late = open_invoice(customer=customer, due_on=TODAY - datetime.timedelta(days=1))
    open_invoice(customer=customer, due_on=TODAY, invoiced_on=TODAY)
    _count, lines = invoices_of(customer.pk, TODAY)
    assert [(line.invoice.pk == late.pk, line.late_days) for line in lines] == [(True, 1), (False, 0)]


@pytest.mark.item("B10")
def test_an_e_invoice_needs_its_address() -> None:
    values: Any = {"customer": CustomerFactory(), "controller_id": 1, "method": "e-invoice"}
    with pytest.raises(act.UnableToSaveBillingAccount) as refused:
        act.save_billing_account(**values, **WHO)
    assert refused.value.field == "e_invoice_address"
    assert act.save_billing_account(**values, e_invoice_address="FI3715903000000776", **WHO).pk


@pytest.mark.clause("T3")
def test_the_nightly_task_ends_them_under_its_own_name() -> None:
    customer = CustomerFactory()
    account = act.tell_bank_account(customer_id=customer.pk, iban=IBAN, started_on=datetime.date(2020, 1, 1), **WHO)
    set_relationship(customer_id=customer.pk, started_on=None, ended_on=datetime.date(2026, 11, 1))
    end_bank_accounts()
    account.refresh_from_db()
    assert account.ended_on == datetime.date(2026, 11, 1)
    entry = LogEntry.objects.filter(object_pk=str(account.pk)).latest("timestamp")
    assert (entry.actor_kind, entry.actor_id) == ("service", "end-bank-accounts")
