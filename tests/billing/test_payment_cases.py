"""A clerk sorts out what the bank's files left over: assigns, splits, returns, or says why nothing is to be done."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.cases.operations import UnableToSortOut, assign_case, dismiss_case, reopen_case, return_case
from billing.models import Invoice, Payment, PaymentAllocation, PaymentCase
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.models import LogEntry, ReadSubject
from register.identity.roles import Role
from tests.factories import FACTORIES
from tests.harness.staff import make_staff, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.item("B08"), pytest.mark.item("B11")]

ACTOR = Actor.service("test")


def open_case(reason: str = "unknown-reference", amount: str = "100.00", **values: Any) -> PaymentCase:
    payment = values.pop("payment", None) or FACTORIES[Payment](
        amount_eur=Decimal(amount), customer=None, controller_id=2
    )
    state = {"state": "open", "note": "", "closed_at": None, "closed_by": ""}
    return FACTORIES[PaymentCase](payment=payment, reason=reason, amount=Decimal(amount), **state, **values)


def bill(total: str = "100.00", **values: Any) -> Invoice:
    return FACTORIES[Invoice](total_eur=Decimal(total), **values)


def act(operation: Any, case: PaymentCase, **values: Any) -> PaymentCase:
    return operation(case_id=case.pk, actor=ACTOR, at=timezone.now(), **values)


def test_money_is_assigned_to_an_invoice_and_its_customer() -> None:
    with acting_as_service("test"):
        case, invoice = open_case(), bill()
        done = act(assign_case, case, invoice_id=invoice.pk)
        assert (done.state, done.closed_by) == ("assigned", "service:test")
        invoice.refresh_from_db()
        case.payment.refresh_from_db()
        assert (invoice.state, case.payment.customer_id) == ("paid", invoice.customer_id)
        entry = LogEntry.objects.filter(object_pk=str(case.pk)).latest("id")
        assert entry.changes["state"] == ["open", "assigned"]


def test_one_payment_is_split_over_two_invoices() -> None:
    with acting_as_service("test"):
        case, first, second = open_case(), bill("60.00"), bill("70.00")
        half = act(assign_case, case, invoice_id=first.pk)
        assert (half.state, half.amount) == ("open", Decimal("40.00"))
        done = act(assign_case, case, invoice_id=second.pk, amount_eur=Decimal("40.00"))
        assert done.state == "assigned"
        second.refresh_from_db()
        assert (second.state, second.paid_eur) == ("open", Decimal("40.00"))
        assert PaymentAllocation.objects.count() == 2


def test_a_foreign_currency_is_booked_with_the_euros_of_the_bank() -> None:
    with acting_as_service("test"):
        bare = FACTORIES[PaymentCase](
            payment=None, controller_id=2, reason="foreign-currency", currency="SEK", amount=Decimal("1100.00"),
            state="open", note="", closed_at=None, closed_by="",
        )  # fmt: skip
        invoice = bill()
        with pytest.raises(UnableToSortOut):
            act(assign_case, bare, invoice_id=invoice.pk)
        done = act(assign_case, bare, invoice_id=invoice.pk, booked_eur=Decimal("104.50"))
        assert (done.state, done.amount, done.currency) == ("open", Decimal("4.50"), "EUR")
        assert done.payment is not None
        assert (done.payment.amount_eur, done.payment.customer_id) == (Decimal("104.50"), invoice.customer_id)
        assert act(return_case, done, note="ylimääräinen").state == "refund"


@pytest.mark.parametrize(
    ("reason", "values"),
    [
        ("too-little", {}),
        ("batch", {}),
        ("returned", {}),
        ("too-much", {"amount_eur": Decimal("100.01")}),
    ],
)
def test_what_is_no_money_to_be_placed_cannot_be_assigned(reason: str, values: dict[str, Any]) -> None:
    with acting_as_service("test"):
        case, invoice = open_case(reason), bill("200.00")
        with pytest.raises(UnableToSortOut):
            act(assign_case, case, invoice_id=invoice.pk, **values)


def test_no_invoice_of_the_other_controller_takes_the_money() -> None:
    with acting_as_service("test"):
        case, invoice = open_case(), bill(controller_id=1)
        with pytest.raises(UnableToSortOut):
            act(assign_case, case, invoice_id=invoice.pk)


def test_nothing_leaves_the_list_without_a_reason_and_only_once() -> None:
    with acting_as_service("test"):
        case = open_case("too-little")
        with pytest.raises(UnableToSortOut):
            act(dismiss_case, case, note="  ")
        done = act(dismiss_case, case, note="alle euron ero")
        assert (done.state, done.note) == ("dismissed", "alle euron ero")
        with pytest.raises(UnableToSortOut):
            act(dismiss_case, case, note="taas")
        assert act(reopen_case, case).state == "open"


@pytest.fixture
def clerk(db: None) -> Client:
    return signed_in(make_staff(role=Role.BILLING, controllers=(2,)))


def test_the_list_shows_what_waits_by_reason_and_notes_whom_it_showed(clerk: Client) -> None:
    with acting_as_service("test"):
        invoice = bill()
        known = FACTORIES[Payment](customer=invoice.customer, controller_id=2, payer_name="Maija Äijälä")
        open_case("too-much", "12.30", payment=known)
        open_case("no-reference")
        other = open_case("no-reference", payment=FACTORIES[Payment](controller_id=1, customer=None))
    page = clerk.get(reverse("staff-payment-cases")).content.decode()
    assert "Maija Äijälä" in page
    assert "12,30" in page
    assert str(other.pk) not in page
    only = clerk.get(reverse("staff-payment-cases"), {"reason": "no-reference"}).content.decode()
    assert "Maija Äijälä" not in only
    with acting_as_service("test"):
        assert ReadSubject.objects.filter(customer_id=invoice.customer_id).exists()


def test_a_clerk_finds_the_invoice_and_assigns_the_money(clerk: Client) -> None:
    with acting_as_service("test"):
        case, invoice = open_case(), bill(reference="1232", due_on=date(2026, 11, 30))
    address = reverse("staff-payment-case", args=[case.pk])
    assert invoice.number not in clerk.get(address).content.decode()
    for words in (invoice.number, "00001232", "RF33 1232", invoice.customer.number):
        assert invoice.number in clerk.get(address, {"q": words}).content.decode(), words
    answer = clerk.post(address, {"act": "assign", "invoice": str(invoice.pk), "amount_eur": "60,00"})
    assert answer.headers["Location"] == address
    answer = clerk.post(address, {"act": "assign", "invoice": str(invoice.pk)})
    assert answer.status_code == 422  # the payment settles this invoice already
    answer = clerk.post(address, {"act": "return", "note": ""})
    assert answer.status_code == 422
    answer = clerk.post(address, {"act": "return", "note": "palautetaan"})
    assert answer.headers["Location"] == reverse("staff-payment-cases")
    closed = clerk.get(reverse("staff-payment-cases"), {"state": "closed"}).content.decode()
    assert str(case.pk) in closed
    assert clerk.post(address, {"act": "reopen"}).status_code == 302


def test_the_invoice_named_in_the_message_is_suggested(clerk: Client) -> None:
    with acting_as_service("test"):
        invoice = bill(number="V260000008")
        case = open_case("no-reference", message=f"lasku {invoice.number}, kiitos")
    page = clerk.get(reverse("staff-payment-case", args=[case.pk])).content.decode()
    assert f'value="{invoice.pk}"' in page


def test_who_may_only_look_cannot_act() -> None:
    agent = signed_in(make_staff(role=Role.AGENT, controllers=(2,)))
    with acting_as_service("test"):
        case = open_case()
    address = reverse("staff-payment-case", args=[case.pk])
    assert 'name="act"' not in agent.get(address).content.decode()
    assert agent.post(address, {"act": "dismiss", "note": "x"}).status_code == 403
    metering = signed_in(make_staff(email="m@example.org", role=Role.METERING, controllers=(2,)))
    assert metering.get(address).status_code == 403
