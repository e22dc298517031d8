"""All writes of money: how a customer is billed, bank accounts, credit information, invoices and payments.

Dangerous if loosened: an invoice is held while it is open, so what settles it sets its day (clause T3).
"""

import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from billing.models import (
    BankAccount,
    BillingAccount,
    Charge,
    CreditInformation,
    Invoice,
    InvoiceContract,
    InvoiceRow,
    OwnAccount,
    Payment,
    PaymentAllocation,
)
from register.access.refusing import Refusal, keep_controller, operation
from register.access.scope import Actor
from register.audit.saving import save_changes
from register.datamap.formats import clean_iban, clean_reference

CREDIT_CURRENT_DAYS = 30


class UnableToSaveBillingAccount(Refusal):
    """How a customer is billed cannot be saved."""


@operation(UnableToSaveBillingAccount)
def save_billing_account(
    *, actor: Actor, at: datetime.datetime, account_id: UUID | None = None, **values: Any
) -> BillingAccount:
    """Set how one controller bills a customer, anew or of the account named, and return it.

    Raises: UnableToSaveBillingAccount.
    """
    row = _row(BillingAccount, account_id, UnableToSaveBillingAccount)
    method = values.get("method", row.method)
    if method == BillingAccount.Method.E_INVOICE and not values.get("e_invoice_address", row.e_invoice_address):
        raise UnableToSaveBillingAccount(_("An e-invoice needs its address."), field="e_invoice_address")
    save_changes(row, values)
    return row


class UnableToSaveBankAccount(Refusal):
    """A bank account cannot be saved."""


@operation(UnableToSaveBankAccount)
def tell_bank_account(
    *, customer_id: UUID, iban: str, started_on: datetime.date, actor: Actor, at: datetime.datetime
) -> BankAccount:
    """Keep the bank account that a customer told; the one in use until then goes out of use that day.

    Raises: UnableToSaveBankAccount.
    """
    number = _clean(clean_iban, iban, "iban", UnableToSaveBankAccount)
    for former in BankAccount.objects.select_for_update().filter(customer=customer_id, ended_on__isnull=True):
        save_changes(former, {"ended_on": max(started_on, former.started_on)})
    row = BankAccount(customer_id=customer_id, started_on=started_on)
    save_changes(row, {"iban": number})
    return row


@operation(UnableToSaveBankAccount)
def change_bank_account(*, account_id: UUID, actor: Actor, at: datetime.datetime, **values: Any) -> BankAccount:
    """Correct a bank account or set from when it is no longer in use, and return it.

    Raises: UnableToSaveBankAccount.
    """
    row = _row(BankAccount, account_id, UnableToSaveBankAccount)
    if "•" not in values.get("iban", "•"):
        values["iban"] = _clean(clean_iban, values["iban"], "iban", UnableToSaveBankAccount)
    save_changes(row, values)
    return row


@operation(UnableToSaveBankAccount)
def end_bank_accounts_of_former_customers(*, actor: Actor, at: datetime.datetime) -> int:
    """Put bank accounts out of use whose customer has no contract any more; return how many.

    Their ten years run from that day (clause T3). Made nightly, for contracts end below this app.
    """
    today = localdate(at)
    rows = BankAccount.objects.select_related("customer").filter(
        ended_on__isnull=True, customer__relationship_ended_on__lte=today
    )
    count = 0
    for row in rows.defer("iban", "iban_index").select_for_update(of=("self",)):
        ended_on = max(row.started_on, row.customer.relationship_ended_on or today)
        save_changes(row, {"ended_on": ended_on})
        count += 1
    return count


class UnableToEnterCredit(Refusal):
    """Credit information cannot be entered."""


@operation(UnableToEnterCredit)
def enter_credit_information(
    *,
    customer_id: UUID,
    controller_id: int,
    grade: str,
    reason: str,
    retrieved_on: datetime.date,
    actor: Actor,
    at: datetime.datetime,
    remark_count: int = 0,
) -> CreditInformation:
    """Enter what the credit register answered and why it was asked, and return it (clause R4).

    It is shown as current for a month. Raises: UnableToEnterCredit.
    """
    if not reason.strip():
        raise UnableToEnterCredit(_("Credit information is asked only with a reason."), field="reason")
    if retrieved_on > localdate(at):
        raise UnableToEnterCredit(_("The day of retrieval cannot lie in the future."), field="retrieved_on")
    return CreditInformation.objects.create(
        customer_id=customer_id,
        controller_id=controller_id,
        grade=grade,
        remark_count=remark_count,
        reason=reason.strip(),
        retrieved_on=retrieved_on,
        current_until=retrieved_on + datetime.timedelta(days=CREDIT_CURRENT_DAYS),
    )


class UnableToSaveInvoice(Refusal):
    """An invoice, its row or its charge cannot be saved."""


