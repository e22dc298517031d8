"""Reads of money: a customer's invoices with what is open of them, and what of it wants an act."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from billing.models import BankAccount, BillingAccount, CreditInformation, Invoice

SHOWN = 6


@dataclass(frozen=True)
class Balance:
    """What is open of a customer's invoices, as far as the scope shows them."""

    open_eur: Decimal
    due_eur: Decimal
    oldest_due_on: datetime.date | None
    disputed_count: int
    collection_eur: Decimal


@dataclass(frozen=True)
class InvoiceLine:
    """An invoice as the panel shows it."""

    invoice: Invoice
    subject: str
    open_eur: Decimal
    late_days: int

    @property
    def is_due(self) -> bool:
        """Whether it is open and its due day is past."""
        return self.late_days > 0


def open_of(invoice: Invoice) -> Decimal:
    """Return what is still to be paid of an invoice."""
    if invoice.settled_on is not None or invoice.kind == Invoice.Kind.CREDIT_NOTE:
        return Decimal(0)
    return max(invoice.total_eur - invoice.paid_eur, Decimal(0))


def balance_of(customer_id: UUID, on: datetime.date) -> Balance:
    """Sum up what is open of a customer's invoices on a day."""
    rows = list(Invoice.objects.filter(customer=customer_id, settled_on__isnull=True))
    late = [row for row in rows if row.due_on < on and open_of(row)]
    return Balance(
        open_eur=sum((open_of(row) for row in rows), Decimal(0)),
        due_eur=sum((open_of(row) for row in late), Decimal(0)),
        oldest_due_on=min((row.due_on for row in late), default=None),
        disputed_count=sum(row.state == Invoice.State.DISPUTED for row in rows),
        collection_eur=sum((open_of(row) for row in rows if row.state == Invoice.State.COLLECTION), Decimal(0)),
    )


@dataclass(frozen=True)
class OpenInvoices:
    """How many invoices are late, with what is open of them, and how many are in dispute."""

    late_count: int
    late_eur: Decimal
    disputed_count: int


def open_invoices(*, on: datetime.date) -> OpenInvoices:
    """Count what wants an act on a day, in the caller's scope."""
    late = Q(due_on__lt=on, paid_eur__lt=F("total_eur")) & ~Q(kind=Invoice.Kind.CREDIT_NOTE)
    counted = Invoice.objects.filter(settled_on__isnull=True).aggregate(
        late_count=Count("pk", filter=late),
        late_eur=Coalesce(Sum(F("total_eur") - F("paid_eur"), filter=late), Decimal(0)),
        disputed_count=Count("pk", filter=Q(state=Invoice.State.DISPUTED)),
    )
    return OpenInvoices(**counted)


def invoices_of(customer_id: UUID, on: datetime.date) -> tuple[int, list[InvoiceLine]]:
    """Give how many invoices a customer has, and the latest with those that are late first."""
    rows = Invoice.objects.filter(customer=customer_id)
    shown = rows.select_related("controller").prefetch_related("rows")
    late = list(shown.filter(settled_on__isnull=True, due_on__lt=on).order_by("due_on")[:SHOWN])
    latest = shown.order_by("-invoiced_on", "-number")[:SHOWN]
    keys = {row.pk for row in late}
    chosen = [*late, *(row for row in latest if row.pk not in keys)][:SHOWN]
    return rows.count(), [_line(row, on) for row in chosen]


def billing_accounts_of(customer_id: UUID) -> list[BillingAccount]:
    """Give how each controller bills a customer."""
    return list(BillingAccount.objects.filter(customer=customer_id).select_related("controller").order_by("controller"))


def bank_account_of(customer_id: UUID) -> BankAccount | None:
    """Give the bank account in use."""
    return BankAccount.objects.filter(customer=customer_id, ended_on__isnull=True).order_by("-started_on").first()


def current_credit_of(customer_id: UUID, on: datetime.date) -> CreditInformation | None:
    """Give the credit information that is still shown as current."""
    rows = CreditInformation.objects.filter(customer=customer_id, current_until__gte=on)
    return rows.order_by("-retrieved_on").first()


def _line(invoice: Invoice, on: datetime.date) -> InvoiceLine:
    rows = list(invoice.rows.all())
    # A row says product and part, such as "Yleissiirto 3x25 A, perusmaksu": the product alone is enough here.
    names = list(dict.fromkeys(row.product_name.split(",")[0] for row in rows))[:2]
    first = min((row.started_on for row in rows if row.started_on), default=None)
    subject = ", ".join(names) + (f" {first.month}/{first.year}" if first and names else "")
    is_late = invoice.settled_on is None and bool(open_of(invoice)) and invoice.due_on < on
    return InvoiceLine(invoice, subject, open_of(invoice), (on - invoice.due_on).days if is_late else 0)
