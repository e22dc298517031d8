"""What is overdue, what will go in the months ahead, and which dates are missing or have run too long."""

import datetime
from dataclasses import dataclass
from typing import Any

from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]

from register.datamap.map import WhenNull
from register.datamap.schedule import PERIODS, Period
from retention.aggregates import Aggregate, aggregates
from retention.eligibility import (
    clock_of,
    eligible,
    goes_on,
    holds_on,
    is_due,
    is_faulty,
    rows,
    rule_of,
)
from retention.models import RetentionRun

PERIOD_OF = {period.code: period for period in PERIODS}
_SAMPLE = 20
_DAYS_AHEAD = datetime.timedelta(days=62)

Foreseen = dict[str, dict[str, dict[str, int]]]


@dataclass(frozen=True)
class Faults:
    """Rows of a table whose date is missing, so that nobody can say when they go; some of their keys."""

    label: str
    title: Any
    count: int
    keys: list[str]


@dataclass(frozen=True)
class Overlong:
    """Rows that one unfinished thing keeps after every other reason has ended, such as an unpaid old invoice."""

    label: str
    title: Any
    count: int
    rule: Period
    keys: list[str]


@dataclass(frozen=True)
class RuleMonths:
    """How many rows of a table go under a rule in each of the months ahead."""

    label: str
    title: Any
    rule: Period
    months: list[int]

    @property
    def total(self) -> int:
        """All of the months together."""
        return sum(self.months)


def overdue(*, on: datetime.date) -> dict[tuple[str, str], int]:
    """Count the rows that could go on that day and are still there, by table and rule; zero is the aim."""
    found = {}
    for aggregate in aggregates():
        condition, parameters = eligible(aggregate, holds_on(on), on)
        for rule, count in rows(
            f"SELECT {rule_of(aggregate)}, count(*) FROM {aggregate.table} r WHERE {condition} GROUP BY 1", parameters
        ):
            found[aggregate.label, rule] = count
    return found


def foresee(*, on: datetime.date, months: int = 12, former: RetentionRun | None = None) -> tuple[Foreseen, Foreseen]:
    """Count what goes in each of the months ahead, and in each of the next days, by its dates alone.

    Both are {table: {rule: {"2026-12" or "2026-12-24": rows}}}. Readings and log entries are counted once a month,
    and else as the `former` run counted them: a night's work must be in proportion to what goes that night.
    """
    end = on.replace(day=1) + relativedelta(months=months)
    by_month: Foreseen = {}
    by_day: Foreseen = {}
    for aggregate in aggregates():
        if former is not None and _is_counted(aggregate, former, on):
            by_month[aggregate.label] = former.forecast[aggregate.label]
            by_day[aggregate.label] = former.days_ahead.get(aggregate.label, {})
            continue
        due, parameters = is_due(aggregate, end - datetime.timedelta(days=1))
        day = goes_on(aggregate)
        for rule, goes, count in rows(
            f"SELECT {rule_of(aggregate)}, {day}, count(*) FROM {aggregate.table} r"
            f" WHERE {due} AND {day} > %(on)s GROUP BY 1, 2 ORDER BY 1, 2",
            parameters | {"on": on},
        ):
            counted = by_month.setdefault(aggregate.label, {}).setdefault(rule, {})
            counted[f"{goes:%Y-%m}"] = counted.get(f"{goes:%Y-%m}", 0) + count
            if goes - on <= _DAYS_AHEAD:
                by_day.setdefault(aggregate.label, {}).setdefault(rule, {})[goes.isoformat()] = count
    return by_month, by_day


def forecast(*, on: datetime.date, months: int = 12, former: RetentionRun | None = None) -> Foreseen:
    """Count what goes in each of the months ahead by its dates alone: {table: {rule: {"2026-12": rows}}}."""
    return foresee(on=on, months=months, former=former)[0]


def _is_counted(aggregate: Aggregate, former: RetentionRun, on: datetime.date) -> bool:
    """Whether the count of this month still stands: what goes within a year was written years ago."""
    years, _days = aggregate.keeps[0].period.effective
    is_of_this_month = former.as_of.replace(day=1) == on.replace(day=1)
    return not aggregate.is_keyed and years > 1 and is_of_this_month and aggregate.label in former.forecast


def months_ahead(*, on: datetime.date, months: int = 12) -> tuple[list[datetime.date], list[RuleMonths]]:
    """Give the months ahead and what goes in them by rule, as the latest plan counted it."""
    first = on.replace(day=1)
    heads = [first + relativedelta(months=number) for number in range(months)]
    # A preview of a day ahead counts from that day on: it does not know the months before.
    counted_by_now = RetentionRun.objects.exclude(forecast={}).filter(as_of__lte=on)
    run = counted_by_now.order_by("-started_at").first()
    counted = run.forecast if run else {}
    titles = {aggregate.label: aggregate.title for aggregate in aggregates()}
    return heads, [
        RuleMonths(name, titles[name], PERIOD_OF[rule], [int(by_month.get(f"{month:%Y-%m}", 0)) for month in heads])
        for name, rules in counted.items()
        if name in titles
        for rule, by_month in rules.items()
        if rule in PERIOD_OF
    ]


def faults() -> list[Faults]:
    """Find the rows whose date is missing where it must not be: they are reported, never guessed."""
    found = []
    for aggregate in aggregates():
        condition = is_faulty(aggregate)
        count, keys = _counted(aggregate, condition, {}) if condition else (0, [])
        if count:
            found.append(Faults(aggregate.label, aggregate.title, count, keys))
    return found


def overlong(*, on: datetime.date) -> list[Overlong]:
    """Find the rows that only something unfinished keeps, after all their periods have ended."""
    found = []
    for aggregate in aggregates():
        running = [keep for keep in aggregate.keeps if keep.clock.when_null is WhenNull.RUNNING]
        ended = [keep for keep in aggregate.keeps if keep not in running]
        if not running or not ended:
            continue
        others = Aggregate(aggregate.model, type(aggregate.data_map)(kind=aggregate.data_map.kind, keeps=ended))
        due, parameters = is_due(others, on)
        unfinished = " OR ".join(f"{clock_of(aggregate, keep).expression} IS NULL" for keep in running)
        count, keys = _counted(aggregate, f"{due} AND ({unfinished})", parameters)
        if count:
            found.append(Overlong(aggregate.label, aggregate.title, count, running[0].period, keys))
    return found


def _counted(aggregate: Aggregate, condition: str, parameters: dict[str, Any]) -> tuple[int, list[str]]:
    ((count,),) = rows(f"SELECT count(*) FROM {aggregate.table} r WHERE {condition}", parameters)
    if not count or not aggregate.is_keyed:
        return count, []
    keys = rows(
        f"SELECT r.{aggregate.key} FROM {aggregate.table} r WHERE {condition} ORDER BY 1 LIMIT {_SAMPLE}", parameters
    )
    return count, [str(key) for (key,) in keys]
