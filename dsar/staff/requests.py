"""The requests for staff: the queue, taking one in, and one request with its clock, steps and acts."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.models import Customer
from customers.queries import customer_or_none
from dsar import operations, queries
from dsar.forms import AnswerForm, IdentityForm, IntakeForm, NoteForm, ReasonForm
from dsar.models import Request
from register.access.refusing import Refusal
from register.crypto.files import FileMissing
from register.crypto.sealing import UnableToOpen
from register.identity.looking import LookReason, account_of, needs, note_look
from register.identity.queries import actor_of
from register.identity.rights import holds_everywhere
from register.identity.roles import CHECKS_IDENTITY, GIVES_PACKAGE, MAKES_PACKAGE

_STATES = (
    ("open", gettext_lazy("Open")),
    ("late", gettext_lazy("Late")),
    ("closed", gettext_lazy("Closed")),
    ("all", gettext_lazy("All")),
)


@require_safe
@needs("dsar.view_request")
def queue(request: HttpRequest) -> HttpResponse:
    """Show the requests with the days left, the most urgent first."""
    today = timezone.localdate()
    kind, state = request.GET.get("kind", ""), request.GET.get("state", "open")
    mine = request.GET.get("mine", "")
    actor = actor_of(account_of(request))
    rows = queries.queue(on=today, kind=kind, state=state, worker=f"{actor.kind}:{actor.id}" if mine else "")
    note_look(request, what="requests", customers=[row.request.customer_id for row in rows], reason=LookReason.LIST)
    context = {
        "title": _("Requests"),
        "rows": rows,
        "counts": queries.counts(on=today),
        "kinds": [("", _("All kinds")), *Request.Kind.choices],
        "states": _STATES,
        "kind": kind,
        "state": state,
        "mine": mine,
    }
    return render(request, "staff/requests/queue.html", context)


@require_http_methods(["GET", "POST"])
@needs("dsar.add_request")
def take_in(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Take in a request of a customer, on any channel."""
    row = _customer(customer_id)
    note_look(request, what="request form", customers=[row.pk], reason=LookReason.WORK)
    today = timezone.localdate()
    initial = {"kind": request.GET.get("kind", Request.Kind.ACCESS), "received_on": today}
    may_identify = _may(request, CHECKS_IDENTITY)
    form = IntakeForm(row, request.POST or None, today=today, may_identify=may_identify, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = _taken_in(request, row, form)
        except Refusal as refusal:
            name = refusal.field if refusal.field in form.fields else f"new_{refusal.field}"
            form.add_error(name if name in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The request is on record."))
            return HttpResponseRedirect(reverse("staff-request", args=[made.pk]))
    crumbs = [(row.number, reverse("staff-customer", args=[row.pk])), (_("New request"), "")]
    context = {"title": _("New request"), "customer": row, "form": form, "crumbs": crumbs}
    return render(request, "staff/requests/new.html", context, status=422 if form.errors else 200)


@require_safe
@needs("dsar.view_request")
def one(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Show one request: its clock, where it stands, the identity check, the acts and the timeline."""
    return _shown(request, _request(request_id))


@require_POST
@needs("dsar.change_request")
def act(request: HttpRequest, request_id: UUID, name: str) -> HttpResponse:
    """Do one act on a request; a refusal is shown on its page."""
    row = _request(request_id)
    if name not in _ACTS:
        raise Http404
    if name in _RELEASES and not _may(request, _RELEASES[name]):
        raise PermissionDenied
    try:
        _ACTS[name](request, row)
    except Refusal as refusal:
        return _shown(request, row, error=str(refusal), status=422)
    return HttpResponseRedirect(reverse("staff-request", args=[row.pk]))


@require_POST
@needs("dsar.change_request", GIVES_PACKAGE)
def download(request: HttpRequest, request_id: UUID, package_id: UUID) -> Any:
    """Send a package out, once the identity is on record; the download and the look are logged."""
    if not _may(request, GIVES_PACKAGE):
        raise PermissionDenied
    row = _request(request_id)
    package = row.packages.filter(pk=package_id).first()
    if package is None:
        raise Http404
    try:
        file = operations.download_package(
            package_id=package.pk, actor=actor_of(account_of(request)), at=timezone.now()
        )
        content = file.open()
    except Refusal as refusal:
        return _shown(request, row, error=str(refusal), status=422)
    except (FileMissing, UnableToOpen):
        raise Http404 from None
    note_look(request, what="package", customers=[row.customer_id], reason=LookReason.WORK)
    return FileResponse(content, as_attachment=True, filename=f"{row.number}.zip", content_type="application/zip")


def _shown(request: HttpRequest, row: Request, *, error: str = "", status: int = 200) -> HttpResponse:
    today = timezone.localdate()
    (shown,) = queries.rows_of([row], on=today)
    note_look(request, what="request", customers=[row.customer_id], reason=LookReason.WORK)
    crumbs = [(_("Requests"), reverse("staff-requests")), (row.number, "")]
    context: dict[str, Any] = {
        "title": f"{row.get_kind_display()} {row.number}".capitalize(),
        "row": shown,
        "asked": row,
        "customer": shown.customer,
        "today": today,
        "clock": queries.clock_of(row, on=today),
        "packages": queries.packages_of(row),
        "sides": queries.side_by_side(row, shown.customer),
        "steps": queries.steps_of(row),
        "may_act": account_of(request).has_perm("dsar.change_request") and row.is_open,
        **_releases_of(request, row),
        "may_extend": row.extended_at is None and today <= row.first_due_on,
        "identity_form": IdentityForm(),
        "reason_form": ReasonForm(),
        "refuse_form": ReasonForm(prefix="refuse"),
        "answer_form": AnswerForm(),
        "note_form": NoteForm(),
        "error": error,
        "crumbs": crumbs,
    }
    return render(request, "staff/requests/one.html", context, status=status)


def _may(request: HttpRequest, permission: str) -> bool:
    """A package is of both companies: the right counts where it is held at each of them."""
    return holds_everywhere(account_of(request), permission)


def _releases_of(request: HttpRequest, row: Request) -> dict[str, bool]:
    may = {right: _may(request, right) for right in (CHECKS_IDENTITY, MAKES_PACKAGE, GIVES_PACKAGE)}
    return {
        "may_identify": row.is_open and may[CHECKS_IDENTITY],
        "may_make": row.is_open and may[MAKES_PACKAGE],
        "may_give": may[GIVES_PACKAGE],
        "is_checker": operations.is_checker(row, actor_of(account_of(request))),
    }


def _taken_in(request: HttpRequest, row: Customer, form: IntakeForm) -> Request:
    now, given = timezone.now(), form.cleaned_data
    told: dict[str, Any] = {
        "customer_id": row.pk,
        "actor": actor_of(account_of(request)),
        "at": now,
        "received_at": form.received_at(now),
        "channel": given["channel"],
        "text": given["text"],
    }
    checked = given.get("identity", "")
    if given["kind"] == Request.Kind.OBJECTION:
        return operations.object_to_marketing(**told)
    if given["kind"] == Request.Kind.RECTIFICATION:
        return operations.ask_for_rectification(**told, identified_by=checked, corrections=form.corrections())
    return operations.ask_for_access(**told, identified_by=checked)


def _identify(request: HttpRequest, row: Request) -> None:
    operations.record_identity(method=request.POST.get("method", ""), **_told(request, row))


def _assign(request: HttpRequest, row: Request) -> None:
    operations.assign(**_told(request, row))


def _extend(request: HttpRequest, row: Request) -> None:
    operations.extend(reason=request.POST.get("reason", ""), **_told(request, row))


def _accept(request: HttpRequest, row: Request) -> None:
    fields = request.POST.getlist("field")
    operations.accept_rectification(fields=fields, answer=request.POST.get("answer", ""), **_told(request, row))


def _answer(request: HttpRequest, row: Request) -> None:
    operations.answer_access(answer=request.POST.get("answer", ""), **_told(request, row))


def _package(request: HttpRequest, row: Request) -> None:
    operations.ask_for_package(**_told(request, row))
    messages.info(request, _("The worker makes the package. It is here in a moment; look again."))


def _refuse(request: HttpRequest, row: Request) -> None:
    operations.refuse(reason=request.POST.get("refuse-reason", ""), **_told(request, row))


def _withdraw(request: HttpRequest, row: Request) -> None:
    operations.withdraw(**_told(request, row))


def _note(request: HttpRequest, row: Request) -> None:
    operations.note(text=request.POST.get("text", ""), **_told(request, row))


_ACTS: dict[str, Callable[[HttpRequest, Request], None]] = {
    "identify": _identify,
    "assign": _assign,
    "extend": _extend,
    "accept": _accept,
    "answer": _answer,
    "package": _package,
    "refuse": _refuse,
    "withdraw": _withdraw,
    "note": _note,
}


# These let data out, or lead to it: each needs its own right, at both companies.
_RELEASES = {"identify": CHECKS_IDENTITY, "package": MAKES_PACKAGE, "answer": GIVES_PACKAGE}


def _told(request: HttpRequest, row: Request) -> dict[str, Any]:
    return {"request_id": row.pk, "actor": actor_of(account_of(request)), "at": timezone.now()}


def _customer(customer_id: UUID) -> Customer:
    row = customer_or_none(customer_id)
    if row is None:
        raise Http404
    return row


def _request(request_id: UUID) -> Request:
    row = queries.request_or_none(request_id)
    if row is None:
        raise Http404
    return row
