"""Sets the clocks of a root from `last_day`, the day from which its period runs."""

import datetime
from typing import Any

TODAY = datetime.date(2026, 11, 2)
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


def at_noon(day: datetime.date) -> datetime.datetime:
    """Return noon (UTC) of a day, which is the same day in Helsinki."""
    return datetime.datetime.combine(day, datetime.time(12), datetime.UTC)


def before(row: Any, days: int) -> datetime.date:
    """Return a day some time before the last one."""
    return day_of(row) - datetime.timedelta(days=days)
