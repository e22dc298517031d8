"""The periods in which consumption is shown: a year, month, week or day, and a day by the quarter of an hour.

All in Helsinki days. A day has the hours that it has: 23 and 25 where the clocks are changed, and an hour that
comes twice stands twice, named by its time.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]
from django.db import models
from django.utils.dates import MONTHS, MONTHS_3, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sites.chart import Chart, Column, Point, Series, bars
from sites.consumption.queries import Slot, Total, covered_days, daily_totals, monthly_totals, slots
from sites.models import Series as Measured
from sites.models import Site
from sites.periods import Kind, Span
from sites.queries import Stretch
from sites.slots import slot_moments

_MEASURED = {
    Site.Commodity.ELECTRICITY: (Measured.ELECTRICITY_USE, "electricity", _("Electricity")),
    Site.Commodity.HEAT: (Measured.HEAT_USE, "heat", _("District heat")),
}
_DAY: Final = dt.timedelta(days=1)


class View(models.TextChoices):
    """How long a period is, and what it is cut into."""

    YEAR = "year", _("Year")
    MONTH = "month", _("Month")
    WEEK = "week", _("Week")
    DAY = "day", _("Day")
    QUARTER = "quarter", _("Quarter-hours")


_INTO = {View.YEAR: View.MONTH, View.MONTH: View.DAY, View.WEEK: View.DAY, View.DAY: View.QUARTER}


@dataclass(frozen=True)
class Period:
    """Days from the first to before the end, as one looks at them."""

    view: View
    first: dt.date

    @property
    def end(self) -> dt.date:
        """The first day after it."""
        return Span(Kind(self.view), self.first).end

    @property
    def before(self) -> dt.date:
        """A day of the period before."""
        return Span(Kind(self.view), self.first).previous.first

    @property
    def name(self) -> str:
        """What it is called."""
        if self.view == View.YEAR:
            return str(self.first.year)
        if self.view == View.MONTH:
            return f"{MONTHS[self.first.month]} {self.first.year}".capitalize()
        if self.view == View.WEEK:
            last = date_format(self.end - _DAY, "SHORT_DATE_FORMAT")
            return gettext("Week %(number)s, %(first)s – %(last)s") % {
                "number": self.first.isocalendar().week,
                "first": date_format(self.first, "SHORT_DATE_FORMAT"),
                "last": last,
            }
        return f"{WEEKDAYS[self.first.weekday()]} {date_format(self.first, 'SHORT_DATE_FORMAT')}".capitalize()


def period_of(view: str, on: dt.date) -> Period:
    """Give the period of this kind in which a day lies; a year where there is no such kind."""
    kind = View(view) if view in View.values else View.YEAR
    return Period(kind, Span.around(Kind(kind), on).first)


@dataclass(frozen=True)
class Reading:
    """One figure as it is drawn, tabled and written to a file."""

    start: dt.datetime | dt.date
    name: str
    label: str
    wh: int | None
    note: str = ""
    is_estimated: bool = False
    before_wh: int | None = None


@dataclass(frozen=True)
class Curve:
    """The readings of one commodity over a period."""

    kind: str
    label: str
    readings: list[Reading]

    @property
    def total_wh(self) -> int:
        """What was read in all."""
        return sum(reading.wh or 0 for reading in self.readings)

    @property
    def before_wh(self) -> int | None:
        """What the year before was, where each column has one."""
        before = [reading.before_wh for reading in self.readings if reading.wh is not None]
        return sum(one or 0 for one in before) if before and None not in before else None


def curves_of(stretches: Sequence[Stretch], period: Period) -> list[Curve]:
    """Give the readings of these sites in a period, each site clipped to the days it was the customer's."""
    found = []
    for commodity, (measured, kind, label) in _MEASURED.items():
        here = [one for one in stretches if one.site.commodity == commodity]
        readings = _READ[period.view](here, measured, period) if here else []
        if any(reading.wh is not None or reading.note for reading in readings):
            found.append(Curve(kind, str(label), readings))
    return found


def last_reading(stretches: Sequence[Stretch]) -> dt.date | None:
    """Give the last day of these sites that has a reading and was the customer's, as far as can be told by the ends."""
    found = []
    for one in stretches:
        covered = covered_days(site_id=one.site.pk, series=_MEASURED[Site.Commodity(one.site.commodity)][0])
        if covered and covered[1] >= one.first:
            found.append(covered[1] if one.end is None else min(covered[1], one.end - _DAY))
    return max(found, default=None)


def charts_of(curves: Sequence[Curve], period: Period, today: dt.date) -> list[Chart]:
    """Draw curves side by side on one scale; by the quarter each for itself, as their slots may differ in length."""
    together = [[curve] for curve in curves] if period.view == View.QUARTER else [list(curves)] if curves else []
    return [_chart(some, period, today) for some in together]


def _chart(curves: Sequence[Curve], period: Period, today: dt.date) -> Chart:
    columns = [
        Column(one.label, one.name, _is_now(one.start, period, today), _opens(one.start, period))
        for one in curves[0].readings
    ]
    return bars(columns, [Series(curve.kind, curve.label, [_point(one) for one in curve.readings]) for curve in curves])


def _point(one: Reading) -> Point:
    return Point(one.wh, one.before_wh, one.is_estimated, one.note)


def _opens(start: dt.datetime | dt.date, period: Period) -> str:
    into = _INTO.get(period.view)
    day = start.date() if isinstance(start, dt.datetime) else start
    return f"view={into}&on={day.isoformat()}" if into and period.view != View.DAY else ""


def _is_now(start: dt.datetime | dt.date, period: Period, today: dt.date) -> bool:
    if isinstance(start, dt.datetime):
        return False
    return start == (today.replace(day=1) if period.view == View.YEAR else today)


