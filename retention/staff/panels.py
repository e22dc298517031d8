"""The panel "what goes when" of the customer page, and its alert where a hold is in force."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.queries import customer_or_none
from register.identity.looking import bound_time, needs, note_panel, panel
from retention.models import Hold
from retention.queries import what_goes_when


@require_safe
@needs("customers.view_customer")
def goes(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show what is held about the customer, why, and when each part goes."""
    row = customer_or_none(customer_id)
    if row is None:
        raise Http404
    note_panel(request, row.pk, "what goes when")
    bound_time()
    rows = what_goes_when(row.pk, on=timezone.localdate())
    held_count = sum(bool(each.held_count) for each in rows)
    context = {"customer": row, "rows": rows, "held_count": held_count, "today": timezone.localdate()}
    return panel(request, "staff/retention/_goes.html", context)


@require_safe
@needs("customers.view_customer")
def alerts(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Tell that a hold keeps what is the customer's."""
    if customer_or_none(customer_id) is None:
        raise Http404
    note_panel(request, customer_id, "what goes when")
    today = timezone.localdate()
    holds = Hold.objects.filter(kind=Hold.Kind.PERSON, target=customer_id, released_at__isnull=True)
    found = [
        {
            "tone": "info",
            "icon": "lock",
            "title": _("Hold"),
            "text": f"{hold.get_reason_display()} {hold.case_number}".strip(),
            "url": "#goes",
            "act": _("What goes when"),
        }
        for hold in holds
        if hold.is_in_force(today)
    ]
    return render(request, "staff/customers/_alerts.html", {"alerts": found})
