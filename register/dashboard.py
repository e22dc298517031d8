"""The dashboard: what waits for somebody, by role, and the way to every table.

Each part is asked apart, in a savepoint and with bounded time: one that fails says so in its place and takes
nothing with it. The number of queries does not grow with the data.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from django.contrib import admin
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import formats
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from billing import queries as billing
from billing.cases.queries import open_sum
from register.identity.looking import account_of
from register.identity.menu import in_order
from register.identity.models import Account
from register.identity.rights import using
from register.work import queries as work
from register.work.models import ImportRun, Job
from retention import queries as retention
from retention.models import RetentionRun
from sites import queries as sites
from sites.agreement.operations import CHECK_RELATIONSHIPS
from sites.staff.kinds import words_of
from sites.staff.runs import job_page

TIMEOUT_MS: Final = 2_000
_FAILED_DAYS, _SHOWN = 7, 6
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Tile:
    """A figure with its word: `tone` is "", "ok" or "warn"; `url` leads to the rows behind it, `act` is a template."""

    label: str
    icon: str
    figure: str
    text: str = ""
    tone: str = ""
    url: str = ""
    act: str = ""


@dataclass(frozen=True)
class Alert:
    """What wants an act now, for the strip on top (components/_strip.html)."""

    tone: str
    icon: str
    title: str
    text: str
    url: str
    act: str


@dataclass
class Board:
    """What the parts gave: alerts, tiles, the rows of the two panels, and the names of the parts that failed."""

    alerts: list[Alert] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    jobs: list[tuple[str | Promise, Job, str]] | None = None
    imports: list[tuple[str | Promise, ImportRun]] | None = None
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """A part of the dashboard: its name, the permission that shows it, and what fills the board with it."""

    name: str | Promise
    permission: str
    fill: Callable[[Board, datetime.datetime], None]


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show the dashboard of the person who is signed in."""
    now = datetime.datetime.now(tz=datetime.UTC)  # the outermost shell of this page
    context = {
        **admin.site.each_context(request),
        "title": _("Dashboard"),
        "board": board_of(account_of(request), at=now),
        "app_list": in_order(admin.site.get_app_list(request)),
    }
    return render(request, "admin/index.html", context)


def board_of(account: Account, *, at: datetime.datetime) -> Board:
    """Fill a board with the parts that the roles of the account show."""
    board = Board()
    for part in PARTS:
        if account.has_perm(part.permission):
            with using(account, part.permission):
                _fill(board, part, at)
    if board.jobs is not None:
        board.jobs = [(words, job, job_page(job, account)) for words, job, _url in board.jobs]
    return board


def _fill(board: Board, part: Part, at: datetime.datetime) -> None:
    mine = Board()
    try:
        with transaction.atomic():
            _bound_time()
            part.fill(mine, at)
    except Exception:  # whatever it is: the other parts are shown
        log.exception("dashboard_part_failed", part=part.fill.__name__)
        board.failed.append(str(part.name))
        return
    board.alerts += mine.alerts
    board.tiles += mine.tiles
    board.jobs = board.jobs if mine.jobs is None else mine.jobs
    board.imports = board.imports if mine.imports is None else mine.imports


def _stops(board: Board, at: datetime.datetime) -> None:
    url = _address("staff-retention")
    stop = retention.open_stop()
    if stop is not None:
        text = _("%(who)s, %(when)s: %(why)s. Nothing is deleted before somebody lets it go on.") % {
            "who": retention.who_stopped(stop),
            "when": formats.date_format(localtime(stop.stopped_at), "j.n.Y G.i"),
            "why": stop.reason.rstrip("."),
        }
        board.alerts.append(Alert("bad", "hand-stop", _("Purging is stopped"), text, url, _("Open retention")))
    run = retention.open_run()
    if run is not None and run.state == RetentionRun.State.WAITING:
        text = ngettext(
            "A plan of %(n)s row waits for a person's word.",
            "A plan of %(n)s rows waits for a person's word.",
            run.planned_count,
        ) % {"n": _figure(run.planned_count)}
        board.alerts.append(Alert("warn", "hourglass", _("Waits for approval"), text, url, _("See the plan")))


def _holds(board: Board, at: datetime.datetime) -> None:
    ending = retention.ending_holds(on=localtime(at).date())
    if ending:
        days = ", ".join(formats.date_format(hold.until_on, "j.n.") for hold in ending[:3] if hold.until_on)
        text = ngettext(
            "%(n)s hold ends within two weeks (%(days)s); what it covers may go then.",
            "%(n)s holds end within two weeks (%(days)s); what they cover may go then.",
            len(ending),
        ) % {"n": len(ending), "days": days}
        url = _address("staff-retention")
        board.alerts.append(Alert("info", "lock", _("A hold ends soon"), text, url, _("See the holds")))


def _overdue(board: Board, at: datetime.datetime) -> None:
    status, url = retention.status(at=at), _address("staff-retention")
    if status.is_late:
        text = _("No purge has run to its end for more than a day.")
        board.alerts.append(Alert("warn", "clock", _("The purge is late"), text, url, _("Open retention")))
    count = status.overdue_count
    when = formats.date_format(localtime(status.next_purge_at), "j.n. G.i")
    text = _("Purging is stopped") if status.is_stopped else _("Next purge %(when)s") % {"when": when}
    tone, icon = ("warn", "hourglass") if count else ("ok", "circle-check")
    part = "" if status.is_stopped else "staff/retention/_stop_here.html"
    board.tiles.append(Tile(_("Overdue, not deleted"), icon, _figure(count), text, tone, url, part))


