"""The portal's home page, errors in the look of whoever meets them, and two answers for those who watch the process.

Home gathers from several apps, which is why it stands above them all, as the staff's dashboard does.
"""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views import defaults
from django.views.csrf import csrf_failure
from django.views.decorators.http import require_safe

from billing.queries import latest_bill, open_bills
from customers.queries import customer_or_none
from dsar.mydata import looks_of
from register.identity.portal import signed_in
from register.readiness import is_ready
from sites.energy import Supply, reach_of, view_of
from sites.periods import Kind, Span
from sites.queries import supplies_for

_STAFF = ("/staff/", "/sign-in/", "/sign-out/", "/admin/")


@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    """Show the customer's home page: what is to be paid, how much was used, and whether there is something to do."""
    session, today = signed_in(request), timezone.localdate()
    due = open_bills(session.shown, on=today)
    supplies = supplies_for(session.shown, with_addresses=session.is_identified)
    customer = customer_or_none(session.acting_for) if session.acting_for else None
    context: dict[str, Any] = {
        "due": due,
        "due_sum": sum((bill.open_eur for bill in due), Decimal(0)),
        "bill": latest_bill(session.shown, on=today),
        "used": _used(supplies),
        "address": supplies[0].address if supplies else "",
        "late": [bill for bill in due if bill.is_late],
        "lacks_phone": customer is not None and not customer.phone,
        "lacks_email": customer is not None and not customer.email,
    }
    if customer is not None:
        context["looks"] = looks_of(session.shown, limit=2)[1]
    return render(request, "portal/home.html", context)


@dataclass(frozen=True)
class Used:
    """How much of one kind of energy a month took beside the same month of the year before."""

    supply: Supply
    month: datetime.date
    energy_wh: int
    change_percent: int | None


def _used(supplies: list[Supply]) -> Used | None:
    """Compare the last whole month of the first supply that has one: the same figures as the page of consumption."""
    for supply in supplies:
        reach = reach_of(supply)
        if reach is None:
            continue
        month = Span.around(Kind.MONTH, reach[1] + datetime.timedelta(days=1)).previous.first
        column = view_of(supply, Span.around(Kind.YEAR, month)).columns[month.month - 1]
        if column.energy_wh is not None:
            before = column.before_wh if column.is_comparable else None
            change = round((column.energy_wh / before - 1) * 100) if before else None
            return Used(supply, month, column.energy_wh, change)
    return None


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page, to staff and to customers each in their look."""
    if _is_staffs(request):
        return defaults.page_not_found(request, exception)
    text = gettext("The address may be old, or the page belongs to somebody else.")
    return _error(request, 404, gettext("There is no such page"), text)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that this is not for them."""
    if _is_staffs(request):
        return defaults.permission_denied(request, exception)
    text = gettext("You may not do this. Go back to the start and choose again for whom you act.")
    return _error(request, 403, gettext("This is not open to you"), text)


def broken(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours, and that nothing was saved."""
    if _is_staffs(request):
        return defaults.server_error(request)
    text = gettext("The fault is ours, and nothing was saved. Try again in a moment.")
    return _error(request, 500, gettext("The page does not answer now"), text)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form was open for too long, or came from elsewhere."""
    if _is_staffs(request):
        return csrf_failure(request, reason)
    text = gettext("The form was open for too long. Go back, load the page again and send once more.")
    return _error(request, 403, gettext("The form had expired"), text)


def _is_staffs(request: HttpRequest) -> bool:
    return request.path_info.startswith(_STAFF)


def _error(request: HttpRequest, code: int, title: str, text: str) -> HttpResponse:
    context = {"error_title": title, "error_text": text, "code": code}
    return render(None, "portal/error.html", context, status=code)  # no query, no session


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks nothing of anybody else."""
    return HttpResponse("live\n", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether all that this process needs is there, without naming what is not."""
    is_well = is_ready()
    text = "ready\n" if is_well else "not ready\n"
    return HttpResponse(text, content_type="text/plain", status=200 if is_well else 503)