@operation(UnableToSaveInvoice)
def save_invoice(*, actor: Actor, at: datetime.datetime, invoice_id: UUID | None = None, **values: Any) -> Invoice:
    """Enter an invoice, or change the one named, and return it.

    Paid and credited set the day of settlement (by default the day of `at`), other states clear it.
    Raises: UnableToSaveInvoice.
    """
    row = _row(Invoice, invoice_id, UnableToSaveInvoice)
    if values.get("reference"):
        values["reference"] = _clean(clean_reference, values["reference"], "reference", UnableToSaveInvoice)
    state = values.get("state", row.state)
    if state in (Invoice.State.PAID, Invoice.State.CREDITED):
        values["settled_on"] = values.get("settled_on") or row.settled_on or localdate(at)
    else:
        values["settled_on"] = None
    save_changes(row, values)
    return row


@operation(UnableToSaveInvoice)
def save_invoice_row(*, actor: Actor, at: datetime.datetime, row_id: int | None = None, **values: Any) -> InvoiceRow:
    """Enter a row of an invoice, or change the one named, and return it. Raises: UnableToSaveInvoice."""
    row = _row(InvoiceRow, row_id, UnableToSaveInvoice)
    save_changes(row, values)
    return row


@operation(UnableToSaveInvoice)
def name_contract(
    *, invoice_id: UUID, contract_id: UUID, controller_id: int, actor: Actor, at: datetime.datetime
) -> InvoiceContract:
    """Say that an invoice is about a contract of the same controller. Raises: UnableToSaveInvoice."""
    return InvoiceContract.objects.create(invoice_id=invoice_id, contract_id=contract_id, controller_id=controller_id)


@operation(UnableToSaveInvoice)
def add_charge(
    *,
    invoice_id: UUID,
    kind: str,
    charged_on: datetime.date,
    actor: Actor,
    at: datetime.datetime,
    amount_eur: Decimal = Decimal(0),
    note: str = "",
) -> Charge:
    """Record a reminder, interest, extension or hand-over to collection on an invoice, and return it.

    A hand-over puts the invoice in collection (clause P4). Raises: UnableToSaveInvoice.
    """
    invoice = _row(Invoice, invoice_id, UnableToSaveInvoice)
    if kind == Charge.Kind.COLLECTION:
        if invoice.settled_on is not None:
            raise UnableToSaveInvoice(_("The invoice is settled: there is nothing to collect."))
        save_changes(invoice, {"state": Invoice.State.COLLECTION})
    return Charge.objects.create(
        invoice=invoice, kind=kind, charged_on=charged_on, amount_eur=amount_eur, note=note.strip()
    )


class UnableToSaveOwnAccount(Refusal):
    """A bank account of the company's own cannot be saved."""


@operation(UnableToSaveOwnAccount)
def save_own_account(
    *, actor: Actor, at: datetime.datetime, account_id: int | None = None, **values: Any
) -> OwnAccount:
    """Enter a bank account of a controller, or change the one named, and return it. Raises: UnableToSaveOwnAccount."""
    row = _row(OwnAccount, account_id, UnableToSaveOwnAccount)
    keep_controller(row, values, UnableToSaveOwnAccount)
    values["iban"] = _clean(clean_iban, values["iban"], "iban", UnableToSaveOwnAccount)
    save_changes(row, values)
    return row


class UnableToSavePayment(Refusal):
    """A payment or its settlement cannot be saved."""


@operation(UnableToSavePayment)
def save_payment(*, actor: Actor, at: datetime.datetime, payment_id: UUID | None = None, **values: Any) -> Payment:
    """Book a payment, or change the one named, and return it. Raises: UnableToSavePayment."""
    row = _row(Payment, payment_id, UnableToSavePayment)
    save_changes(row, values)
    return row


@operation(UnableToSavePayment)
def settle_invoice(
    *, payment_id: UUID, invoice_id: UUID, amount_eur: Decimal, actor: Actor, at: datetime.datetime
) -> PaymentAllocation:
    """Settle an invoice by so much of a payment, and return the settlement.

    What is paid in full is settled on the day of its last payment. Raises: UnableToSavePayment.
    """
    payment = _row(Payment, payment_id, UnableToSavePayment)
    invoice = _row(Invoice, invoice_id, UnableToSavePayment)
    used = payment.allocations.aggregate(sum=Sum("amount_eur"))["sum"] or Decimal(0)
    if used + amount_eur > payment.amount_eur:
        raise UnableToSavePayment(_("That is more than is left of the payment."), field="amount_eur")
    if invoice.paid_eur + amount_eur > invoice.total_eur:
        raise UnableToSavePayment(_("That is more than is open of the invoice."), field="amount_eur")
    allocation = PaymentAllocation.objects.create(
        payment=payment, invoice=invoice, controller_id=invoice.controller_id, amount_eur=amount_eur
    )
    paid = invoice.paid_eur + amount_eur
    values: dict[str, Any] = {"paid_eur": paid}
    if paid == invoice.total_eur:
        values |= {"state": Invoice.State.PAID, "settled_on": payment.paid_on}
    save_changes(invoice, values)
    return allocation


def _row(model: type[Any], key: Any, error: type[Refusal]) -> Any:
    if key is None:
        return model()
    row = model.objects.select_for_update().filter(pk=key).first()
    if row is None:
        raise error(_("There is no such row any more."))
    return row


def _clean(clean: Any, text: str, field: str, error: type[Refusal]) -> str:
    try:
        return str(clean(text))
    except ValidationError as fault:
        raise error(fault.messages[0], field=field) from None
