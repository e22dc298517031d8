"""Consumption on the portal: a year, month, week, day or the quarters of a day, as chart, table and CSV.

The address holds the view: kind, day and key of the place, nothing of a person.
"""

import csv
import datetime
import io
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from customers.operations import note_service_use
from register.identity.models import PortalSession
from register.identity.portal import actor_of_portal, signed_in
from sites.consumption.queries import NeedsIdentification
from sites.energy import Column, Supply, View, reach_of, view_of
from sites.graph import Bar, graph_of
from sites.periods import Kind, Span
from sites.queries import supplies_for

KINDS: Final[tuple[tuple[Kind, str | Promise], ...]] = (
    (Kind.YEAR, _("Year")),
    (Kind.MONTH, _("Month")),
    (Kind.WEEK, _("Week")),
    (Kind.DAY, _("Day")),
    (Kind.QUARTER, _("15 min")),
)
_FINER: Final = {Kind.YEAR: Kind.MONTH, Kind.MONTH: Kind.DAY, Kind.WEEK: Kind.DAY}
_PER: Final[dict[Kind, str | Promise]] = {
    Kind.YEAR: _("kWh a month"),
    Kind.MONTH: _("kWh a day"),
    Kind.WEEK: _("kWh a day"),
    Kind.DAY: _("kWh an hour"),
    Kind.QUARTER: _("kWh a quarter-hour"),
}
_MOST_LINKS: Final = 31


@dataclass(frozen=True)
class Asked:
    """What the address asks for: which supply of those there are, and which span."""

    supplies: list[Supply]
    supply: Supply
    reach: tuple[datetime.date, datetime.date] | None
    span: Span

    def url(self, *, supply: Supply | None = None, span: Span | None = None, name: str = "portal-consumption") -> str:
        """Give the address of the same page with another supply or span."""
        chosen, shown = supply or self.supply, span or self.span
        query = {"of": chosen.key, "view": shown.kind.value, "on": shown.first.isoformat()}
        return f"{reverse(name)}?{urlencode(query)}"


