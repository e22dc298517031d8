"""What a chart of consumption on the portal shows: the columns of a span, their sums, and the year before.

Each site is cut to the days of the customer's own contracts, as the database cuts it too; a gap stays a gap.
"""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.dateformat import format as format_date
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sites.consumption.queries import Slot, Total, covered_days, daily_totals, monthly_totals, slots
from sites.models import Line, Series
from sites.periods import Kind, Span
from sites.slots import slot_moments

_MINUTES: Final = {Kind.DAY: 60, Kind.QUARTER: 15}
_MOST_HOURS: Final = 25
_PARTLY: Final = "partly missing"


@dataclass(frozen=True)
class Supply:
    """One kind of energy at one place, with the days on which it is the customer's."""

    site_id: UUID
    series: Series
    days: tuple[tuple[datetime.date, datetime.date | None], ...]
    address: str = ""

    @property
    def is_heat(self) -> bool:
        """Whether it is district heat."""
        return self.series is Series.HEAT_USE

    @property
    def name(self) -> str | Promise:
        """What one calls it in short."""
        return _NAMES[self.series]

    @property
    def key(self) -> str:
        """Its name in an address: keys of the register, nothing of a person."""
        return f"{self.site_id}.{int(self.series)}"


_NAMES: dict[Series, str | Promise] = {
    Series.HEAT_USE: _("Heat"),
    Series.ELECTRICITY_USE: _("Electricity"),
    Series.ELECTRICITY_PRODUCTION: _("Production"),
}
SERIES_OF: Final = {
    Line.HEAT: (Series.HEAT_USE,),
    Line.NETWORK: (Series.ELECTRICITY_USE, Series.ELECTRICITY_PRODUCTION),
    Line.SUPPLY: (Series.ELECTRICITY_USE, Series.ELECTRICITY_PRODUCTION),
}


@dataclass(frozen=True)
class Column:
    """One column: what it is called, its energy and that of the year before (None: a gap), and its quality.

    A month that is not over, or of which only some days are the customer's, is not comparable with a whole one.
    """

    label: str
    name: str
    starts_at: datetime.datetime | None
    first: datetime.date
    energy_wh: int | None
    before_wh: int | None
    is_estimated: bool
    is_gappy: bool
    is_comparable: bool = True


@dataclass(frozen=True)
class View:
    """The columns of a span with their sums. `before_wh` sums only columns that have both years."""

    span: Span
    columns: list[Column]

    @property
    def is_hourly(self) -> bool:
        """Whether quarters were asked of a meter that is read by the hour."""
        return self.span.kind is Kind.QUARTER and len(self.columns) <= _MOST_HOURS

    @property
    def energy_wh(self) -> int | None:
        """The sum, None where nothing was measured."""
        found = [column.energy_wh for column in self.columns if column.energy_wh is not None]
        return sum(found) if found else None

    @property
    def before_wh(self) -> int | None:
        """The sum of the year before."""
        found = [column.before_wh for column in self.columns if column.before_wh is not None]
        return sum(found) if found else None

    @property
    def change_percent(self) -> int | None:
        """How this compares with the year before, over the columns that can be compared."""
        both = [
            (column.energy_wh, column.before_wh)
            for column in self.columns
            if column.energy_wh is not None and column.before_wh is not None and column.is_comparable
        ]
        before = sum(one for _now, one in both)
        return round((sum(now for now, _one in both) / before - 1) * 100) if before else None

    @property
    def leaves_out(self) -> bool:
        """Whether some column with both years is left out of the comparison."""
        return any(
            column.energy_wh is not None and column.before_wh is not None and not column.is_comparable
            for column in self.columns
        )

    @property
    def estimated(self) -> list[Column]:
        """The columns with an estimate."""
        return [column for column in self.columns if column.is_estimated]

    @property
    def gappy(self) -> list[Column]:
        """The columns with something missing."""
        return [column for column in self.columns if column.is_gappy]


def view_of(supply: Supply, span: Span) -> View:
    """Give the columns of a span. Raises: NeedsIdentification for days and hours after a one-time code."""
    if span.kind is Kind.YEAR:
        columns = _of_totals(span, _months(supply, span), _months(supply, span.a_year_before), _month_column)
    elif span.kind in (Kind.MONTH, Kind.WEEK):
        columns = _of_totals(span, _days(supply, span), _days(supply, span.a_year_before), _day_column)
    else:
        columns = _of_slots(supply, span)
    return View(span, columns)


def reach_of(supply: Supply) -> tuple[datetime.date, datetime.date] | None:
    """Give the first and the last day of the customer's own that have a reading, or None."""
    covered = covered_days(site_id=supply.site_id, series=supply.series)
    if covered is None:
        return None
    first = max(covered[0], min(start for start, _end in supply.days))
    ends = [end for _start, end in supply.days]
    last = covered[1]
    if None not in ends:
        last = min(last, max(end for end in ends if end) - datetime.timedelta(days=1))
    return (first, last) if first <= last else None


Totals = dict[datetime.date, Total]


