"""The customer's invoices on the portal: by year, and one of them, which prints as a page of its own."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.models import BillingAccount
from billing.queries import (
    bank_account_of,
    bill_of,
    billing_accounts_of,
    bills_of_year,
    open_bills,
    years_of_invoices,
)
from register.crypto.masking import mask_iban
from register.identity.models import PortalSession
from register.identity.portal import signed_in


@require_safe
def invoices(request: HttpRequest) -> HttpResponse:
    """Show the invoices of a year, what is open of any year first."""
    session, today = signed_in(request), timezone.localdate()
    years = years_of_invoices(session.shown)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and int(asked) in years else max(years, default=today.year)
    due = open_bills(session.shown, on=today)
    bills = bills_of_year(session.shown, year=year, on=today)
    if not asked:  # what is to be paid stands on the first page, of whatever year it is
        bills = [*(bill for bill in due if bill.invoice.invoiced_on.year != year), *bills]
    context = {"years": years, "year": year, "bills": bills, "due": due, "first_due": due[0] if due else None}
    return render(request, "portal/invoices.html", {**context, **_ways(session)})


@require_safe
def invoice(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Show one invoice with its rows; a customer of somebody else's invoice finds no such page."""
    bill = bill_of(signed_in(request).shown, invoice_id, on=timezone.localdate())
    if bill is None:
        raise Http404
    return render(request, "portal/invoice.html", {"bill": bill, "section": "portal-invoices"})


def _ways(session: PortalSession) -> dict[str, Any]:
    """Tell how the customer is billed, and to which account money is returned; by a code neither."""
    if session.acting_for is None:
        return {}
    accounts: list[BillingAccount] = billing_accounts_of(session.acting_for)
    account = bank_account_of(session.acting_for)
    return {"accounts": accounts, "iban_masked": account.iban.masked(mask_iban) if account and account.iban else ""}
