"""What goes when, for one customer: the panel of the customer page, the portal and the access package."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from register.datamap.map import Keep, Through
from register.datamap.schedule import PERIODS, Period
from register.datamap.vocabulary import Basis, Clause
from retention.aggregates import Aggregate, aggregates, subject_reaches
from retention.eligibility import goes_on, holds_on, is_held, last_day_of, rows, rule_of

_PERIODS = {period.code: period for period in PERIODS}


@dataclass(frozen=True)
class PanelRow:
    """Rows of one table under one rule: how many, why they are held and from when to when.

    `goes_on` is the day on which the last of them goes, None while a reason runs; `elapsed` is the
    share of the time that has passed, from 0 to 1.
    """

    label: str
    title: Any
    count: int
    rule: Period
    keeps: Sequence[Keep]
    running_count: int
    held_count: int
    counted_from: datetime.date | None
    first_goes_on: datetime.date | None
    goes_on: datetime.date | None
    elapsed: float
    waits_for: str = ""

    @property
    def purposes(self) -> list[Clause]:
        """The purposes for which the rows are held."""
        return list(dict.fromkeys(keep.purpose for keep in self.keeps))

    @property
    def bases(self) -> list[Basis]:
        """The grounds on which the rows are held."""
        return list(dict.fromkeys(keep.basis for keep in self.keeps))

    @property
    def elapsed_percent(self) -> int:
        """The share in whole percent, for a bar."""
        return round(self.elapsed * 100)


def what_goes_when(customer_id: UUID, *, on: datetime.date) -> list[PanelRow]:
    """Give what is held about a customer and when each part goes, what goes first before the rest.

    Reads within the scope of the caller: what the caller may not see is not told.
    """
    found: list[PanelRow] = []
    for aggregate in aggregates():
        found += _rows_of(aggregate, customer_id, on)
    last = datetime.date.max
    return sorted(_after_what_refers(found), key=lambda row: (row.first_goes_on or last, row.goes_on or last))


def _rows_of(aggregate: Aggregate, customer_id: UUID, on: datetime.date) -> list[PanelRow]:
    paths = subject_reaches(aggregate.model, aggregate.data_map, "r")
    if not paths:
        return []
    is_theirs = " OR ".join(path.is_among("%(customers)s::uuid[]") for path in paths)
    if any(isinstance(subject, Through) for subject in aggregate.data_map.subjects):
        is_theirs = f"({is_theirs}) AND {_AT_THEIR_SITES}"
    day, clock = goes_on(aggregate), last_day_of(aggregate, aggregate.keeps[0])
    holds = holds_on(on)
    held = " OR ".join(is_held(aggregate, holds)) or "false"
    groups = rows(
        f"""SELECT {rule_of(aggregate)}, count(*), count(*) FILTER (WHERE {day} IS NULL),
                count(*) FILTER (WHERE {held}), min({clock}), min({day}), max({day})
            FROM {aggregate.table} r WHERE {is_theirs} GROUP BY 1""",
        {"customers": [customer_id], **holds.parameters},
    )
    return [
        PanelRow(
            label=aggregate.label,
            title=aggregate.title,
            count=count,
            rule=_PERIODS[rule],
            keeps=aggregate.keeps,
            running_count=running_count,
            held_count=held_count,
            counted_from=begins,
            first_goes_on=first,
            goes_on=None if running_count else last,
            elapsed=_elapsed(begins, first, on) if not running_count else 0.0,
        )
        for rule, count, running_count, held_count, begins, first, last in groups
    ]


# Says nothing new of rows that reach a person through a place, but leads to them by the index of the place.
_AT_THEIR_SITES = """r.site_id = ANY(ARRAY(
    SELECT c.site_id FROM sites_contract c JOIN sites_contractholder h ON h.contract_id = c.id
    WHERE h.customer_id = ANY(%(customers)s::uuid[])))"""


def _elapsed(begins: datetime.date | None, ends: datetime.date | None, on: datetime.date) -> float:
    if begins is None or ends is None or ends <= begins:
        return 0.0
    return min(1.0, max(0.0, (on - begins) / (ends - begins)))


def _after_what_refers(found: list[PanelRow]) -> list[PanelRow]:
    """A row that others refer to goes when the last of them has gone."""
    results: list[PanelRow] = []
    ends: dict[str, datetime.date] = {}
    for aggregate in aggregates():  # in the order of reference
        own = [row for row in found if row.label == aggregate.label]
        names = {name for reference in aggregate.references for name in _roots_of(reference.model)}
        waits = [(ends[name], name) for name in names - {aggregate.label} if name in ends]
        last, name = max(waits, default=(datetime.date.min, ""))
        for row in own:
            if row.goes_on is not None and last > row.goes_on:
                row = replace(row, goes_on=None if last == datetime.date.max else last, waits_for=name)
            results.append(row)
        if own:
            ends[aggregate.label] = max(row.goes_on or datetime.date.max for row in results[-len(own) :])
    return results


def _roots_of(model: Any) -> list[str]:
    return [
        aggregate.label
        for aggregate in aggregates()
        if aggregate.model is model or any(part.model is model for part in aggregate.parts)
    ]
