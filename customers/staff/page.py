"""The customer page: the head and the alerts, and the panels of every app, each loaded from its own address.

No code here gathers from other apps: their panels are known by the names of their addresses, so one
that is slow, failing or not there takes nothing else with it.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from customers.models import Customer
from customers.queries import customer_or_none, permissions_in_force, running_mandates
from register.identity.looking import LookReason, OpeningReason, WhatWasShown, account_of, look_pass, needs, note_look

Words = str | Promise


@dataclass(frozen=True)
class Panel:
    """A panel of the customer page: its address by name, its place, its title, and who may open it."""

    name: str
    column: str
    title: Words
    permission: str
    anchor: str


PANELS = (
    Panel("staff-customer-contact", "a", _("Contact details"), "customers.view_customer", "contact"),
    Panel("staff-customer-billing", "a", _("Billing and account"), "billing.view_billingaccount", "billing"),
    Panel("staff-customer-contracts", "b", _("Contracts and sites"), "sites.view_contract", "contracts"),
    Panel("staff-customer-consumption", "b", _("Consumption"), "sites.view_contract", "consumption"),
    Panel("staff-customer-invoices", "b", _("Invoices and balance"), "billing.view_invoice", "invoices"),
    Panel(
        "staff-customer-permissions", "b", _("Permissions and prohibitions"), "customers.view_customer", "permissions"
    ),
    Panel("staff-customer-requests", "b", _("Requests"), "dsar.view_request", "requests"),
    Panel("staff-customer-goes", "b", _("What goes when"), "customers.view_customer", "goes"),
    Panel("staff-customer-timeline", "c", _("Timeline"), "customers.view_contact", "timeline"),
    Panel("staff-customer-recordings", "c", _("Recordings"), "recordings.view_recording", "recordings"),
    Panel("staff-customer-looks", "c", _("Who has looked"), "customers.view_customer", "looks"),
)
# Alerts of other apps follow those of the customer, always in this order.
ALERTS = (
    ("staff-customer-billing-alerts", "billing.view_invoice"),
    ("staff-customer-contract-alerts", "sites.view_contract"),
    ("staff-customer-retention-alerts", "customers.view_customer"),
    ("staff-customer-request-alerts", "dsar.view_request"),
)


@require_safe
@needs("customers.view_customer")
def customer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show a customer on one screen, and log the look with where it came from."""
    row = customer_or_none(customer_id)
    if row is None:
        raise Http404
    came_from = request.GET.get("from", "")
    reason = came_from if came_from in LookReason.values else LookReason.PAGE
    note_look(request, what=WhatWasShown.CUSTOMER_PAGE, customers=[row.pk], reason=reason)
    today = timezone.localdate()
    return render(
        request,
        "staff/customers/page.html",
        {
            "customer": row,
            "title": f"{row.name}, {row.number}",
            "alerts": alerts_of(row),
            "call_reasons": OpeningReason.choices,
            "more_alerts": _addresses(request, row, ALERTS),
            "columns": _columns(request, row),
            "look": look_pass(request, row.pk),
            "is_former": row.relationship_ended_on is not None and row.relationship_ended_on <= today,
            "crumbs": [(gettext("Customers"), reverse("admin:customers_customer_changelist")), (row.number, "")],
        },
    )


def alerts_of(row: Customer) -> list[dict[str, Any]]:
    """Give the customer's own alerts: non-disclosure, prohibition, representatives."""
    found: list[dict[str, Any]] = []
    if row.is_protected:
        found.append(
            {
                "tone": "bad",
                "icon": "shield-lock",
                "title": _("Non-disclosure"),
                "text": _("The address is closed. Tell nobody where the person lives."),
                "url": "#contact",
                "act": _("Contact details"),
            }
        )
    prohibited = [cell for _channel, cells in permissions_in_force(row) for cell in cells if cell.is_prohibited]
    if prohibited:
        found.append(
            {
                "tone": "warn",
                "icon": "ban",
                "title": _("Marketing prohibited"),
                "text": _prohibition_text(prohibited),
                "url": "#permissions",
                "act": _("Permissions and prohibitions"),
            }
        )
    for mandate in running_mandates(row, timezone.localdate())[:1]:
        text = f"{mandate.representative.name}, {mandate.get_role_display()}"
        found.append(
            {
                "tone": "plain",
                "icon": "user-check",
                "title": _("Representative"),
                "text": text,
                "url": "#contact",
                "act": _("Contact details"),
            }
        )
    return found


def _prohibition_text(cells: list[Any]) -> str:
    if len(cells) >= 16:
        return gettext("Everything on every channel")
    channels = dict.fromkeys(str(cell.row.get_channel_display()) for cell in cells)
    return ", ".join(channels).capitalize()


def _columns(request: HttpRequest, row: Customer) -> dict[str, list[dict[str, Any]]]:
    account = account_of(request)
    columns: dict[str, list[dict[str, Any]]] = {"a": [], "b": [], "c": []}
    for one in PANELS:
        url = _address(one.name, row)
        if url and account.has_perm(one.permission):
            columns[one.column].append({"panel": one, "url": url})
    return columns


def _addresses(request: HttpRequest, row: Customer, named: tuple[tuple[str, str], ...]) -> list[str]:
    account = account_of(request)
    urls = [_address(name, row) for name, permission in named if account.has_perm(permission)]
    return [url for url in urls if url]


def _address(name: str, row: Customer) -> str:
    try:
        return reverse(name, args=[row.pk])
    except NoReverseMatch:
        return ""
