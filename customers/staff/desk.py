"""The desk of an agent over HTTP: a call begins and ends, a customer is pinned and let go.

Every page names whom one calls and has pinned, so that both are looks.
"""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from customers import operations
from register.access.refusing import Refusal
from register.identity.looking import LookReason, OpeningReason, WhatWasShown, account_of, needs, note_look
from register.identity.queries import actor_of


@require_POST
@needs("customers.view_customer")
def start_call(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Begin a call with the customer; looks during it are logged with its reason."""
    reason = request.POST.get("reason", "")
    if reason in OpeningReason.values:
        try:
            operations.start_call(
                customer_id=customer_id, reason=reason, actor=actor_of(account_of(request)), at=timezone.now()
            )
        except Refusal as refusal:
            raise Http404 from refusal
        note_look(request, what=WhatWasShown.CALL_BEGUN, customers=[customer_id], reason=reason)
    return _page(customer_id)


@require_POST
@needs("customers.view_customer")
def end_call(request: HttpRequest) -> HttpResponse:
    """End the call and lead to the customer with whom it was."""
    customer_id = operations.end_call(actor=actor_of(account_of(request)), at=timezone.now())
    return _page(customer_id) if customer_id else HttpResponseRedirect(reverse("admin:index"))


@require_POST
@needs("customers.view_customer")
def pin(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Pin the customer to the menu, or let them go."""
    is_let_go = request.POST.get("act") == "unpin"
    act = operations.unpin_customer if is_let_go else operations.pin_customer
    try:
        act(customer_id=customer_id, actor=actor_of(account_of(request)), at=timezone.now())
    except Refusal as refusal:
        raise Http404 from refusal
    if not is_let_go:
        note_look(request, what=WhatWasShown.PINNED, customers=[customer_id], reason=LookReason.PAGE)
    return _page(customer_id)


def _page(customer_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("staff-customer", args=[customer_id]))
