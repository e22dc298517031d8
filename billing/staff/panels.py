"""The panels of billing on the customer page: how it is billed, the bank account, invoices and what is open."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from billing.queries import balance_of, bank_account_of, billing_accounts_of, current_credit_of, invoices_of
from customers.models import Customer
from customers.queries import customer_or_none
from register.crypto.masking import mask_iban
from register.identity.looking import (
    OpeningReason,
    WhatWasShown,
    account_of,
    bound_time,
    needs,
    note_look,
    note_panel,
    panel,
)
from register.identity.roles import OPENS_MASKED, may_reveal


@require_http_methods(["GET", "POST"])
@needs("billing.view_billingaccount", post=OPENS_MASKED)
def billing(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show how the customer is billed; the bank account opens with a reason."""
    row = _customer(customer_id)
    note_panel(request, row.pk, "billing")
    bound_time()
    account = bank_account_of(row.pk)
    may_open = may_reveal(account_of(request).roles())
    opened = False
    if request.method == "POST":
        if account is None:
            raise PermissionDenied
        opened = request.POST.get("reason", "") in OpeningReason.values
        if opened:
            note_look(
                request, what=WhatWasShown.BANK_ACCOUNT, customers=[row.pk], reason=request.POST.get("reason", "")
            )
    sealed = account.iban if account else None
    context = {
        "customer": row,
        "accounts": billing_accounts_of(row.pk),
        "bank_account": account,
        "iban": _grouped(sealed.reveal()) if sealed and opened else "",
        "iban_masked": sealed.masked(mask_iban) if sealed else "",
        "opened": opened,
        "asks": request.GET.get("ask") == "iban",
        "reasons": OpeningReason.choices,
        "may_open": may_open,
        "credit": current_credit_of(row.pk, timezone.localdate()),
    }
    return panel(request, "staff/billing/_billing.html", context)


@require_safe
@needs("billing.view_invoice")
def invoices(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show the latest invoices, what is open of them, and which are late."""
    row = _customer(customer_id)
    note_panel(request, row.pk, "invoices")
    bound_time()
    today = timezone.localdate()
    count, lines = invoices_of(row.pk, today)
    context = {"customer": row, "count": count, "lines": lines, "balance": balance_of(row.pk, today)}
    return panel(request, "staff/billing/_invoices.html", context)


@require_safe
@needs("billing.view_invoice")
def alerts(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Say what is late, in collection or disputed, in this order."""
    row = _customer(customer_id)
    note_panel(request, row.pk, "invoices")
    today = timezone.localdate()
    balance = balance_of(row.pk, today)
    found: list[dict[str, Any]] = []
    if balance.due_eur and balance.oldest_due_on:
        days = (today - balance.oldest_due_on).days
        found.append(
            _alert(
                "warn",
                "currency-euro",
                gettext("Open %(sum)s") % {"sum": _euros(balance.due_eur)},
                gettext("The oldest was due %(days)s days ago") % {"days": days},
            )
        )
    if balance.collection_eur:
        found.append(_alert("bad", "alert-circle", _("In collection"), _euros(balance.collection_eur)))
    if balance.disputed_count:
        text = gettext("Invoices disputed: %(count)s") % {"count": balance.disputed_count}
        found.append(_alert("info", "hand-stop", _("Dispute"), text))
    return render(request, "staff/customers/_alerts.html", {"alerts": found})


def _alert(tone: str, icon: str, title: Any, text: str) -> dict[str, Any]:
    return {"tone": tone, "icon": icon, "title": title, "text": text, "url": "#invoices", "act": _("Invoices")}


def _euros(amount: Any) -> str:
    return f"{number_format(amount, decimal_pos=2, force_grouping=True)}\N{NO-BREAK SPACE}€"


def _grouped(iban: str) -> str:
    return "\N{NO-BREAK SPACE}".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def _customer(customer_id: UUID) -> Customer:
    row = customer_or_none(customer_id)
    if row is None:
        raise Http404
    return row