@require_safe
def consumption(request: HttpRequest) -> HttpResponse:
    """Show the consumption of a span as chart and table."""
    session = signed_in(request)
    asked = _asked(request, session)
    if asked is None:
        return render(request, "portal/consumption_empty.html", {"section": "portal-consumption"})
    try:
        view = view_of(asked.supply, asked.span)
    except NeedsIdentification:
        return render(request, "portal/identify.html", status=403)
    return render(request, "portal/consumption.html", _context(asked, view, session))


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Give the figures that the page shows as a CSV file, and write the download down."""
    session = signed_in(request)
    asked = _asked(request, session)
    if asked is None:
        raise Http404
    view = view_of(asked.supply, asked.span)
    now = timezone.now()
    if session.acting_for:
        note_service_use(
            customer_id=session.acting_for, event="consumption-file", actor=actor_of_portal(session), at=now
        )
    span = asked.span
    name = f"{gettext('consumption')}-{span.kind.value}-{span.first.isoformat()}.csv"
    response = HttpResponse(_csv(asked, view), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _asked(request: HttpRequest, session: PortalSession) -> Asked | None:
    supplies = supplies_for(session.shown, with_addresses=session.is_identified)
    if not supplies:
        return None
    wanted = request.GET.get("of", "")
    supply = next((one for one in supplies if one.key == wanted), None)
    if supply is None:  # the first that has any reading
        supply = next((one for one in supplies if reach_of(one)), supplies[0])
    reach = reach_of(supply)
    try:
        kind = Kind(request.GET.get("view", ""))
    except ValueError:
        kind = Kind.YEAR
    last = reach[1] if reach else timezone.localdate()
    try:
        day = datetime.date.fromisoformat(request.GET.get("on", ""))
        day = min(max(day, datetime.date(2000, 1, 1)), timezone.localdate())
    except ValueError:
        day = last
    return Asked(supplies, supply, reach, Span.around(kind, day))


def _context(asked: Asked, view: View, session: PortalSession) -> dict[str, Any]:
    span = asked.span
    here = [one for one in asked.supplies if one.address == asked.supply.address]
    places = {one.address: one for one in reversed(asked.supplies) if one.address != asked.supply.address}
    is_before, is_after = _neighbours(asked)
    bars = [_bar(asked, column, len(view.columns), session) for column in view.columns]
    return {
        "section": "portal-consumption",
        "asked": asked,
        "view": view,
        "title": _title(span),
        "per": _PER[Kind.DAY if view.is_hourly else span.kind],
        "graph": graph_of(bars),
        "supplies": [(one, asked.url(supply=one), one == asked.supply) for one in here],
        "places": [(address, asked.url(supply=one)) for address, one in places.items()],
        "kinds": [(label, _of_kind(asked, kind), kind is span.kind) for kind, label in KINDS],
        "previous_url": asked.url(span=span.previous) if is_before else "",
        "next_url": asked.url(span=span.following) if is_after else "",
        "file_url": asked.url(name="portal-consumption-file"),
        "now_name": _short(span),
        "before_name": _short(span.a_year_before),
        "change": _change(view),
        "since": asked.reach[0] if asked.reach else None,
    }


def _neighbours(asked: Asked) -> tuple[bool, bool]:
    if asked.reach is None:
        return False, False
    return asked.reach[0] < asked.span.first, asked.span.end <= asked.reach[1]


def _of_kind(asked: Asked, kind: Kind) -> str:
    """Give the address of another kind of span: around the same day, but not after the last reading."""
    day = asked.span.first
    if asked.reach is not None:
        inside = asked.span.first <= asked.reach[1] < asked.span.end
        day = asked.reach[1] if inside else max(min(day, asked.reach[1]), asked.reach[0])
    return asked.url(span=Span.around(kind, day))


def _bar(asked: Asked, column: Column, count: int, session: PortalSession) -> Bar:
    finer = _FINER.get(asked.span.kind)
    url = ""
    if finer and session.is_identified and count <= _MOST_LINKS and column.energy_wh is not None:
        url = asked.url(span=Span.around(finer, column.first))
    words = gettext("%(name)s: %(energy)s kWh") % {"name": column.name, "energy": _figure(column.energy_wh)}
    if column.is_estimated:
        words += f", {gettext('partly estimated')}"
    is_whole = asked.span.kind in (Kind.DAY, Kind.QUARTER)
    return Bar(column.label, words, column.energy_wh, column.before_wh, column.is_estimated, is_whole, url)


def _figure(wh: int | None) -> str:
    return "–" if wh is None else number_format(round(wh / 1000, 2), decimal_pos=None, force_grouping=True)


def _title(span: Span) -> str:
    if span.kind is Kind.YEAR:
        return gettext("Year %(year)s") % {"year": span.first.year}
    if span.kind is Kind.MONTH:
        return format_date(span.first, "F Y").capitalize()
    if span.kind is Kind.WEEK:
        last = span.end - datetime.timedelta(days=1)
        return gettext("Week %(number)s (%(first)s–%(last)s)") % {
            "number": span.first.isocalendar().week,
            "first": format_date(span.first, "j.n."),
            "last": format_date(last, "j.n.Y"),
        }
    return f"{format_date(span.first, 'l')} {date_format(span.first, 'SHORT_DATE_FORMAT')}".capitalize()


def _short(span: Span) -> str:
    """Name a span at the head of a column of figures."""
    if span.kind in (Kind.YEAR, Kind.MONTH):
        return str(span.first.year)
    if span.kind is Kind.WEEK:
        week = span.first.isocalendar()
        return f"{week.week}/{week.year}"
    return format_date(span.first, "j.n.y")


def _change(view: View) -> str:
    percent = view.change_percent
    if percent is None:
        return ""
    sign = "\N{MINUS SIGN}" if percent < 0 else "+" if percent > 0 else ""
    return f"{sign}{abs(percent)}\N{NO-BREAK SPACE}%"


def _csv(asked: Asked, view: View) -> str:
    """Write the columns of the view; the first line says what stands in each, and all times are Helsinki's."""
    stream = io.StringIO()
    stream.write("\N{ZERO WIDTH NO-BREAK SPACE}")  # so that spreadsheets read it as UTF-8
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow([gettext("start"), gettext("consumption, kWh"), gettext("a year before, kWh"), gettext("quality")])
    for column in view.columns:
        start = column.starts_at.isoformat() if column.starts_at else column.first.isoformat()
        writer.writerow([start, _plain(column.energy_wh), _plain(column.before_wh), _quality(column)])
    return stream.getvalue()


def _plain(wh: int | None) -> str:
    return "" if wh is None else number_format(wh / 1000, decimal_pos=3, use_l10n=True, force_grouping=False)


def _quality(column: Column) -> str:
    if column.energy_wh is None:
        return gettext("missing")
    if column.is_gappy:
        return gettext("partly missing")
    return gettext("partly estimated") if column.is_estimated else gettext("measured")
