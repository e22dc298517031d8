"""Reads of the work list: what is open by reason, a case, and the invoices that its money may be for."""

import re
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from billing.models import Invoice, PaymentCase
from billing.references import forms_of, reference_key

MOST_SUGGESTED = 10
_NUMBER = re.compile(r"[A-Za-z]{0,3}\d{4,21}")


def open_cases() -> QuerySet[PaymentCase]:
    """Give what waits for a person, the oldest first."""
    return PaymentCase.objects.filter(state=PaymentCase.State.OPEN).order_by("booked_on", "id")


def closed_cases() -> QuerySet[PaymentCase]:
    """Give what was sorted out, the latest first."""
    return PaymentCase.objects.exclude(state=PaymentCase.State.OPEN).order_by("-closed_at", "-id")


def counts_by_reason() -> dict[str, int]:
    """Count what waits, by reason."""
    return dict(open_cases().order_by("reason").values_list("reason").annotate(n=Count("pk")))


def open_sum() -> tuple[int, Decimal]:
    """Give how many cases wait, and the euros of those that are money to be placed."""
    euros = Q(currency="EUR") & ~Q(reason__in=["too-little", "batch"])
    found = open_cases().order_by().aggregate(count=Count("pk"), sum=Sum("amount", filter=euros))
    return found["count"], found["sum"] or Decimal(0)


def suggested_invoices(case: PaymentCase, words: str = "") -> list[Invoice]:
    """Give the invoices of the case's controller that its money may be for.

    By `words` (an invoice number, a reference, a customer number) where some are given; else those that are named in
    the payment's message or reference, and what is open of its customer.
    """
    rows = Invoice.objects.filter(controller=case.controller_id, kind=Invoice.Kind.INVOICE)
    rows = rows.select_related("customer").order_by("due_on", "number")
    if words.strip():
        return list(rows.filter(_named(words.split()))[:MOST_SUGGESTED])
    payment = case.payment
    told = f"{case.message} {case.reference} {payment.reference if payment else ''}".replace("\u00a0", " ")
    named = list(rows.filter(_named(_NUMBER.findall(told)))[:MOST_SUGGESTED])
    if payment is None or payment.customer_id is None:
        return named
    keys = {row.pk for row in named}
    late = rows.filter(customer=payment.customer_id, settled_on__isnull=True)[:MOST_SUGGESTED]
    return [*named, *(row for row in late if row.pk not in keys)][:MOST_SUGGESTED]


def _named(words: list[str]) -> Q:
    texts = {each.upper() for each in words}
    for each in words:
        if key := reference_key(each):
            texts |= set(forms_of(key))
    return Q(number__in=texts) | Q(reference__in=texts) | Q(customer__number__in=texts, settled_on__isnull=True)