def _faults(board: Board, at: datetime.datetime) -> None:
    count = sum(fault.count for fault in retention.faults())
    tone, icon = ("warn", "alert-triangle") if count else ("ok", "circle-check")
    text = _("A date is missing: nobody can say when they go") if count else _("Every row has the dates it needs")
    board.tiles.append(Tile(_("Rows with faulty data"), icon, _figure(count), text, tone, _address("staff-retention")))


def _relationships(board: Board, at: datetime.datetime) -> None:
    job = work.latest_result(CHECK_RELATIONSHIPS)
    if job is None:
        return
    mended, endless = int(job.result.get("mended", 0)), int(job.result.get("endless", 0))
    tone, icon = ("warn", "alert-triangle") if mended or endless else ("ok", "circle-check")
    when = formats.date_format(localtime(job.finished_at), "j.n. G.i") if job.finished_at else ""
    text = _("%(n)s run on without a contract, checked %(when)s") % {"n": _figure(endless), "when": when}
    board.tiles.append(Tile(_("Relationships mended"), icon, _figure(mended), text, tone, _address("staff-imports")))


def _contracts(board: Board, at: datetime.datetime) -> None:
    today = localtime(at).date()
    first = today - datetime.timedelta(days=today.weekday())
    end = first + datetime.timedelta(days=7)
    turns = sites.contract_turns(first=first, end=end)
    week = f"{first.day}.{first.month}.–{formats.date_format(end - datetime.timedelta(days=1), 'j.n.')}"
    begins = _rows("sites_contract", started_on__gte=first, started_on__lt=end, is_cancelled__exact=0)
    day = datetime.timedelta(days=1)
    ends = _rows("sites_contract", ended_on__gte=first + day, ended_on__lt=end + day, is_cancelled__exact=0)
    board.tiles.append(Tile(_("Contracts that begin"), "user-plus", _figure(turns.beginning), week, "", begins))
    board.tiles.append(Tile(_("Contracts that end"), "calendar-time", _figure(turns.ending), week, "", ends))


def _invoices(board: Board, at: datetime.datetime) -> None:
    today = localtime(at).date()
    counted = billing.open_invoices(on=today)
    money = _("%(sum)s € open") % {"sum": formats.number_format(counted.late_eur, 2, force_grouping=True)}
    late = _rows("billing_invoice", due_on__lt=today, settled_on__isempty=1, kind__exact="invoice")
    disputed = _rows("billing_invoice", state__exact="disputed")
    board.tiles.append(Tile(_("Late invoices"), "file-invoice", _figure(counted.late_count), money, "", late))
    text = _("Not collected while they last")
    board.tiles.append(Tile(_("Invoices in dispute"), "hand-stop", _figure(counted.disputed_count), text, "", disputed))


def _cases(board: Board, at: datetime.datetime) -> None:
    count, euros = open_sum()
    money = _("%(sum)s € to be placed") % {"sum": formats.number_format(euros, 2, force_grouping=True)}
    url = _address("staff-payment-cases")
    board.tiles.append(Tile(_("Payments to be sorted out"), "currency-euro", _figure(count), money, "", url))


def _jobs(board: Board, at: datetime.datetime) -> None:
    counts = work.job_counts(failed_since=at - datetime.timedelta(days=_FAILED_DAYS))
    if counts.failed:
        text = _("%(n)s failed in seven days") % {"n": _figure(counts.failed)}
        tone, icon = "warn", "alert-triangle"
    else:
        text, tone, icon = _("%(n)s are running") % {"n": _figure(counts.running)}, "", "refresh"
    board.tiles.append(Tile(_("Open jobs"), icon, _figure(counts.open), text, tone, _address("staff-imports")))
    board.jobs = [(words_of(job.kind), job, "") for job in work.latest_jobs(count=_SHOWN)]


def _imports(board: Board, at: datetime.datetime) -> None:
    board.imports = [(words_of(run.kind), run) for run in work.latest_imports(count=_SHOWN)]


# In the order in which they are shown; what is nobody's part is not asked.
PARTS: tuple[Part, ...] = (
    Part(gettext_lazy("state of purging"), "retention.view_retentionrun", _stops),
    Part(gettext_lazy("holds"), "retention.view_hold", _holds),
    Part(gettext_lazy("overdue rows"), "retention.view_retentionrun", _overdue),
    Part(gettext_lazy("faulty data"), "retention.view_retentionrun", _faults),
    Part(gettext_lazy("relationships"), "retention.view_retentionrun", _relationships),
    Part(gettext_lazy("contracts"), "sites.view_contract", _contracts),
    Part(gettext_lazy("invoices"), "billing.view_invoice", _invoices),
    Part(gettext_lazy("payments to be sorted out"), "billing.change_paymentcase", _cases),
    Part(gettext_lazy("jobs"), "work.view_job", _jobs),
    Part(gettext_lazy("imports"), "work.view_importrun", _imports),
)


def _bound_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{TIMEOUT_MS}ms"])


def _figure(count: int) -> str:
    return formats.number_format(count, force_grouping=True)


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _rows(table: str, **filters: Any) -> str:
    url = _address(f"admin:{table}_changelist")
    return f"{url}?{urlencode(filters)}" if url else ""