def _clipped(one: Stretch, first: dt.date, end: dt.date) -> tuple[dt.date, dt.date]:
    return max(first, one.first), end if one.end is None else min(end, one.end)


def _totals(stretches: Sequence[Stretch], measured: Measured, first: dt.date, end: dt.date) -> list[Total]:
    found: list[Total] = []
    for one in stretches:
        start, until = _clipped(one, first, end)
        if start < until:
            found += daily_totals(site_id=one.site.pk, series=measured, first=start, end=until)
    return found


def _months(stretches: Sequence[Stretch], measured: Measured, period: Period) -> list[Reading]:
    held: dict[dt.date, Total] = {}
    for one in stretches:
        start, until = _clipped(one, period.before, period.end)
        if start < until:
            for total in monthly_totals(site_id=one.site.pk, series=measured, first=start, end=until):
                held[total.first] = _added(held.get(total.first), total)
    readings = []
    for number in range(1, 13):
        month = period.first.replace(month=number)
        before = held.get(month - relativedelta(years=1))
        name = f"{MONTHS[number]} {month.year}"
        readings.append(_reading(month, name, str(MONTHS_3[number]), held.get(month), before.wh if before else None))
    return readings


def _days(stretches: Sequence[Stretch], measured: Measured, period: Period) -> list[Reading]:
    held: dict[dt.date, Total] = {}
    for total in _totals(stretches, measured, period.first, period.end):
        held[total.first] = _added(held.get(total.first), total)
    days = [period.first + _DAY * number for number in range((period.end - period.first).days)]
    is_week = period.view == View.WEEK
    return [
        _reading(
            day,
            f"{WEEKDAYS_ABBR[day.weekday()]} {date_format(day, 'SHORT_DATE_FORMAT')}",
            str(WEEKDAYS_ABBR[day.weekday()]) if is_week else str(day.day) if day.day % 2 else "",
            held.get(day),
        )
        for day in days
    ]


def _slots(stretches: Sequence[Stretch], measured: Measured, period: Period) -> list[Slot]:
    day = period.first
    return [
        slot
        for one in stretches
        if one.first <= day and (one.end is None or day < one.end)
        for slot in slots(site_id=one.site.pk, series=measured, day=day)
    ]


def _hours(stretches: Sequence[Stretch], measured: Measured, period: Period) -> list[Reading]:
    found = _slots(stretches, measured, period)
    readings = []
    for start in slot_moments(period.first, 60):
        within = [slot for slot in found if _hour(slot.start) == _hour(start)]
        read = [slot.wh for slot in within if slot.wh is not None]
        label = str(start.hour) if start.hour % 3 == 0 else ""
        readings.append(
            Reading(
                start,
                _clock(start, 60),
                label,
                sum(read) if read else None,
                _trust(len(within) - len(read), sum(slot.is_estimate for slot in within)),
                any(slot.is_estimate for slot in within),
            )
        )
    return readings if found else []


def _hour(start: dt.datetime) -> int:
    return int(start.timestamp()) // 3600


def _quarters(stretches: Sequence[Stretch], measured: Measured, period: Period) -> list[Reading]:
    found: dict[dt.datetime, list[Slot]] = {}
    for slot in _slots(stretches, measured, period):
        found.setdefault(slot.start.astimezone(dt.UTC), []).append(slot)
    readings = []
    for same in found.values():
        slot, read = same[0], [one.wh for one in same if one.wh is not None]
        words = {one.word for one in same if one.word}
        parts = [_trust(len(same) - len(read), 0), *sorted(words)]
        if slot.resolution_min == 60:
            parts.append(gettext("whole hour"))
        on_the_hour = slot.start.minute == 0 and slot.start.hour % 3 == 0
        readings.append(
            Reading(
                slot.start,
                _clock(slot.start, slot.resolution_min),
                str(slot.start.hour) if on_the_hour else "",
                sum(read) if read else None,
                ", ".join(filter(None, parts)),
                any(one.is_estimate for one in same),
            )
        )
    return readings


def _clock(start: dt.datetime, minutes: int) -> str:
    """Name a slot by its clock; the hour that comes twice tells which of the two it is."""
    end = (start.astimezone(dt.UTC) + dt.timedelta(minutes=minutes)).astimezone(start.tzinfo)
    name = f"{start.hour}.{start.minute:02}–{end.hour}.{end.minute:02}"
    if start.replace(fold=0).utcoffset() != start.replace(fold=1).utcoffset():
        name += f" {gettext('summer time') if start.fold == 0 else gettext('winter time')}"
    return name


def _reading(start: dt.date, name: str, label: str, total: Total | None, before_wh: int | None = None) -> Reading:
    if total is None:
        return Reading(start, name, label, None, before_wh=before_wh)
    wh = None if total.gap_count == total.slot_count else total.wh
    note = _trust(total.gap_count, total.estimate_count)
    return Reading(start, name, label, wh, note, bool(total.estimate_count), before_wh)


def _trust(gap_count: int, estimate_count: int) -> str:
    parts = []
    if estimate_count:
        parts.append(gettext("%(count)s estimated") % {"count": estimate_count})
    if gap_count:
        parts.append(gettext("%(count)s missing") % {"count": gap_count})
    return ", ".join(parts)


def _added(held: Total | None, total: Total) -> Total:
    if held is None:
        return total
    return Total(total.first, *(one + other for one, other in zip(held[1:], total[1:], strict=True)))


_READ = {View.YEAR: _months, View.MONTH: _days, View.WEEK: _days, View.DAY: _hours, View.QUARTER: _quarters}
