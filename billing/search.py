"""Finds invoices by number and by reference."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice
from billing.queries import open_of
from customers.search.guessing import KeyKind, Query
from customers.search.hits import LIMIT, Found, Hit, finds
from register.datamap.formats import clean_reference


@finds("billing.view_invoice")
def find_invoices(query: Query, may: Callable[[str], bool]) -> Found:
    """Find invoices by their number, or by the reference under which they are paid."""
    if not query.text or not may("billing.view_invoice"):
        return Found()
    if not (query.has(KeyKind.INVOICE) or query.has(KeyKind.CONTRACT)):
        return Found()
    rows = invoices_by_key(query.text).select_related("customer").order_by("-invoiced_on")[:LIMIT]
    hits = [_hit(row, query) for row in rows]
    return Found(hits, is_exact=bool(hits))


def invoices_by_key(text: str) -> QuerySet[Invoice]:
    """Give the invoices with this number or reference."""
    number = text.upper().replace(" ", "")
    try:
        reference = clean_reference(text)
    except ValidationError:
        return Invoice.objects.filter(Q(number=number) | Q(reference=number))
    return Invoice.objects.filter(Q(number=number) | Q(reference=reference))


def _hit(row: Invoice, query: Query) -> Hit:
    is_number = row.number == query.text.upper().replace(" ", "")
    is_late = row.settled_on is None and bool(open_of(row)) and row.due_on < query.on
    return Hit(
        section="invoices",
        icon="file-invoice",
        title=f"{row.get_kind_display()} {row.number}".capitalize(),
        line=f"{row.customer.sort_name} · {row.total_eur:n}\N{NO-BREAK SPACE}€",
        why=_("Invoice number") if is_number else _("Reference"),
        key=row.number,
        url=reverse("staff-customer", args=[row.customer_id]) + "?from=search",
        status=("warn", _("Late"))
        if is_late
        else ("ok" if row.settled_on else "info", row.get_state_display().capitalize()),
        customers=(row.customer_id,),
        rank=0,
    )
