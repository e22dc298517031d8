"""What comes in from tables of past payments of an older system: each is booked, and settles the invoice it names."""

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from billing.models import Invoice, Payment, PaymentAllocation
from customers.models import Customer
from register.audit.bulk import Merge, merge_rows
from register.datamap import formats
from register.identity.models import Controller
from register.work.faults import Fault
from register.work.importing import (
    Batch,
    ImportContext,
    ImportField,
    ImportKind,
    Outcome,
    Typed,
    clean_date,
    clean_decimal,
    declare,
    one_of,
    text_of,
)

from .payments import INVOICE_MERGE

_COMPANIES = {
    "energia": "energy",
    "energy": "energy",
    "sähköverkko": "network",
    "verkko": "network",
    "network": "network",
}
_PLAIN = ("paid_on", "booked_on", "reference", "payer_name")
HISTORY_MERGE = Merge(
    model=Payment,
    key=("controller_id", "bank_reference"),
    columns=("id", "controller_id", "bank_reference", "customer_id", "amount_eur", *_PLAIN, "source", "import_run_id"),
    once=("id", "customer_id", "amount_eur", *_PLAIN, "source", "import_run_id"),
    subjects="CASE WHEN m.customer_id IS NULL THEN '{}'::uuid[] ELSE ARRAY[m.customer_id] END",
    controller="m.controller_id",
)
ALLOCATION_MERGE = Merge(
    model=PaymentAllocation,
    key=("payment_id", "invoice_id"),
    columns=("payment_id", "invoice_id", "controller_id", "amount_eur"),
    once=("controller_id", "amount_eur"),
    subjects="ARRAY(SELECT i.customer_id FROM billing_invoice i WHERE i.id = m.invoice_id)",
    controller="m.controller_id",
)


def clean_money(text: str) -> Decimal:
    """Read a sum of euros and cents, more than zero. Raises: ValidationError."""
    amount = clean_decimal(text)
    if not 0 < amount < 10**10 or amount != amount.quantize(Decimal("0.01")):
        raise ValidationError(_("Give a sum in euros and cents, for example 124,50."), code="money")
    return amount.quantize(Decimal("0.01"))


_FIELDS: tuple[ImportField, ...] = (
    ImportField("company", gettext_lazy("company"), one_of(_COMPANIES), True, ("yhtiö", "rekisterinpitäjä")),
    ImportField("customer_number", gettext_lazy("customer number"), text_of(12), True, ("asiakasnumero",), "C08"),
    ImportField("amount", gettext_lazy("sum, €"), clean_money, True, ("summa", "maksettu", "maksu"), "B08"),
    ImportField("paid_on", gettext_lazy("paid on"), clean_date, True, ("maksupäivä", "maksettu pvm"), "B08"),
    ImportField("booked_on", gettext_lazy("booked on"), clean_date, False, ("kirjauspäivä", "kirjattu"), "B08"),
    ImportField(
        "invoice", gettext_lazy("invoice number"), text_of(20), False, ("laskun numero", "lasku", "laskunumero")
    ),
    ImportField(
        "reference", gettext_lazy("reference"), formats.clean_reference, False, ("viite", "viitenumero"), "B11"
    ),
    ImportField("payer_name", gettext_lazy("payer"), text_of(140), False, ("maksaja",), "B11"),
    ImportField(
        "bank_reference",
        gettext_lazy("the bank's reference"),
        text_of(50),
        False,
        ("arkistointitunnus", "pankin viite"),
        "B11",
    ),
)


def check_payment(row: Typed) -> Iterator[tuple[str, str, str]]:
    """Complete what follows from other values, and give what does not go together."""
    row.setdefault("booked_on", row["paid_on"])
    if "bank_reference" not in row:
        told = "\n".join(str(row.get(each.name, "")) for each in _FIELDS)
        row["bank_reference"] = f"sha:{hashlib.sha256(told.encode()).hexdigest()[:40]}"
    if row["booked_on"] < row["paid_on"]:
        yield "booked_on", "before-payment", _("A payment is booked on the day it is paid or later.")


def write_history(batch: Batch, context: ImportContext) -> Outcome:
    """Book a batch of past payments that are not booked yet, and settle the invoices that they name."""
    owners = dict(Controller.objects.values_list("code", "id"))
    customers = dict(
        Customer.objects.filter(number__in=[row["customer_number"] for row in batch.rows]).values_list("number", "id")
    )
    found = Invoice.objects.select_for_update().filter(
        number__in=[row["invoice"] for row in batch.rows if "invoice" in row], kind=Invoice.Kind.INVOICE
    )
    invoices = {(row.controller_id, row.number): row for row in found}
    known = set(
        Payment.objects.filter(bank_reference__in=[row["bank_reference"] for row in batch.rows]).values_list(
            "controller_id", "bank_reference"
        )
    )
    faults: list[Fault] = []
    booked: list[tuple[Any, ...]] = []
    settled: list[tuple[Any, ...]] = []
    changed: dict[UUID, tuple[Invoice, Typed]] = {}
    for number, row in zip(batch.numbers, batch.rows, strict=True):
        owner, customer = owners[row["company"]], customers.get(row["customer_number"])
        invoice = invoices.get((owner, row.get("invoice", "")))
        if customer is None:
            faults.append(Fault(number, "unknown-customer", _("There is no such customer."), column="customer_number"))
        elif (owner, row["bank_reference"]) in known:
            continue
        elif "invoice" in row and (invoice is None or invoice.customer_id != customer):
            faults.append(Fault(number, "unknown-invoice", _("The customer has no such invoice."), column="invoice"))
        elif invoice is not None and invoice.paid_eur + row["amount"] > invoice.total_eur:
            why = _("That is more than is open of the invoice.")
            faults.append(Fault(number, "too-much", why, column="amount"))
        else:
            key = uuid7()
            plain = (row.get(name) for name in _PLAIN)
            booked.append(
                (key, owner, row["bank_reference"], customer, row["amount"], *plain, context.source, context.run.id)
            )
            if invoice is not None:
                invoice.paid_eur += row["amount"]
                changed[invoice.pk] = (invoice, row)
                settled.append((key, invoice.pk, owner, row["amount"]))
    counts = merge_rows(HISTORY_MERGE, booked, at=context.at, note=context.note)
    merge_rows(ALLOCATION_MERGE, settled, at=context.at, note=context.note)
    merge_rows(INVOICE_MERGE, (_paid(*each) for each in changed.values()), at=context.at, note=context.note)
    return Outcome({**counts, "unchanged": len(batch.rows) - len(booked) - len(faults)}, faults)


def _paid(invoice: Invoice, row: Typed) -> tuple[Any, ...]:
    is_whole = invoice.paid_eur >= invoice.total_eur
    state = Invoice.State.PAID if is_whole else invoice.state
    return invoice.pk, invoice.paid_eur, str(state), row["paid_on"] if is_whole else None


HISTORY = declare(
    ImportKind(
        code="payment-history",
        title=gettext_lazy("payment history"),
        fields=_FIELDS,
        write=write_history,
        key=lambda row: (row["company"], row["bank_reference"]),
        check_row=check_payment,
        merges={Invoice: INVOICE_MERGE},
    )
)
