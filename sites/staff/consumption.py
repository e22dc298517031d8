"""The panel of consumption on the customer page, by year, month, week, day and quarter-hour, and the same as a file.

Only the days of the customer's own contracts are shown: what was before or after them is another person's life.
"""

import csv
import datetime
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from customers.models import Customer
from customers.queries import customer_or_none
from register.identity.looking import LookReason, WhatWasShown, bound_time, note_look, note_panel, panel
from register.identity.rights import needs
from sites.curves import Curve, Period, View, charts_of, curves_of, last_reading, period_of
from sites.queries import Stretch, grouped_gsrn, stretches_of

_UNITS = {
    View.YEAR: _("kWh a month"),
    View.MONTH: _("kWh a day"),
    View.WEEK: _("kWh a day"),
    View.DAY: _("kWh an hour"),
    View.QUARTER: _("kWh a quarter of an hour"),
}
_EARLIEST: Final = datetime.date(2000, 1, 1)


@dataclass(frozen=True)
class Place:
    """An address with the days on which it was the customer's, and what it is called."""

    number: int
    name: str
    stretches: list[Stretch]
    state: str
    is_chosen: bool


@dataclass(frozen=True)
class Shown:
    """What a page or a file of consumption shows: whose, where and when."""

    customer: Customer
    places: list[Place]
    period: Period
    curves: list[Curve]
    last: datetime.date | None

    @property
    def place(self) -> Place | None:
        """The place chosen."""
        return next((one for one in self.places if one.is_chosen), None)


@require_safe
@needs("sites.view_contract")
def consumption(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show the consumption of one place over a period, as a chart with its figures beside it."""
    row = _customer(customer_id)
    note_panel(request, row.pk, "consumption")
    bound_time()
    shown, today = _shown(request, row), timezone.localdate()
    period = shown.period
    context: dict[str, Any] = {
        "customer": row,
        "shown": shown,
        "period": period,
        "charts": charts_of(shown.curves, period, today),
        "unit": _UNITS[period.view],
        "views": [(view, _query(shown, view=view.value)) for view in View],
        "before": _query(shown, on=period.before) if _is_held(shown, period.before, period.first) else "",
        "after": _query(shown, on=period.end) if period.end <= today and _is_held(shown, period.end, None) else "",
        "place_query": f"place={shown.place.number}&" if shown.place else "",
        "file_query": _query(shown),
    }
    return panel(request, "staff/sites/_consumption.html", context)


@require_safe
@needs("sites.view_contract")
def consumption_file(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Give what the panel shows as a CSV file with its quality; the look is logged as that of a file."""
    row = _customer(customer_id)
    note_look(request, what=WhatWasShown.CONSUMPTION_FILE, customers=[row.pk], reason=LookReason.PAGE)
    bound_time()
    shown = _shown(request, row)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"consumption-{shown.period.view}-{shown.period.first.isoformat()}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.write("\ufeff")
    writer = csv.writer(answer, delimiter=";")
    columns = [_("Start, Helsinki time"), _("Commodity"), _("kWh"), _("Quality")]
    writer.writerow([str(column) for column in columns])
    for curve in shown.curves:
        for one in curve.readings:
            kwh = "" if one.wh is None else f"{one.wh / 1000:.3f}".replace(".", ",")
            quality = one.note or (gettext("no reading") if one.wh is None else "")
            writer.writerow([one.start.isoformat(), curve.label, kwh, quality])
    return answer


def _shown(request: HttpRequest, row: Customer) -> Shown:
    today = timezone.localdate()
    places = _places(row, request.GET.get("place", ""), today)
    here = next((one.stretches for one in places if one.is_chosen), [])
    latest = max((_last_day(one, today) for one in here), default=today)
    try:
        on = parse_date(request.GET.get("on", ""))
    except ValueError:
        on = None
    last = last_reading(here)
    on = on or last or latest
    period = period_of(request.GET.get("view", ""), min(max(on, _EARLIEST), max(latest, today)))
    return Shown(row, places, period, curves_of(here, period), last)


def _places(row: Customer, chosen: str, today: datetime.date) -> list[Place]:
    """Give the customer's places: those with a running contract first, then those to come, ended ones last."""
    found: dict[str, list[Stretch]] = {}
    for one in stretches_of(row.pk):
        found.setdefault(one.site.address, []).append(one)
    ordered = sorted(found.items(), key=lambda item: (min(_rank(one, today) for one in item[1]), item[0]))
    number = int(chosen) if chosen.isdecimal() and len(chosen) < 4 and int(chosen) < len(ordered) else 0
    return [
        Place(
            at,
            grouped_gsrn(here[0].site.gsrn) if row.is_protected else address,
            here,
            _state(here, today),
            at == number,
        )
        for at, (address, here) in enumerate(ordered)
    ]


def _rank(one: Stretch, today: datetime.date) -> int:
    if one.first > today:
        return 1
    return 0 if one.end is None or one.end > today else 2


def _state(here: list[Stretch], today: datetime.date) -> str:
    rank = min(_rank(one, today) for one in here)
    if rank == 1:
        day = min(one.first for one in here)
        return gettext("begins %(day)s") % {"day": date_format(day, "SHORT_DATE_FORMAT")}
    return gettext("ended") if rank else ""


def _last_day(one: Stretch, today: datetime.date) -> datetime.date:
    return today if one.end is None else min(today, one.end - datetime.timedelta(days=1))


def _is_held(shown: Shown, first: datetime.date, end: datetime.date | None) -> bool:
    """Say whether any day from the first to before the end lies within the customer's contracts here."""
    here = shown.place.stretches if shown.place else []
    return any((one.end is None or one.end > first) and (end is None or one.first < end) for one in here)


def _query(shown: Shown, *, view: str = "", on: datetime.date | None = None) -> str:
    place = shown.place
    wanted = view or shown.period.view.value
    # Into a narrower view one looks at the last day of the wider one that has readings, or at least has been.
    day = on or min(shown.period.end - datetime.timedelta(days=1), timezone.localdate())
    if not on and shown.last and shown.period.first <= shown.last < day:
        day = shown.last
    return urlencode({"place": place.number if place else 0, "view": wanted, "on": day.isoformat()})


def _customer(customer_id: UUID) -> Customer:
    row = customer_or_none(customer_id)
    if row is None:
        raise Http404
    return row
