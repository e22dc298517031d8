"""Draws what goes in the months ahead: a line for each rule, with a bar and a number for each month."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]
from django.utils.formats import number_format

from register.datamap.schedule import Period
from retention.queries import RuleMonths

HEIGHT = 40.0
_LEAST = 2.0
_KINDS = {"contract", "billing", "metering", "recording", "marketing"}


@dataclass
class Cell:
    """One month of one rule: its bar in a box of 40 by 40, its number, and its last day."""

    month: datetime.date
    count: int
    height: float = 0.0

    @property
    def y(self) -> float:
        """Where the bar begins."""
        return round(HEIGHT - self.height, 1)

    @property
    def text(self) -> str:
        """The number, short where it is long."""
        return short(self.count)

    @property
    def last_day(self) -> datetime.date:
        """The last day of the month."""
        return self.month + relativedelta(months=1, days=-1)


@dataclass
class Line:
    """A rule: its period, its tables, its months."""

    rule: Period
    titles: list[Any] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The colour of the bars."""
        return self.rule.code if self.rule.code in _KINDS else "other"

    @property
    def total(self) -> str:
        """All of the months."""
        return short(sum(cell.count for cell in self.cells))


def lines_of(months: list[datetime.date], counted: Iterable[RuleMonths]) -> list[Line]:
    """Give a line for each rule, its tables together; each line has a scale of its own."""
    lines: dict[str, Line] = {}
    for one in counted:
        line = lines.setdefault(one.rule.code, Line(one.rule, cells=[Cell(month, 0) for month in months]))
        line.titles.append(one.title)
        for cell, count in zip(line.cells, one.months, strict=True):
            cell.count += count
    for line in lines.values():
        most = max((cell.count for cell in line.cells), default=0)
        for cell in line.cells:
            if cell.count:
                cell.height = round(max(_LEAST, HEIGHT * cell.count / most), 1)
    return [line for line in lines.values() if any(cell.count for cell in line.cells)]


def short(count: int) -> str:
    """Write a number in the language of the page, in thousands or millions where it would be long."""
    for limit, unit, name in ((10_000_000, 1_000_000, "M"), (100_000, 1_000, "k")):
        if count >= limit:
            return f"{number_format(count // unit, force_grouping=True)} {name}"
    return number_format(count, force_grouping=True)
