"""The retention calendar: how it stands, what waits for a word, the months ahead, runs, holds, faults, and the acts."""

import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from register.access.scope import Actor
from register.identity.looking import account_of, needs
from register.identity.queries import actor_of
from retention import operations, queries
from retention.aggregates import aggregate_of
from retention.calendar import lines_of
from retention.forms import HoldForm, PreviewForm, StopForm
from retention.models import Hold, RetentionRun

_RUNS_SHOWN = 8
_ROWS_A_PAGE = 100


@require_safe
@needs("retention.view_retentionrun")
def calendar(request: HttpRequest) -> HttpResponse:
    """Show how retention stands and what goes when."""
    account = account_of(request)
    now = timezone.now()
    today = timezone.localdate(now)
    months, counted = queries.months_ahead(on=today)
    shown, standing = queries.run_shown(), queries.status(at=now)
    context: dict[str, Any] = {
        "title": _("Retention calendar"),
        "status": standing,
        "today": today,
        "months": months,
        "lines": lines_of(months, counted),
        "preview": shown,
        "preview_lines": plan_lines(shown),
        "preview_form": PreviewForm(initial={"as_of": request.GET.get("as_of") or today}),
        "stop_form": StopForm(),
        "runs": RetentionRun.objects.filter(kind=RetentionRun.Kind.RUN).order_by("-started_at")[:_RUNS_SHOWN],
        "holds": Hold.objects.filter(released_at__isnull=True).order_by("until_on", "-placed_at")[:50],
        "ended_holds": queries.ended_holds(at=now),
        "remind_by": today + queries.REMIND_BEFORE,
        "faults": queries.faults(),
        "overlong": queries.overlong(on=today),
        "may_act": account.has_perm("retention.change_retentionrun"),
        "plan_lines": plan_lines(standing.run),
    }
    return render(request, "staff/retention/calendar.html", context)


@require_POST
@needs("retention.change_retentionrun")
def ask_preview(request: HttpRequest) -> HttpResponse:
    """Ask the purge worker what would go on a day."""
    actor = _actor(request)
    form = PreviewForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give a day."))
        return _back()
    operations.ask_for_preview(actor=actor, at=timezone.now(), as_of=form.cleaned_data["as_of"])
    messages.info(request, _("The purge worker makes the preview. It is here in a moment; look again."))
    return _back()


@require_POST
@needs("retention.change_retentionrun")
def ask_run(request: HttpRequest) -> HttpResponse:
    """Ask the purge worker to purge now."""
    operations.ask_for_purge(actor=_actor(request), at=timezone.now())
    messages.info(request, _("The purge worker takes it up. What it does is seen among the runs."))
    return _back()


@require_POST
@needs("retention.change_retentionrun")
def approve(request: HttpRequest) -> HttpResponse:
    """Give one's word for the plan that was shown, and have it carried out."""
    actor, now = _actor(request), timezone.now()
    run = queries.open_run()
    if run is None or str(run.pk) != request.POST.get("run"):
        messages.error(request, _("This plan does not wait any more."))
        return _back()
    try:
        operations.approve_run(run=run, plan_hash=request.POST.get("plan_hash", ""), actor=actor, at=now)
    except operations.UnableToApprove as error:
        messages.error(request, str(error))
        return _back()
    operations.ask_for_purge(actor=actor, at=now)
    messages.success(request, _("The plan is approved. The purge worker carries it out."))
    return _back()


@require_POST
@needs("retention.change_retentionrun")
def stop(request: HttpRequest) -> HttpResponse:
    """Stop all purging."""
    form = StopForm(request.POST)
    actor = _actor(request)
    if not form.is_valid():
        messages.error(request, _("Say why purging is stopped."))
        return _back()
    try:
        operations.stop_purging(reason=form.cleaned_data["reason"], actor=actor, at=timezone.now())
    except operations.UnableToStop as error:
        messages.error(request, str(error))
    else:
        messages.warning(request, _("Purging is stopped."))
    return _back()


@require_POST
@needs("retention.change_retentionrun")
def resume(request: HttpRequest) -> HttpResponse:
    """Let purging go on."""
    try:
        operations.resume_purging(actor=_actor(request), at=timezone.now())
    except operations.UnableToStop as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Purging goes on with the next run."))
    return _back()


@require_http_methods(["GET", "POST"])
@needs("retention.add_hold")
def new_hold(request: HttpRequest) -> HttpResponse:
    """Place a hold on a person, a contract, a site, a recording or an invoice."""
    account = account_of(request)
    now = timezone.now()
    form = HoldForm(request.POST or None, today=timezone.localdate(now))
    if request.method == "POST" and form.is_valid() and form.key is not None:
        values = {name: form.cleaned_data[name] for name in ("kind", "reason", "case_number", "until_on")}
        try:
            operations.place_hold(**values, target=form.key, actor=actor_of(account), at=now)
        except operations.UnableToPlaceHold as error:
            form.add_error("target", str(error))
        else:
            messages.success(request, _("The hold is in force."))
            return _back()
    crumbs = [(_("Retention"), reverse("staff-retention")), (_("New hold"), "")]
    context = {"title": _("New hold"), "form": form, "crumbs": crumbs}
    return render(request, "staff/retention/hold.html", context, status=422 if form.errors else 200)


@require_POST
@needs("retention.change_hold")
def release_hold(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """Release a hold."""
    account = account_of(request)
    hold = Hold.objects.filter(pk=hold_id).first()
    if hold is None:
        raise Http404
    operations.release_hold(hold=hold, actor=actor_of(account), at=timezone.now())
    messages.success(request, _("The hold is released. What is due goes with the next run."))
    return _back()


@require_safe
@needs("retention.view_planrow")
def plan(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show the rows of a plan: table, key, day and rule; no names."""
    run = RetentionRun.objects.filter(pk=run_id).first()
    if run is None:
        raise Http404
    pages = Paginator(run.plan.order_by("due_on", "model", "id"), _ROWS_A_PAGE)
    crumbs = [(_("Retention"), reverse("staff-retention")), (_("Rows of the plan"), "")]
    context = {
        "title": _("Rows of the plan"),
        "run": run,
        "page": pages.get_page(request.GET.get("p")),
        "crumbs": crumbs,
    }
    return render(request, "staff/retention/plan.html", context)


def plan_lines(run: RetentionRun | None) -> list[dict[str, Any]]:
    """Give the lines of a plan: table, rule, clause, rows, parts."""
    lines = []
    for name, counted in (run.counts if run else {}).items():
        aggregate = aggregate_of(name)
        periods = {keep.period.code: keep.period for keep in aggregate.keeps}
        lines += [
            {
                "title": aggregate.title,
                "rule": periods[code],
                "rows": count,
                "parts": sum(counted["parts"].values()),
                "first": datetime.date.fromisoformat(counted["first_due_on"]),
            }
            for code, count in counted["rules"].items()
        ]
    return lines


def _actor(request: HttpRequest) -> Actor:
    """The actor of an act on runs."""
    return actor_of(account_of(request))


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("staff-retention"))