def _months(supply: Supply, span: Span) -> Totals:
    return _clipped(supply, span, monthly_totals)


def _days(supply: Supply, span: Span) -> Totals:
    return _clipped(supply, span, daily_totals)


def _clipped(supply: Supply, span: Span, ask: Callable[..., list[Total]]) -> Totals:
    found: Totals = {}
    for start, end in supply.days:
        first, last = max(start, span.first), span.end if end is None else min(end, span.end)
        if first < last:
            for total in ask(site_id=supply.site_id, series=supply.series, first=first, end=last):
                found[total.first] = total
    return found


def _of_totals(
    span: Span,
    now: Totals,
    before: Totals,
    column_of: Callable[[datetime.date, Total | None, Total | None], Column],
) -> list[Column]:
    """Pair the months or days of a span with those of the year before, in their order."""
    other = span.a_year_before
    if span.kind is Kind.YEAR:
        firsts = [span.first.replace(month=month) for month in range(1, 13)]
        formers = [other.first.replace(month=month) for month in range(1, 13)]
    else:
        firsts, formers = span.days, other.days
    matched = [formers[at] if at < len(formers) else None for at in range(len(firsts))]
    return [
        column_of(first, now.get(first), before.get(former) if former else None)
        for first, former in zip(firsts, matched, strict=True)
    ]


def _month_column(first: datetime.date, now: Total | None, before: Total | None) -> Column:
    return _column(str(first.month), f"{MONTHS[first.month]} {first.year}".capitalize(), first, now, before)


def _day_column(first: datetime.date, now: Total | None, before: Total | None) -> Column:
    name = f"{format_date(first, 'D')} {date_format(first, 'SHORT_DATE_FORMAT')}".lower()
    return _column(str(first.day), name, first, now, before)


def _column(label: str, name: str, first: datetime.date, now: Total | None, before: Total | None) -> Column:
    has_any = now is not None and now.gap_count < now.slot_count
    return Column(
        label=label,
        name=name,
        starts_at=None,
        first=first,
        energy_wh=now.wh if now is not None and has_any else None,
        before_wh=before.wh if before is not None and before.gap_count < before.slot_count else None,
        is_estimated=bool(now and now.estimate_count),
        is_gappy=bool(now and now.gap_count and has_any),
        # February may have a day more.
        is_comparable=now is None or before is None or abs(now.day_count - before.day_count) <= 1,
    )


def _of_slots(supply: Supply, span: Span) -> list[Column]:
    minutes = _MINUTES[span.kind]
    now = _slots_on(supply, span.first)
    if minutes == 15 and now and all(slot.resolution_min == 60 for slot in now):
        minutes = 60  # the meter is read by the hour: quarters would be made up
    before = {_clock(slot.start): slot for slot in _merged(_slots_on(supply, span.a_year_before.first), minutes)}
    found = {slot.start.timestamp(): slot for slot in _merged(now, minutes)}
    moments = slot_moments(span.first, minutes)
    twice = {_clock(moment) for moment in moments if moment.fold}
    columns = []
    for moment in moments:
        slot, former = found.get(moment.timestamp()), before.get(_clock(moment))
        columns.append(
            Column(
                label=str(moment.hour),
                name=_clock_name(moment, twice),
                starts_at=moment,
                first=span.first,
                energy_wh=slot.wh if slot else None,
                before_wh=former.wh if former else None,
                is_estimated=bool(slot and slot.is_estimate),
                is_gappy=bool(now) and (slot is None or slot.wh is None or slot.word == _PARTLY),
            )
        )
    return columns


def _slots_on(supply: Supply, day: datetime.date) -> list[Slot]:
    if not any(start <= day and (end is None or day < end) for start, end in supply.days):
        return []
    return slots(site_id=supply.site_id, series=supply.series, day=day)


def _merged(found: Sequence[Slot], minutes: int) -> Iterable[Slot]:
    """Add quarters up to hours where hours are asked; an hour of which nothing was measured stays a gap."""
    if minutes == 15:
        return [slot for slot in found if slot.resolution_min == 15]
    hours: dict[float, Slot] = {}
    for slot in found:
        start = slot.start.timestamp() // 3600 * 3600
        held = hours.get(start)
        if held is None:
            hours[start] = slot._replace(start=slot.start.replace(minute=0), resolution_min=60)
        else:
            wh = held.wh if slot.wh is None else (held.wh or 0) + slot.wh
            word = held.word if (held.wh is None) is (slot.wh is None) else _PARTLY
            hours[start] = held._replace(wh=wh, word=word, is_estimate=held.is_estimate or slot.is_estimate)
    return list(hours.values())


def _clock(moment: datetime.datetime) -> tuple[int, int]:
    return moment.hour, moment.minute


def _clock_name(moment: datetime.datetime, twice: set[tuple[int, int]]) -> str:
    """Name a moment by the clock; an hour that comes twice is told apart by summer and winter time."""
    text = date_format(moment, "TIME_FORMAT")
    if _clock(moment) not in twice:
        return text
    return f"{text} {gettext('winter time') if moment.fold else gettext('summer time')}"
