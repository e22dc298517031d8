"""What charts, tables and invoices ask of consumption: by month, by day, by slot, always in Helsinki days.

The database adds up each day, as fetching a year of arrays takes longer (docs/performance.md). Only a day that
was read both by the hour and by the quarter is fetched whole, so that no hour counts twice.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from django.db import connection

from register.access.scope import ScopeKind, current_scope
from sites.models import QualityWord
from sites.slots import slot_moments


class Total(NamedTuple):
    """The energy of a day or a month, and how far it can be trusted.

    `slot_count` counts the slots of the days that have any reading; `day_count` those days.
    """

    first: dt.date
    wh: int
    slot_count: int
    gap_count: int
    estimate_count: int
    day_count: int


class Slot(NamedTuple):
    """One slot of a day: its start in Helsinki time, its length, its energy (None: a gap) and its quality."""

    start: dt.datetime
    resolution_min: int
    wh: int | None
    word: str
    is_estimate: bool


class _Row(NamedTuple):
    day: dt.date
    resolution_min: int
    wh: list[int | None]
    quality: list[int | None]

    def words(self) -> list[int | None]:
        return self.quality if len(self.quality) > 1 else self.quality * len(self.wh)


class NeedsIdentification(PermissionError):
    """Who signed in by a one-time code is told whole months, never days or hours: these tell how a home is lived in."""


def daily_totals(*, site_id: uuid.UUID, series: int, first: dt.date, end: dt.date) -> list[Total]:
    """Give the days from `first` to before `end` that have any reading, in order. Raises: NeedsIdentification."""
    _expect_identification()
    return _daily(site_id=site_id, series=series, first=first, end=end)


def _expect_identification() -> None:
    scope = current_scope()
    if scope is not None and scope.kind is ScopeKind.PORTAL and not scope.is_identified:
        raise NeedsIdentification


def _daily(*, site_id: uuid.UUID, series: int, first: dt.date, end: dt.date) -> list[Total]:
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, {"site_id": site_id, "series": series, "first": first, "end": end})
        found = [Total(*row) for row in cursor.fetchall()]
    days = {total.first: total for total in found}
    if len(days) < len(found):
        estimates = frozenset(QualityWord.objects.filter(is_estimate=True).values_list("id", flat=True))
        twice = [one.first for one, other in pairwise(found) if one.first == other.first]
        rows = _rows(site_id, series, twice[0], twice[-1] + dt.timedelta(days=1))
        by_day = {day: list(some) for day, some in groupby(rows, key=lambda row: row.day)}
        days |= {day: _total_of_both(day, by_day[day], estimates) for day in twice}
    return list(days.values())


def monthly_totals(*, site_id: uuid.UUID, series: int, first: dt.date, end: dt.date) -> list[Total]:
    """Give the months with any reading from `first` to before `end`, in order; each counts only days within."""
    days = _daily(site_id=site_id, series=series, first=first, end=end)
    months = groupby(days, key=lambda day: day.first.replace(day=1))
    return [_sum(month, list(some)) for month, some in months]


def slots(*, site_id: uuid.UUID, series: int, day: dt.date) -> list[Slot]:
    """Give a day slot by slot: by the quarter if any quarter was measured, else by the hour; empty if nothing was.

    An hour that was measured only as a whole stands as one slot among quarters. Raises: NeedsIdentification.
    """
    _expect_identification()
    rows = _rows(site_id, series, day, day + dt.timedelta(days=1))
    words = {word.id: word for word in QualityWord.objects.all()} if rows else {}
    starts = {row.resolution_min: slot_moments(day, row.resolution_min) for row in rows}
    found = []
    for row, at in _finest(rows):
        key = row.words()[at]
        word = words.get(key) if key is not None else None
        start = starts[row.resolution_min][at]
        is_estimate = word is not None and word.is_estimate and row.wh[at] is not None
        found.append(Slot(start, row.resolution_min, row.wh[at], word.word if word else "", is_estimate))
    return found


def year_before(day: dt.date) -> dt.date:
    """Give the same day a year before, to compare with; 28 February for the 29th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def covered_days(*, site_id: uuid.UUID, series: int) -> tuple[dt.date, dt.date] | None:
    """Give the first and the last day that have a reading, as far as the scope reaches, or None."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(day), max(day) FROM sites_consumptionday WHERE site_id = %s AND series = %s", [site_id, series]
        )
        first, last = cursor.fetchone()
    return (first, last) if first else None


def _rows(site_id: uuid.UUID, series: int, first: dt.date, end: dt.date) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day, resolution_min, wh, quality FROM sites_consumptionday"
            " WHERE site_id = %s AND series = %s AND day >= %s AND day < %s ORDER BY day, resolution_min",
            [site_id, series, first, end],
        )
        return [_Row(*row) for row in cursor.fetchall()]


def _total_of_both(day: dt.date, rows: Sequence[_Row], estimates: frozenset[int]) -> Total:
    chosen = [(row.wh[at], row.words()[at]) for row, at in _finest(rows)]
    return Total(
        first=day,
        wh=sum(wh for wh, _key in chosen if wh is not None),
        slot_count=len(chosen),
        gap_count=sum(wh is None for wh, _key in chosen),
        estimate_count=sum(wh is not None and key in estimates for wh, key in chosen),
        day_count=1,
    )


def _finest(rows: Sequence[_Row]) -> Iterator[tuple[_Row, int]]:
    """Choose the slots of a day so that no hour counts twice: its quarters where all four are there, else the hour."""
    if len(rows) < 2:
        yield from ((row, at) for row in rows for at in range(len(row.wh)))
        return
    quarters, hours = rows
    for hour, wh in enumerate(hours.wh):
        four = range(hour * 4, hour * 4 + 4)
        if wh is None or all(quarters.wh[at] is not None for at in four):
            yield from ((quarters, at) for at in four)
        else:
            yield hours, hour


def _sum(first: dt.date, days: Sequence[Total]) -> Total:
    return Total(
        first=first,
        wh=sum(day.wh for day in days),
        slot_count=sum(day.slot_count for day in days),
        gap_count=sum(day.gap_count for day in days),
        estimate_count=sum(day.estimate_count for day in days),
        day_count=len(days),
    )


_DAYS = """
SELECT day, coalesce((SELECT sum(value) FROM unnest(wh) value), 0), cardinality(wh), gaps.count,
    CASE WHEN cardinality(quality) > 1 THEN (
        SELECT count(*) FROM unnest(wh, quality) slot (value, word)
        WHERE value IS NOT NULL AND word = ANY (estimates.ids)
    ) WHEN quality[1] = ANY (estimates.ids) THEN cardinality(wh) - gaps.count ELSE 0 END,
    1
FROM sites_consumptionday,
    LATERAL (SELECT cardinality(array_positions(wh, NULL)) AS count) gaps,
    (SELECT ARRAY(SELECT id FROM sites_qualityword WHERE is_estimate) AS ids) estimates
WHERE site_id = %(site_id)s AND series = %(series)s AND day >= %(first)s AND day < %(end)s
ORDER BY day, resolution_min
"""
