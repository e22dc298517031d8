"""The panel of contracts on the customer page, and what of them wants an act."""

import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.models import Customer
from customers.queries import customer_or_none
from register.identity.looking import (
    OpeningReason,
    WhatWasShown,
    account_of,
    bound_time,
    note_look,
    note_panel,
    panel,
)
from register.identity.rights import needs
from register.identity.roles import OPENS_MASKED, may_reveal
from sites.models import Contract
from sites.queries import contracts_of, state_of

PENDING_DAYS = 60


@require_http_methods(["GET", "POST"])
@needs("sites.view_contract", post=OPENS_MASKED)
def contracts(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show the customer's contracts by address, ended ones last with the day they go.

    The addresses of a person with non-disclosure open with a reason.
    """
    row = _customer(customer_id)
    note_panel(request, row.pk, "contracts")
    bound_time()
    opened = request.method == "POST" and _open_addresses(request, row)
    places = contracts_of(row.pk, timezone.localdate())
    states = [held.state for place in places for held in place.contracts]
    context = {
        "customer": row,
        "places": places,
        "opened": opened,
        "is_address_shown": opened or not row.is_protected,
        "asks": request.GET.get("ask") == "address",
        "reasons": OpeningReason.choices,
        "may_open": may_reveal(account_of(request).roles()),
        "running_count": sum(state in ("running", "ending", "coming") for state in states),
        "ended_count": sum(state in ("ended", "cancelled") for state in states),
    }
    return panel(request, "staff/sites/_contracts.html", context)


@require_safe
@needs("sites.view_contract")
def alerts(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Say which contracts start or end soon."""
    row = _customer(customer_id)
    note_panel(request, row.pk, "contracts")
    today = timezone.localdate()
    soon = today + datetime.timedelta(days=PENDING_DAYS)
    found = []
    for contract in Contract.objects.filter(holders__customer=row, is_cancelled=False).select_related("site"):
        state = state_of(contract, today)
        day = contract.started_on if state == "coming" else contract.ended_on
        if state in ("coming", "ending") and day is not None and day <= soon:
            found.append(_alert(contract, state, day, is_protected=row.is_protected))
    return render(request, "staff/customers/_alerts.html", {"alerts": found[:2]})


def _alert(contract: Contract, state: str, day: datetime.date, *, is_protected: bool) -> dict[str, Any]:
    words = gettext("starts %(day)s") if state == "coming" else gettext("ends %(day)s")
    return {
        "tone": "info",
        "icon": "truck",
        "title": _("Pending move"),
        "text": f"{contract.number}{'' if is_protected else ', ' + contract.site.street_address}: "
        + words % {"day": date_format(day, "SHORT_DATE_FORMAT")},
        "url": "#contracts",
        "act": _("Contracts and sites"),
    }


def _open_addresses(request: HttpRequest, row: Customer) -> bool:
    """Log the opening of protected addresses with its reason, and say whether they are open."""
    reason = request.POST.get("reason", "")
    if reason not in OpeningReason.values:
        return False
    note_look(request, what=WhatWasShown.ADDRESS, customers=[row.pk], reason=reason)
    return True


def _customer(customer_id: UUID) -> Customer:
    row = customer_or_none(customer_id)
    if row is None:
        raise Http404
    return row
