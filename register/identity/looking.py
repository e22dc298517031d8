"""What the pages of staff that show persons share: the log of the look and its reason, panels.

Dangerous if passed by: a page that shows a person and calls `note_look` for nobody leaves no trace.
"""

import datetime
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.core.signing import BadSignature, TimestampSigner
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from register.audit.operations import record_look
from register.identity.models import Account
from register.identity.queries import actor_of
from register.identity.rights import needs as needs  # a page that shows persons takes both from here

PANEL_TIMEOUT_MS: Final = 5_000
_PASS_S: Final = 15 * 60
_signer = TimestampSigner(salt="register.look")


class OpeningReason(models.TextChoices):
    """Why a masked value is opened; the customer sees it in their own log."""

    CUSTOMER = "customer", _("Customer asked")
    FAULT = "fault", _("Fault report")
    MOVE = "move", _("Move")
    INVOICE = "invoice", _("Invoice")
    AUTHORITY = "authority", _("Authority")


class LookReason(models.TextChoices):
    """Where a look comes from; only a masked value asks for more."""

    SEARCH = "search", _("Search")
    LIST = "list", _("List")
    CALL = "call", _("Call")
    WORK = "work", _("Work item")
    PAGE = "page", _("Opened directly")


class WhatWasShown(models.TextChoices):
    """What a look showed, as the log and the customer name it."""

    CUSTOMER_PAGE = "customer page", _("customer page")
    SEARCH_HITS = "search hits", _("search hits")
    IDENTITY_CODE = "identity code", _("identity code")
    ADDRESS = "protected address", _("protected address")
    BANK_ACCOUNT = "bank account", _("bank account")
    RECORDING = "recording", _("recording")
    CONSUMPTION_FILE = "consumption file", _("consumption as a file")
    REFUSED_ROWS = "refused rows", _("refused rows of an uploaded file")
    CALL_BEGUN = "call begun", _("start of a call")
    PINNED = "customer pinned", _("pinned to the menu")
    DOCUMENT = "power of attorney", _("document of a power of attorney")


def account_of(request: HttpRequest) -> Account:
    """Return the account of a page that the gate gives only to staff."""
    assert isinstance(request.user, Account)
    return request.user


def note_look(
    request: HttpRequest, *, what: str, customers: Iterable[UUID], reason: str, is_of_strangers: bool = False
) -> None:
    """Record that this page shows these persons; the unit is the roles of the account. Nobody shown, nothing noted.

    A look at persons whom no customer's key names is noted always: a call from somebody unknown, a prospect, a
    file from outside.
    """
    shown = list(dict.fromkeys(customers))
    if not shown and not is_of_strangers:
        return
    account = account_of(request)
    unit = ", ".join(sorted(account.roles()))[:60] or "none"
    now = datetime.datetime.now(tz=datetime.UTC)  # a look is now: this is the outermost shell of every page
    if reason in LookReason.values:
        reason = _reason_of_call(request, shown) or reason
    record_look(actor=actor_of(account), at=now, unit=unit, reason=reason, what=what, customers=shown)


def _reason_of_call(request: HttpRequest, shown: list[UUID]) -> str:
    """Give the reason of the call that runs: the customer's own for their data, a call for anybody else's."""
    call = getattr(getattr(request, "desk", None), "call", None)
    if call is None:
        return ""
    return str(call.reason) if shown == [call.customer_id] else LookReason.CALL


def look_pass(request: HttpRequest, customer_id: UUID) -> str:
    """Return what the panels of a page show, so that its one look is not logged again for each of them."""
    return _signer.sign(f"{account_of(request).pk}:{customer_id}").split(":", 2)[2]


def note_panel(request: HttpRequest, customer_id: UUID, what: str) -> None:
    """Record the look of a panel that was opened by itself, not as a part of a page just opened."""
    shown = request.GET.get("look", "") or request.POST.get("look", "")
    try:
        _signer.unsign(f"{account_of(request).pk}:{customer_id}:{shown}", max_age=_PASS_S)
    except BadSignature:
        note_look(request, what=what, customers=[customer_id], reason=LookReason.PAGE)


def panel(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Answer with a panel alone where a page asks for it, else with the panel in the frame."""
    context = {**context, "look": request.GET.get("look", "") or request.POST.get("look", "")}
    if request.headers.get("HX-Request"):
        return render(request, template, context, status=status)
    return render(request, "staff/customers/one_panel.html", {**context, "panel_template": template}, status=status)


def bound_time() -> None:
    """Let no statement of this panel take longer than a person waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{PANEL_TIMEOUT_MS}ms"])


def words_of_look(what: str) -> str:
    """Give in words what a look showed: a table, which the log keeps by its label, is called as on its pages."""
    if what in WhatWasShown.values:
        return str(WhatWasShown(what).label)
    try:
        return str(apps.get_model(what)._meta.verbose_name)
    except (LookupError, ValueError):
        return what
