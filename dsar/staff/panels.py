"""The customer page's panel of requests, and its alert while one is open."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from customers.queries import customer_or_none
from dsar.queries import QueueRow, requests_of
from register.identity.looking import account_of, bound_time, needs, note_panel, panel


@require_safe
@needs("dsar.view_request")
def requests(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show what the customer has asked, and lead to a new request."""
    row = customer_or_none(customer_id)
    if row is None:
        raise Http404
    note_panel(request, row.pk, "requests")
    bound_time()
    context = {
        "customer": row,
        "rows": requests_of(row.pk, on=timezone.localdate()),
        "may_add": account_of(request).has_perm("dsar.add_request"),
    }
    return panel(request, "staff/requests/_panel.html", context)


@require_safe
@needs("dsar.view_request")
def alerts(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Tell that a request of the customer waits for its answer."""
    if customer_or_none(customer_id) is None:
        raise Http404
    note_panel(request, customer_id, "requests")
    rows = requests_of(customer_id, on=timezone.localdate())
    found = [_alert(row) for row in rows if row.request.is_open]
    return render(request, "staff/customers/_alerts.html", {"alerts": found})


def _alert(row: QueueRow) -> dict[str, str]:
    left = ngettext("%(days)s day left", "%(days)s days left", row.days_left) % {"days": row.days_left}
    return {
        "tone": "bad" if row.is_late else "warn" if row.is_soon else "info",
        "icon": "inbox",
        "title": f"{row.request.get_kind_display()}".capitalize(),
        "text": _("late") if row.is_late else left,
        "url": reverse("staff-request", args=[row.request.pk]),
        "act": row.request.number,
    }
