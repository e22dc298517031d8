"""The quarters of an hour of Helsinki days: the one place that cuts time into days and slots.

Moments are counted in quarters of an hour since 1970 in UTC, days in days since 1970, so that a year of
readings is an array of small integers.
"""

import datetime as dt
import functools
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

HELSINKI = ZoneInfo("Europe/Helsinki")
EPOCH = dt.date(1970, 1, 1)
QUARTER_S = 900
RESOLUTIONS_MIN = (15, 60)

Int32s = NDArray[np.int32]


def day_number(day: dt.date) -> int:
    """Count the days from 1970 to this day."""
    return (day - EPOCH).days


def day_of(number: int) -> dt.date:
    """Give the day with this number."""
    return EPOCH + dt.timedelta(days=number)


def moment_of(quarter: int) -> dt.datetime:
    """Give the moment in UTC at which this quarter starts."""
    return dt.datetime.fromtimestamp(quarter * QUARTER_S, dt.UTC)


def midnight_of(day: dt.date) -> int:
    """Give the quarter at which this Helsinki day starts."""
    return int(dt.datetime.combine(day, dt.time(), HELSINKI).timestamp()) // QUARTER_S


def slot_count(day: dt.date, resolution_min: int) -> int:
    """Count the slots of this Helsinki day: 92, 96 or 100 quarters; 23, 24 or 25 hours."""
    quarters = midnight_of(day + dt.timedelta(days=1)) - midnight_of(day)
    return quarters * 15 // resolution_min


def slot_moments(day: dt.date, resolution_min: int) -> list[dt.datetime]:
    """Give the start of each slot of this Helsinki day, in Helsinki time (an hour that comes twice differs in fold)."""
    start = midnight_of(day) * QUARTER_S
    step = resolution_min * 60
    return [dt.datetime.fromtimestamp(start + step * slot, HELSINKI) for slot in range(slot_count(day, resolution_min))]


@functools.cache
def _midnights_of_year(year: int) -> Int32s:
    first = dt.date(year, 1, 1)
    length = (dt.date(year + 1, 1, 1) - first).days
    return np.array([midnight_of(first + dt.timedelta(days=day)) for day in range(length)], np.int32)


@functools.lru_cache(maxsize=64)
def _midnights_of_years(first: int, last: int) -> tuple[int, Int32s]:
    years = [_midnights_of_year(year) for year in range(first, last + 1)]
    return day_number(dt.date(first, 1, 1)), np.concatenate(years)


def midnights(days: Int32s) -> Int32s:
    """Give the quarter at which each of these days starts in Helsinki."""
    if not len(days):
        return np.empty(0, np.int32)
    first, table = _midnights_of_years(day_of(int(days.min())).year, day_of(int(days.max())).year)
    return table[days - first]


def days_of(quarters: Int32s) -> Int32s:
    """Give the Helsinki day in which each of these quarters lies."""
    if not len(quarters):
        return np.empty(0, np.int32)
    days = (quarters + 8) // 96  # as by winter time; in summer the day has begun an hour before
    return days + (quarters >= midnights(days + 1))
