"""The search: one box for every kind of key. It is sent by POST, for what is typed is personal data (ASVS V14.2.1)."""

from collections import Counter
from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from customers.search.guessing import KeyKind, Query, guess
from customers.search.hits import Finder, Found, Hit, Section, in_order
from register.identity.looking import LookReason, WhatWasShown, account_of, bound_time, needs, note_look
from register.identity.models import Account
from register.identity.rights import using

_SECTIONS = {
    "customers": _("Customers"),
    "sites": _("Metering points"),
    "contracts": _("Contracts"),
    "invoices": _("Invoices"),
}
_SHOWN = 50


@require_http_methods(["GET", "POST"])
@needs("customers.view_customer")
def search(request: HttpRequest) -> HttpResponse:
    """Show what was found and why; a single hit of a whole key opens the customer at once."""
    text = request.POST.get("q", "").strip()
    query = guess(text, request.POST.get("as", ""), on=timezone.localdate())
    if not text:
        return render(request, "staff/search/page.html", {"title": _("Search"), "kinds": KeyKind.choices})
    bound_time()
    started = timezone.now()
    account = account_of(request)
    results = [_found(finder, query, account) for finder in finders()]
    hits = in_order(hit for result in results for hit in result.hits)
    # Noted before anything is told: where the answer leads, and how many there are, say who is a customer too.
    note_look(
        request,
        what=WhatWasShown.SEARCH_HITS,
        customers=[key for hit in hits for key in hit.customers],
        reason=LookReason.SEARCH,
    )
    opened = _single(results, hits)
    if opened:
        return HttpResponseRedirect(f"{reverse('staff-customer', args=[opened])}?from={LookReason.SEARCH}")
    section = request.POST.get("section", "")
    section = section if section in _SECTIONS else ""
    shown = [hit for hit in hits if section in ("", hit.section)][:_SHOWN]
    seconds = (timezone.now() - started).total_seconds()
    context = _context(query, hits, shown, section, results) | {"seconds": max(seconds, 0.01)}
    return render(request, "staff/search/page.html", context)


def finders() -> list[Finder]:
    """Return the finders of the apps, as the settings name them."""
    found = []
    for place in settings.REGISTER_FINDERS:
        module, _dot, name = place.rpartition(".")
        found.append(getattr(import_module(module), name))
    return found


def _found(finder: Finder, query: Query, account: Account) -> Found:
    with using(account, *getattr(finder, "permissions", ())):
        return finder(query, account.has_perm)


def _single(results: list[Found], hits: list[Hit]) -> Any:
    """Return the customer to open: a whole key was given, and all hits are of one person."""
    if not any(result.is_exact for result in results):
        return None
    exact = {key for result in results if result.is_exact for hit in result.hits for key in hit.customers}
    return exact.pop() if len(exact) == 1 and all(hit.customers for hit in hits if hit.rank == 0) else None


def _context(query: Query, hits: list[Hit], shown: list[Hit], section: str, results: list[Found]) -> dict[str, Any]:
    counts = Counter(hit.section for hit in hits)
    nearly = [words for result in results for words in result.nearly]
    return {
        "title": _("Search"),
        "search_text": "" if query.is_secret else query.text,
        "is_secret": query.is_secret,
        "query": query,
        "guessed": query.kinds,
        "kinds": KeyKind.choices,
        "chosen": query.kinds[0] if query.is_overruled else "",
        "hits": shown,
        "count": len(hits),
        "is_cut": any(result.is_cut for result in results) or len(shown) < sum(counts.values()),
        "sections": [Section(code, label, counts[code]) for code, label in _SECTIONS.items() if counts[code]],
        "section": section,
        "nearly": nearly if hits and nearly else [],
    }
