"""The pages of the work list of payments: what waits by reason, and one payment with what may be done with it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from billing.cases.operations import ASSIGNABLE, assign_case, dismiss_case, reopen_case, return_case
from billing.cases.queries import closed_cases, counts_by_reason, open_cases, suggested_invoices
from billing.models import PaymentCase
from billing.queries import open_of
from register.access.refusing import Refusal
from register.identity.looking import LookReason, account_of, note_look
from register.identity.queries import actor_of
from register.identity.rights import needs

PAGE_SIZE = 50
_VIEW, _CHANGE = "billing.view_paymentcase", "billing.change_paymentcase"
_WHAT = "billing.paymentcase"


class AssignForm(forms.Form):
    """How much of the money an invoice takes; where it came in another currency, how many euros it is."""

    invoice = forms.UUIDField(label=gettext_lazy("Invoice"), widget=forms.RadioSelect)
    amount_eur = forms.DecimalField(
        label=gettext_lazy("How much of it, €"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        localize=True,
        help_text=gettext_lazy("Empty: as much as the invoice takes. What is left stays on the list."),
    )
    booked_eur = forms.DecimalField(
        label=gettext_lazy("What the bank gave for it, €"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        localize=True,
    )


class NoteForm(forms.Form):
    """Why money is returned, or nothing is to be done."""

    note = forms.CharField(label=gettext_lazy("Why"), max_length=200)


@require_safe
@needs(_VIEW)
def cases(request: HttpRequest) -> HttpResponse:
    """List what waits by reason, or what was sorted out."""
    is_closed = request.GET.get("state") == "closed"
    reason = request.GET.get("reason", "")
    rows = closed_cases() if is_closed else open_cases()
    if reason in PaymentCase.Reason.values:
        rows = rows.filter(reason=reason)
    page = Paginator(rows.select_related("payment__customer", "controller"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    shown = list(page.object_list)
    note_look(request, what=_WHAT, customers=_customers(shown), reason=LookReason.LIST)
    counts = counts_by_reason()
    context = {
        "page": page,
        "rows": shown,
        "reason": reason,
        "is_closed": is_closed,
        "open_count": sum(counts.values()),
        "chips": [
            (each.value, capfirst(str(each.label)), counts[each]) for each in PaymentCase.Reason if counts.get(each)
        ],
    }
    return render(request, "staff/billing/cases/list.html", context)


@require_http_methods(["GET", "POST"])
@needs(_VIEW, post=_CHANGE)
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show a payment that wants a person, and do with it what was chosen."""
    row = PaymentCase.objects.select_related("payment__customer", "controller").filter(pk=case_id).first()
    if row is None:
        raise Http404
    note_look(request, what=_WHAT, customers=_customers([row]), reason=LookReason.WORK)
    may_act = row.controller_id in account_of(request).controller_ids(_VIEW, _CHANGE)
    assigning, noting = AssignForm(), NoteForm()
    if request.method == "POST":
        if not may_act:
            raise PermissionDenied
        assigning, noting = _filled(request)
        form = assigning if assigning.is_bound else noting
        if (done := _done(request, row, form)) is not None:
            return done
    words = request.GET.get("q", "")[:60]
    invoices = (
        suggested_invoices(row, words) if row.state == PaymentCase.State.OPEN and row.reason in ASSIGNABLE else []
    )
    note_look(request, what=_WHAT, customers=[each.customer_id for each in invoices], reason=LookReason.WORK)
    is_wrong = assigning.is_bound or noting.is_bound
    context = {
        "row": row,
        "title": capfirst(row.get_reason_display()),
        "may_act": may_act,
        "can_assign": row.reason in ASSIGNABLE,
        "is_open": row.state == PaymentCase.State.OPEN,
        "can_reopen": row.state in (PaymentCase.State.REFUND, PaymentCase.State.DISMISSED),
        "settlements": row.payment.allocations.select_related("invoice") if row.payment else [],
        "invoices": [(each, open_of(each)) for each in invoices],
        "words": words,
        "assigning": assigning,
        "noting": noting,
        "act": request.POST.get("act", ""),
    }
    return render(request, "staff/billing/cases/one.html", context, status=422 if is_wrong else 200)


def _filled(request: HttpRequest) -> tuple[AssignForm, NoteForm]:
    act = request.POST.get("act", "")
    return (AssignForm(request.POST) if act == "assign" else AssignForm()), (
        NoteForm(request.POST) if act in ("return", "dismiss") else NoteForm()
    )


def _done(request: HttpRequest, row: PaymentCase, form: forms.Form) -> HttpResponse | None:
    """Do the act that was asked for; give nothing where it is refused, with the reason in the form."""
    act = request.POST.get("act", "")
    if form.is_bound and not form.is_valid():
        return None
    acts: dict[str, Callable[..., PaymentCase]] = {
        "assign": assign_case, "return": return_case, "dismiss": dismiss_case, "reopen": reopen_case,
    }  # fmt: skip
    if act not in acts:
        raise Http404
    values: dict[str, Any] = dict(form.cleaned_data) if form.is_bound else {}
    if act == "assign":
        values["invoice_id"] = values.pop("invoice")
    try:
        changed = acts[act](case_id=row.pk, actor=actor_of(account_of(request)), at=timezone.now(), **values)
    except Refusal as refusal:
        if not form.is_bound:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(reverse("staff-payment-case", args=[row.pk]))
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None
    if changed.state == PaymentCase.State.OPEN:
        messages.success(request, _("Saved. The rest is still on the list."))
        return HttpResponseRedirect(reverse("staff-payment-case", args=[row.pk]))
    messages.success(request, _("Sorted out."))
    return HttpResponseRedirect(reverse("staff-payment-cases"))


def _customers(rows: list[PaymentCase]) -> list[UUID]:
    return [row.payment.customer_id for row in rows if row.payment is not None and row.payment.customer_id is not None]
