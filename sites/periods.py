"""The spans of time that a chart of consumption shows: a year, month, week or day, in Helsinki days.

A span knows its own edges and its neighbours; what it counts in (months, days, hours, quarters) follows from its kind.
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]


class Kind(StrEnum):
    """What one looks at, the coarsest first."""

    YEAR = "year"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    QUARTER = "quarter"


_STEPS = {
    Kind.YEAR: relativedelta(years=1),
    Kind.MONTH: relativedelta(months=1),
    Kind.WEEK: relativedelta(weeks=1),
    Kind.DAY: relativedelta(days=1),
    Kind.QUARTER: relativedelta(days=1),
}
_WEEKS_OF_A_YEAR = 52


@dataclass(frozen=True, slots=True)
class Span:
    """One year, month, week or day: from its first day to the first day after it."""

    kind: Kind
    first: datetime.date

    @classmethod
    def around(cls, kind: Kind, day: datetime.date) -> "Span":
        """Give the span of a kind in which a day lies; weeks begin on Monday."""
        if kind is Kind.YEAR:
            return cls(kind, day.replace(month=1, day=1))
        if kind is Kind.MONTH:
            return cls(kind, day.replace(day=1))
        if kind is Kind.WEEK:
            return cls(kind, day - datetime.timedelta(days=day.weekday()))
        return cls(kind, day)

    @property
    def end(self) -> datetime.date:
        """The first day after it."""
        return self.first + _STEPS[self.kind]

    @property
    def previous(self) -> "Span":
        """The one before."""
        return Span(self.kind, self.first - _STEPS[self.kind])

    @property
    def following(self) -> "Span":
        """The one after."""
        return Span(self.kind, self.end)

    @property
    def a_year_before(self) -> "Span":
        """The one to compare with: the same of the year before; a week and a day keep their weekdays."""
        if self.kind in (Kind.YEAR, Kind.MONTH):
            return Span(self.kind, self.first - relativedelta(years=1))
        return Span(self.kind, self.first - datetime.timedelta(weeks=_WEEKS_OF_A_YEAR))

    @property
    def days(self) -> list[datetime.date]:
        """Its days in order."""
        return [self.first + datetime.timedelta(days=number) for number in range((self.end - self.first).days)]
