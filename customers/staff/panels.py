"""The customer's own panels: contact details edited in place, permissions, timeline, and who has looked."""

import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from customers import operations
from customers.forms import ContactForm, FactForm, PermissionForm, fact_fields
from customers.models import Customer, MarketingPermission
from customers.queries import customer_or_none, looks_at, permissions_in_force, running_mandates, timeline
from register.access.refusing import Refusal
from register.crypto.masking import mask_identity_code
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
from register.identity.queries import actor_of
from register.identity.roles import may_reveal

LOOKS_SINCE = datetime.timedelta(days=30)
_FILTERS = (("", _("All")), ("contacts", _("Contacts")), ("changes", _("Changes")), ("disclosures", _("Disclosures")))


@require_http_methods(["GET", "POST"])
@needs("customers.view_customer")
def contact(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show the contact details; change one of them in place, or open a masked one with a reason."""
    row = _customer(customer_id)
    note_panel(request, row.pk, "contact details")
    opened, form = "", None
    edit = request.GET.get("edit", "")
    if request.method == "POST" and "open" in request.POST:
        opened = _opened(request, row)
    elif request.method == "POST":
        edit = request.POST.get("edit", "")
        form = _change_fact(request, row, edit)
        if form.is_valid():
            return _shown_again(request, "staff-customer-contact", row)
    elif edit in fact_fields(row):
        form = FactForm(row, edit)
    if form is not None:
        _may(request, "customers.change_customer")
    context = _contact_context(request, row, edit if form else "", opened)
    status = 422 if form and form.errors else 200
    return panel(request, "staff/customers/_contact.html", {**context, "form": form}, status=status)


@require_http_methods(["GET", "POST"])
@needs("customers.view_customer", post="customers.change_marketingpermission")
def permissions(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show what marketing is allowed on which channel; a change takes effect at once."""
    row = _customer(customer_id)
    note_panel(request, row.pk, "permissions")
    errors: list[str] = []
    edit = request.GET.get("edit", "")
    if request.method == "POST":
        errors = _set_permission(request, row)
        if not errors:
            return _shown_again(request, "staff-customer-permissions", row)
    history = MarketingPermission.objects.filter(customer=row).order_by("-given_at")[:40]
    matrix = permissions_in_force(row)
    chosen = next((cell for _ch, cells in matrix for cell in cells if f"{cell.channel}.{cell.purpose}" == edit), None)
    context = {
        "customer": row,
        "matrix": matrix,
        "purposes": MarketingPermission.Purpose.choices,
        "latest": history[0] if history else None,
        "history": history if request.GET.get("history") else None,
        "chosen": chosen,
        "asks_all": edit == "all",
        "errors": errors,
        "may_change": account_of(request).has_perm("customers.change_marketingpermission"),
        "form": PermissionForm(),
    }
    return panel(request, "staff/customers/_permissions.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
@needs("customers.view_contact", post="customers.add_contact")
def timeline_of(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show contacts, changes and disclosures as one stream; a contact is recorded in two clicks."""
    row = _customer(customer_id)
    note_panel(request, row.pk, "timeline")
    bound_time()
    account = account_of(request)
    form = ContactForm(account, request.POST or None)
    if request.method == "POST" and form.is_valid() and _record_contact(request, row, form):
        return _shown_again(request, "staff-customer-timeline", row)
    only = request.GET.get("only", "")
    context = {
        "customer": row,
        "moments": timeline(row, only),
        "only": only,
        "filters": _FILTERS,
        "form": form if account.has_perm("customers.add_contact") else None,
        "is_writing": request.GET.get("write") or form.errors,
    }
    return panel(request, "staff/customers/_timeline.html", context, status=422 if form.errors else 200)


@require_safe
@needs("customers.view_customer")
def looks(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show who has looked at the customer and why; the customer sees the same without names."""
    row = _customer(customer_id)
    note_panel(request, row.pk, "who has looked")
    bound_time()
    count, latest = looks_at(row, timezone.now() - LOOKS_SINCE)
    return panel(request, "staff/customers/_looks.html", {"customer": row, "count": count, "looks": latest})


def _customer(customer_id: UUID) -> Customer:
    row = customer_or_none(customer_id)
    if row is None:
        raise Http404
    return row


def _may(request: HttpRequest, permission: str) -> None:
    if not account_of(request).has_perm(permission):
        raise PermissionDenied


def _shown_again(request: HttpRequest, name: str, row: Customer) -> HttpResponse:
    """Lead to the panel as it is now, or without script to the customer's page."""
    target = reverse(name if request.headers.get("HX-Request") else "staff-customer", args=[row.pk])
    shown = request.POST.get("look", "")
    suffix = f"?look={shown}" if request.headers.get("HX-Request") and shown else ""
    return HttpResponseRedirect(target + suffix)


def _opened(request: HttpRequest, row: Customer) -> str:
    """Log the opening of a masked value with its reason, and say which one is open."""
    which, reason = request.POST.get("open", ""), request.POST.get("reason", "")
    shown = {"identity_code": WhatWasShown.IDENTITY_CODE, "address": WhatWasShown.ADDRESS}.get(which)
    if shown is None or not may_reveal(account_of(request).roles()):
        raise PermissionDenied
    if reason not in OpeningReason.values:
        return ""
    note_look(request, what=shown, customers=[row.pk], reason=reason)
    return which


def _change_fact(request: HttpRequest, row: Customer, edit: str) -> FactForm:
    _may(request, "customers.change_customer")
    if edit not in fact_fields(row):
        raise Http404
    form = FactForm(row, edit, request.POST)
    if not form.is_valid():
        return form
    try:
        operations.change_customer(
            customer_id=row.pk, actor=actor_of(account_of(request)), at=timezone.now(), **form.values()
        )
    except Refusal as refusal:
        # At the field it is about, which then names it as its description.
        form.add_error(refusal.field if refusal.field in form.fields else next(iter(form.fields)), str(refusal))
    return form


def _set_permission(request: HttpRequest, row: Customer) -> list[str]:
    form = PermissionForm(request.POST)
    if not form.is_valid():
        return [str(_("Say where the customer told this."))]
    told: Any = {
        "customer_id": row.pk,
        "told_by": form.cleaned_data["told_by"],
        "actor": actor_of(account_of(request)),
        "at": timezone.now(),
    }
    try:
        if form.cleaned_data["act"] == "prohibit-all":
            operations.prohibit_all_marketing(**told)
        else:
            operations.set_marketing_permission(
                channel=form.cleaned_data["channel"],
                purpose=form.cleaned_data["purpose"],
                is_allowed=form.cleaned_data["act"] == "allow",
                **told,
            )
    except Refusal as refusal:
        return [str(refusal)]
    return []


def _record_contact(request: HttpRequest, row: Customer, form: ContactForm) -> bool:
    account, now = account_of(request), timezone.now()
    try:
        operations.record_contact(
            customer_id=row.pk,
            controller_id=form.cleaned_data["controller"],
            kind=form.cleaned_data["kind"],
            topic=form.cleaned_data["topic"],
            text=form.cleaned_data["text"],
            happened_at=now,
            handled_by=account.display_name,
            actor=actor_of(account),
            at=now,
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def _contact_context(request: HttpRequest, row: Customer, edit: str, opened: str) -> dict[str, Any]:
    account = account_of(request)
    code = row.identity_code
    return {
        "customer": row,
        "identity_code": code.reveal() if code and opened == "identity_code" else "",
        "identity_code_masked": code.masked(mask_identity_code) if code else "",
        "edit": edit,
        "opened": opened,
        "asks": request.GET.get("ask", ""),
        "reasons": OpeningReason.choices,
        "may_change": account.has_perm("customers.change_customer"),
        "may_open": may_reveal(account.roles()),
        "mandates": running_mandates(row, timezone.localdate()),
        "is_address_shown": not row.is_protected or opened == "address",
    }
