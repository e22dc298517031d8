"""Reads of money: a customer's invoices with what is open of them, and what of it wants an act."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.models import BankAccount, BillingAccount, CreditInformation, Invoice
from register.datamap.schedule import BILLING_10_YEARS

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
    # A row says product and part, such as "Yleissiirto 3×25 A, perusmaksu": the product alone is enough here.
    names = list(dict.fromkeys(row.product_name.split(",")[0] for row in rows))[:2]
    first = min((row.started_on for row in rows if row.started_on), default=None)
    subject = ", ".join(names) + (f" {first.month}/{first.year}" if first and names else "")
    is_late = invoice.settled_on is None and bool(open_of(invoice)) and invoice.due_on < on
    return InvoiceLine(invoice, subject, open_of(invoice), (on - invoice.due_on).days if is_late else 0)


@dataclass(frozen=True)
class Bill:
    """An invoice as its customer reads it; `months` are those that its rows bill, empty where rows are not shown."""

    invoice: Invoice
    open_eur: Decimal
    days_left: int
    months: list[datetime.date]
    goes_on: datetime.date

    @property
    def is_open(self) -> bool:
        """Whether something is still to be paid."""
        return self.open_eur > 0

    @property
    def is_late(self) -> bool:
        """Whether it is open and its due day is past."""
        return self.is_open and self.days_left < 0

    @property
    def is_credit(self) -> bool:
        """Whether money goes to the customer."""
        return self.invoice.kind == Invoice.Kind.CREDIT_NOTE

    @property
    def agrees(self) -> bool:
        """Whether the rows add up to the total."""
        rows = list(self.invoice.rows.all())
        return bool(rows) and sum((row.amount_eur for row in rows), Decimal(0)) == self.invoice.total_eur


def invoices_for(customers: Sequence[UUID]) -> QuerySet[Invoice]:
    """Give the invoices of these customers, the newest first: what the portal shows is cut from this alone."""
    return Invoice.objects.filter(customer__in=customers).order_by("-invoiced_on", "-number")


def years_of_invoices(customers: Sequence[UUID]) -> list[int]:
    """Give the years of which there are invoices, the latest first."""
    found = invoices_for(customers).order_by().values_list("invoiced_on__year", flat=True).distinct()
    return sorted(found, reverse=True)


def bills_of_year(customers: Sequence[UUID], *, year: int, on: datetime.date) -> list[Bill]:
    """Give the invoices of a year as their customer reads them."""
    return _bills(invoices_for(customers).filter(invoiced_on__year=year), on)


def open_bills(customers: Sequence[UUID], *, on: datetime.date) -> list[Bill]:
    """Give what is to be paid, the soonest due first."""
    found = _bills(invoices_for(customers).filter(settled_on__isnull=True), on)
    return sorted((bill for bill in found if bill.is_open), key=lambda bill: bill.invoice.due_on)


def bill_of(customers: Sequence[UUID], invoice_id: UUID, *, on: datetime.date) -> Bill | None:
    """Give one invoice, or None where it is not theirs."""
    return next(iter(_bills(invoices_for(customers).filter(pk=invoice_id), on)), None)


def latest_bill(customers: Sequence[UUID], *, on: datetime.date) -> Bill | None:
    """Give the invoice to look at first: the soonest due, else the newest."""
    due = open_bills(customers, on=on)
    return due[0] if due else next(iter(_bills(invoices_for(customers)[:1], on)), None)


def _bills(rows: QuerySet[Invoice], on: datetime.date) -> list[Bill]:
    shown = rows.select_related("controller").prefetch_related("rows", "charges")
    return [_bill(row, on) for row in shown]


def _bill(invoice: Invoice, on: datetime.date) -> Bill:
    starts = sorted({row.started_on.replace(day=1) for row in invoice.rows.all() if row.started_on})
    return Bill(
        invoice=invoice,
        open_eur=open_of(invoice),
        days_left=(invoice.due_on - on).days,
        months=starts,
        goes_on=BILLING_10_YEARS.day_of_deletion(invoice.invoiced_on),
    )
