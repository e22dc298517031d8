"""Sets the clocks of a root from `last_day`, the day from which its period runs."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

TODAY = datetime.date(2026, 11, 2)
_HELSINKI = ZoneInfo("Europe/Helsinki")
_DAY = datetime.timedelta(days=1)


def day_of(row: Any) -> datetime.date:
    """Return the last day itself."""
    return row.last_day or TODAY


def end_of(row: Any) -> datetime.date | None:
    """Return the exclusive end: the day after the last one, None for what is running."""
    return row.last_day + _DAY if row.last_day else None


def moment_of(row: Any) -> datetime.datetime:
    """Return a moment of that Helsinki day."""
    return at_noon(day_of(row))


def ended_at(row: Any) -> datetime.datetime | None:
    """Return a moment of the last day, None for what is running."""
    return at_noon(row.last_day) if row.last_day else None


def at_noon(day: datetime.date) -> datetime.datetime:
    """Return noon (UTC) of a day, which is the same day in Helsinki."""
    return datetime.datetime.combine(day, datetime.time(12), datetime.UTC)


def hours_of(day: datetime.date) -> int:
    """Return how many hours a Helsinki day has: 23, 24 or 25."""
    begin, end = (datetime.datetime.combine(each, datetime.time(), _HELSINKI) for each in (day, day + _DAY))
    return (end.astimezone(datetime.UTC) - begin.astimezone(datetime.UTC)) // datetime.timedelta(hours=1)


def before(row: Any, days: int) -> datetime.date:
    """Return a day some time before the last one."""
    return day_of(row) - datetime.timedelta(days=days)
