"""The customer's contracts and sites of both companies on the portal."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from register.identity.portal import signed_in
from sites.queries import contracts_of


@require_safe
def contracts(request: HttpRequest) -> HttpResponse:
    """Show the contracts by address, running ones first; ended ones stay for their own time."""
    session = signed_in(request)
    places = [place for customer in session.shown for place in contracts_of(customer, timezone.localdate())]
    return render(request, "portal/contracts.html", {"places": places})
