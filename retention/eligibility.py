"""The one predicate: when a row goes, what refers to it, which hold covers it. Every delete path passes it.

Dangerous if wrong: what this lets through is deleted. A row goes when the last of its keeps has ended, nothing
outside its aggregate refers to it and no hold covers it or its subjects. An empty clock that is RUNNING or a
FAULT never lets a row go; one that is ABSENT is no reason to keep it, but a row without any reason at all is a
fault and stays too.
"""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, models

from register.datamap.map import Keep, Through, WhenNull

from .aggregates import Aggregate, Model, Part, Reach, aggregates, foreign_keys, quoted, reach, subject_reaches
from .models import Hold

Condition = tuple[str, dict[str, Any]]  # SQL over the row r, and its parameters
HELSINKI = ZoneInfo("Europe/Helsinki")
_ONE_DAY = datetime.timedelta(days=1)

# What each kind of hold names, by the label of its table. A hold on a person reaches rows by their subjects.
HOLDABLE = {
    Hold.Kind.PERSON: "customers.Customer",
    Hold.Kind.CONTRACT: "sites.Contract",
    Hold.Kind.SITE: "sites.Site",
    Hold.Kind.RECORDING: "recordings.Recording",
    Hold.Kind.INVOICE: "billing.Invoice",
}
_KIND_OF = {name: kind for kind, name in HOLDABLE.items()}


@dataclass(frozen=True)
class Holds:
    """The holds in force on a day: the keys that are held, by kind."""

    keys: Mapping[str, list[UUID]] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys as the parameters that the conditions name."""
        return {f"held_{kind}": keys for kind, keys in self.keys.items()}


def holds_on(on: datetime.date) -> Holds:
    """Read the holds in force on a day."""
    keys: dict[str, list[UUID]] = {}
    in_force = Hold.objects.filter(released_at__isnull=True)
    for kind, target, until_on in in_force.values_list("kind", "target", "until_on"):
        if until_on is None or on < until_on:
            keys.setdefault(kind, []).append(target)
    return Holds(keys)


def is_due(aggregate: Aggregate, on: datetime.date) -> Condition:
    """Give the condition, with its parameters, that the last keep of the row r has ended by the day `on`.

    The clocks are compared with days computed once, so that their indexes serve.
    """
    conditions, parameters = list[str](), dict[str, Any]()
    for number, keep in enumerate(aggregate.keeps):
        clock, name = clock_of(aggregate, keep), f"ended_{number}"
        last_day = keep.period.last_day_gone_by(on) + (_ONE_DAY if keep.clock.exclusive else datetime.timedelta())
        if is_moment(clock):
            parameters[name] = datetime.datetime.combine(last_day + _ONE_DAY, datetime.time(), HELSINKI)
            ended = f"{clock.expression} < %({name})s::timestamptz"
        else:
            parameters[name] = last_day
            ended = f"{clock.expression} <= %({name})s::date"
        if keep.clock.when_null is WhenNull.ABSENT:
            ended = f"({clock.expression} IS NULL OR {ended})"
        conditions.append(ended)
    if all(keep.clock.when_null is WhenNull.ABSENT for keep in aggregate.keeps):
        clocks = ", ".join(clock_of(aggregate, keep).expression for keep in aggregate.keeps)
        conditions.append(f"coalesce({clocks}) IS NOT NULL")
    return " AND ".join(conditions), parameters


def goes_on(aggregate: Aggregate) -> str:
    """Give the expression of the day on which the row r goes: the last of its keeps' days, NULL while one runs."""
    days = [goes_on_by(aggregate, keep) for keep in aggregate.keeps]
    latest = days[0] if len(days) == 1 else f"greatest({', '.join(days)})"
    never = [
        f"{clock_of(aggregate, keep).expression} IS NULL"
        for keep in aggregate.keeps
        if keep.clock.when_null is not WhenNull.ABSENT
    ]
    return f"CASE WHEN {' OR '.join(never)} THEN NULL ELSE {latest} END" if never else latest


def goes_on_by(aggregate: Aggregate, keep: Keep) -> str:
    """Give the expression of the day that one keep asks for."""
    return f"(({last_day_of(aggregate, keep)} + interval '{keep.period.interval}')::date + 1)"


def last_day_of(aggregate: Aggregate, keep: Keep) -> str:
    """Give the expression of the last day of one keep: its clock's Helsinki day, the day before an exclusive end."""
    clock = clock_of(aggregate, keep)
    day = f"({clock.expression} AT TIME ZONE 'Europe/Helsinki')::date" if is_moment(clock) else clock.expression
    return f"({day} - 1)" if keep.clock.exclusive else day


def rule_of(aggregate: Aggregate) -> str:
    """Give the expression of the rule that decides: the code of the period of the last keep."""
    if len(aggregate.keeps) == 1:
        return f"'{aggregate.keeps[0].period.code}'"
    days = [f"coalesce({goes_on_by(aggregate, keep)}, '-infinity')" for keep in aggregate.keeps]
    latest = f"greatest({', '.join(days)})"
    cases = " ".join(
        f"WHEN {day} = {latest} THEN '{keep.period.code}'" for day, keep in zip(days, aggregate.keeps, strict=True)
    )
    return f"CASE {cases} END"


