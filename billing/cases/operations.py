"""All writes of the work list: money is assigned to invoices, marked for return, or somebody says why nothing is done.

Dangerous if loosened: money that leaves the list must lie on an invoice, or somebody must have said why not.
"""

import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from billing.models import Invoice, Payment, PaymentCase
from billing.operations import settle_invoice
from register.access.refusing import Refusal, operation
from register.access.scope import Actor
from register.audit.saving import save_changes

Reason, State = PaymentCase.Reason, PaymentCase.State
# Money that can be laid on an invoice; the others are only told of, or lie on one already.
ASSIGNABLE = frozenset(
    {
        Reason.NO_REFERENCE,
        Reason.UNKNOWN_REFERENCE,
        Reason.FOREIGN_REFERENCE,
        Reason.FOREIGN_CURRENCY,
        Reason.PAID_ALREADY,
        Reason.TOO_MUCH,
    }
)


class UnableToSortOut(Refusal):
    """A payment on the work list cannot be sorted out this way."""


@operation(UnableToSortOut)
def assign_case(
    *,
    case_id: UUID,
    invoice_id: UUID,
    actor: Actor,
    at: datetime.datetime,
    amount_eur: Decimal | None = None,
    booked_eur: Decimal | None = None,
) -> PaymentCase:
    """Settle an invoice with the money of a case, and return the case: closed when nothing of it is left.

    Without `amount_eur` it is as much as the invoice takes; with less, the case stays open for the rest, so that one
    payment can be split over several invoices. A payment in a foreign currency is booked first, with the euros that
    the bank gave for it (`booked_eur`). All of it is logged. Raises: UnableToSortOut.
    """
    case = _open_case(case_id)
    if case.reason not in ASSIGNABLE:
        raise UnableToSortOut(_("There is no money here that could be assigned."))
    invoice = Invoice.objects.select_for_update().filter(pk=invoice_id).first()
    if invoice is None or invoice.kind != Invoice.Kind.INVOICE:
        raise UnableToSortOut(_("There is no such invoice."), field="invoice")
    if invoice.controller_id != case.controller_id:
        raise UnableToSortOut(_("The invoice belongs to the other controller."), field="invoice")
    payment = _booked(case, invoice, booked_eur)
    left = case.amount if case.currency == "EUR" else payment.amount_eur
    wanted = amount_eur if amount_eur is not None else min(left, invoice.total_eur - invoice.paid_eur)
    if wanted <= 0:
        raise UnableToSortOut(_("Nothing is open of this invoice."), field="invoice")
    if wanted > left:
        raise UnableToSortOut(_("That is more than is left of the payment."), field="amount_eur")
    settle_invoice(payment_id=payment.pk, invoice_id=invoice.pk, amount_eur=wanted, actor=actor, at=at)
    if payment.customer_id is None:
        save_changes(payment, {"customer_id": invoice.customer_id})
    values: dict[str, Any] = {"payment_id": payment.pk, "currency": "EUR", "amount": left - wanted}
    if wanted == left:
        values |= {"amount": left, **_closing(State.ASSIGNED, actor, at)}
    save_changes(case, values)
    return case


@operation(UnableToSortOut)
def return_case(*, case_id: UUID, note: str, actor: Actor, at: datetime.datetime) -> PaymentCase:
    """Mark the money of a case to be returned to its payer, and return the case. Raises: UnableToSortOut."""
    case = _open_case(case_id)
    if case.reason not in ASSIGNABLE:
        raise UnableToSortOut(_("There is no money here that could be returned."))
    return _closed(case, State.REFUND, note, actor, at)


@operation(UnableToSortOut)
def dismiss_case(*, case_id: UUID, note: str, actor: Actor, at: datetime.datetime) -> PaymentCase:
    """Say why nothing is to be done about a case, and return it closed. Raises: UnableToSortOut."""
    return _closed(_open_case(case_id), State.DISMISSED, note, actor, at)


@operation(UnableToSortOut)
def reopen_case(*, case_id: UUID, actor: Actor, at: datetime.datetime) -> PaymentCase:
    """Put a case back on the list that was closed by hand and not assigned, and return it. Raises: UnableToSortOut."""
    case = _case(case_id)
    if case.state not in (State.REFUND, State.DISMISSED):
        raise UnableToSortOut(_("Only what was returned or needed no act can be opened again."))
    save_changes(case, {"state": State.OPEN, "closed_at": None, "closed_by": ""})
    return case


def _case(case_id: UUID) -> PaymentCase:
    case = PaymentCase.objects.select_for_update(of=("self",)).select_related("payment").filter(pk=case_id).first()
    if case is None:
        raise UnableToSortOut(_("There is no such row any more."))
    return case


def _open_case(case_id: UUID) -> PaymentCase:
    case = _case(case_id)
    if case.state != State.OPEN:
        raise UnableToSortOut(_("Somebody has sorted this out already."))
    return case


def _booked(case: PaymentCase, invoice: Invoice, booked_eur: Decimal | None) -> Payment:
    """Give the payment of a case; one in a foreign currency is booked now."""
    if case.payment is not None:
        return case.payment
    if booked_eur is None or booked_eur <= 0:
        raise UnableToSortOut(_("Say how many euros the bank gave for it."), field="booked_eur")
    payment = Payment(source=case.source)
    save_changes(
        payment,
        {
            "controller_id": case.controller_id,
            "customer_id": invoice.customer_id,
            "amount_eur": booked_eur,
            "paid_on": case.booked_on,
            "booked_on": case.booked_on,
            "reference": case.reference,
            "payer_name": case.payer_name,
            "bank_reference": case.bank_reference,
        },
    )
    return payment


def _closed(case: PaymentCase, state: str, note: str, actor: Actor, at: datetime.datetime) -> PaymentCase:
    if not note.strip():
        raise UnableToSortOut(_("Say why."), field="note")
    save_changes(case, {"note": note.strip()[:200], **_closing(state, actor, at)})
    return case


def _closing(state: str, actor: Actor, at: datetime.datetime) -> dict[str, Any]:
    return {"state": state, "closed_at": at, "closed_by": f"{actor.kind}:{actor.id}"}