def eligible(aggregate: Aggregate, holds: Holds, on: datetime.date, *, planned: str = "") -> Condition:
    """Give the whole predicate: the row r is due on the day `on`, nothing refers to it, no hold covers it."""
    due, parameters = is_due(aggregate, on)
    stays = [*is_held(aggregate, holds), *is_referred_to(aggregate, planned=planned)]
    return " AND ".join([due, *(f"NOT {condition}" for condition in stays)]), parameters | holds.parameters


def is_held(aggregate: Aggregate, holds: Holds) -> list[str]:
    """Give the conditions by which a hold in force covers the row r."""
    return [f"({condition})" for condition in _held(aggregate, set(holds.keys))]


def is_referred_to(aggregate: Aggregate, *, planned: str = "") -> list[str]:
    """Give the conditions by which something outside the aggregate refers to the row r.

    `planned` names a run (an SQL parameter): what goes earlier in that run does not count.
    """
    found = []
    for reference in aggregate.references:
        goes = _goes_before(reference.model, planned) if planned else []
        condition = " AND ".join([f"({reference.condition})", *(f"NOT {each}" for each in goes)])
        found.append(f"EXISTS (SELECT FROM {reference.tables} WHERE {condition})")
    return found


def is_faulty(aggregate: Aggregate) -> str:
    """Give the condition that a clock of the row r is missing where it must not be; empty where none can."""
    faults = [
        f"{clock_of(aggregate, keep).expression} IS NULL"
        for keep in aggregate.keeps
        if keep.clock.when_null is WhenNull.FAULT and _may_be_empty(aggregate, keep)
    ]
    if all(keep.clock.when_null is WhenNull.ABSENT for keep in aggregate.keeps):
        clocks = ", ".join(clock_of(aggregate, keep).expression for keep in aggregate.keeps)
        faults.append(f"coalesce({clocks}) IS NULL")
    return " OR ".join(faults)


def clock_of(aggregate: Aggregate, keep: Keep) -> Reach:
    """Give where the clock of a keep stands."""
    return reach(aggregate.model, keep.clock.path, "r")


def is_moment(clock: Reach) -> bool:
    """Tell whether a clock is a moment and not a day."""
    return isinstance(clock.field, models.DateTimeField)


def rows(sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run a query and give its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or {})
        return cursor.fetchall()


def _held(aggregate: Aggregate, kinds: set[str]) -> Iterator[str]:
    own = _KIND_OF.get(aggregate.label)
    if own in kinds:
        yield f"r.{aggregate.key} = ANY(%(held_{own})s::uuid[])"
    if Hold.Kind.PERSON in kinds:
        for path in subject_reaches(aggregate.model, aggregate.data_map, "r"):
            yield path.is_among(f"%(held_{Hold.Kind.PERSON})s::uuid[]")
    for column in foreign_keys(aggregate.model):
        kind = _KIND_OF.get(column.related_model._meta.label)
        if kind in kinds and kind != Hold.Kind.PERSON:
            yield f"r.{quoted(column.column)} = ANY(%(held_{kind})s::uuid[])"
    for part in aggregate.parts:
        yield from _held_by_part(aggregate, part, kinds)


def _held_by_part(aggregate: Aggregate, part: Part, kinds: set[str]) -> Iterator[str]:
    """A part that is held itself, or that belongs to a held aggregate too, keeps its root."""
    conditions = []
    own = {anchor for anchor in part.anchors if part.model._meta.get_field(anchor).related_model is aggregate.model}
    data_map = getattr(part.model, "data_map", None)
    if Hold.Kind.PERSON in kinds and data_map is not None:
        for path in data_map.subjects:
            text = path.path if isinstance(path, Through) else path
            if text.split("__")[0] not in own:
                conditions.append(reach(part.model, text, "x").is_among(f"%(held_{Hold.Kind.PERSON})s::uuid[]"))
    for column in foreign_keys(part.model):
        kind = _KIND_OF.get(column.related_model._meta.label)
        if kind in kinds and column.related_model is not aggregate.model and kind != Hold.Kind.PERSON:
            conditions.append(f"x.{quoted(column.column)} = ANY(%(held_{kind})s::uuid[])")
    if conditions:
        table, belongs = quoted(part.model._meta.db_table), part.condition.format(key=f"= r.{aggregate.key}")
        yield f"EXISTS (SELECT FROM {table} x WHERE ({belongs}) AND ({' OR '.join(conditions)}))"


def _goes_before(model: Model, run: str) -> list[str]:
    """The conditions by which the row x of a table goes earlier in a run, itself or with one of its roots."""
    conditions = []
    for aggregate in aggregates():
        keys = [f"x.{aggregate.key} = q.key"] if aggregate.model is model and aggregate.is_keyed else []
        keys += [part.condition.format(key="= q.key") for part in aggregate.parts if part.model is model]
        conditions += [
            f"EXISTS (SELECT FROM retention_planrow q WHERE q.run_id = {run}"
            f" AND q.model = '{aggregate.label}' AND ({key}))"
            for key in keys
        ]
    return conditions


def _may_be_empty(aggregate: Aggregate, keep: Keep) -> bool:
    clock = clock_of(aggregate, keep)
    return bool(clock.tables) or bool(clock.field.null)
