"""Answers "why do you still hold this?" for one row, by the same conditions that the purge uses."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from register.datamap.map import Keep, WhenNull
from register.datamap.registry import label
from retention.aggregates import Aggregate, Model, Part, aggregates, quoted
from retention.eligibility import HOLDABLE, clock_of, goes_on_by, holds_on, is_held, last_day_of, rows
from retention.models import Hold, LedgerEntry


class NoSuchTable(LookupError):
    """There is no table of that name, or its rows are not held for a time."""


@dataclass(frozen=True)
class KeepState:
    """One reason to hold a row, and where its clock stands. `goes_on` is None where it runs or is unknown."""

    keep: Keep
    clock: Any
    last_day: datetime.date | None
    goes_on: datetime.date | None

    @property
    def is_running(self) -> bool:
        """Whether the reason has no end yet."""
        return self.clock is None and self.keep.clock.when_null is WhenNull.RUNNING

    @property
    def is_fault(self) -> bool:
        """Whether the date is missing that must be there."""
        return self.clock is None and self.keep.clock.when_null is WhenNull.FAULT


@dataclass
class Reasons:
    """Why a row is held: its keeps, what refers to it, the holds; or when it went."""

    label: str
    key: str
    keeps: list[KeepState] = field(default_factory=list)
    references: list[tuple[str, int]] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    went: LedgerEntry | None = None
    goes_with: list["Reasons"] = field(default_factory=list)
    is_there: bool = True

    @property
    def goes_on(self) -> datetime.date | None:
        """The day on which the last keep ends; None while one runs or its date is missing."""
        if any(state.is_running or state.is_fault for state in self.keeps):
            return None
        return max((state.goes_on for state in self.keeps if state.goes_on), default=None)


def reasons_of(name: str, key: str, *, on: datetime.date) -> Reasons:
    """Tell why the row of a table is held on a day: `key` is its key or its number.

    Raises: NoSuchTable.
    """
    try:
        model = apps.get_model(name)
    except (LookupError, ValueError):
        raise NoSuchTable(name) from None
    own = [aggregate for aggregate in aggregates() if aggregate.model is model]
    parts = [(aggregate, part) for aggregate in aggregates() for part in aggregate.parts if part.model is model]
    if not own and not parts:
        raise NoSuchTable(name)
    pk = _find(model, key)
    if pk is None:
        return Reasons(label(model), key, is_there=False, went=_ledger_entry(label(model), key))
    if own:
        return _of_root(own[0], pk, on)
    found = Reasons(label(model), str(pk))
    for aggregate, part in parts:
        found.goes_with += [_of_root(aggregate, root, on) for root in _roots_of(aggregate, part, pk)]
    return found


def find_target(kind: str, text: str) -> UUID | None:
    """Find what a hold is to cover by its number or key; None where it is not there."""
    found = _find(apps.get_model(HOLDABLE[Hold.Kind(kind)]), "".join(text.split()))
    return found if isinstance(found, UUID) else None


def _find(model: Model, key: str) -> Any:
    """Give the key of the row that is named by key or by number."""
    manager = model._default_manager
    fields: Sequence[Any] = [
        column
        for column in model._meta.local_fields
        if isinstance(column, models.CharField) and (column.unique or column.name == "number")
    ]
    for column in fields:
        found = manager.filter(**{column.name: key}).values_list("pk", flat=True).first()
        if found is not None:
            return found
    try:
        lookup = tuple(key.split("/")) if isinstance(model._meta.pk, models.CompositePrimaryKey) else key
        return manager.filter(pk=lookup).values_list("pk", flat=True).first()
    except (ValueError, ValidationError, TypeError):
        return None


def _of_root(aggregate: Aggregate, pk: Any, on: datetime.date) -> Reasons:
    where, parameters = _is_row(aggregate, pk)
    columns = []
    for keep in aggregate.keeps:
        columns += [
            clock_of(aggregate, keep).expression,
            last_day_of(aggregate, keep),
            goes_on_by(aggregate, keep),
        ]
    (values,) = rows(f"SELECT {', '.join(columns)} FROM {aggregate.table} r WHERE {where}", parameters)
    shown = "/".join(map(str, pk)) if isinstance(pk, tuple) else str(pk)
    found = Reasons(aggregate.label, shown)
    for number, keep in enumerate(aggregate.keeps):
        found.keeps.append(KeepState(keep, *values[number * 3 : number * 3 + 3]))
    for reference in aggregate.references:
        ((count,),) = rows(
            f"SELECT count(*) FROM {reference.tables}, {aggregate.table} r WHERE {where} AND {reference.condition}",
            parameters,
        )
        if count:
            found.references.append((reference.label, count))
    found.holds = _holds_on_row(aggregate, where, parameters, on)
    return found


def _holds_on_row(aggregate: Aggregate, where: str, parameters: dict[str, Any], on: datetime.date) -> list[Hold]:
    """Give the holds that cover the row: each is asked for itself, by the predicate of the purge."""
    if not is_held(aggregate, holds_on(on)):
        return []
    found = []
    for hold in Hold.objects.filter(released_at__isnull=True):
        if not hold.is_in_force(on):
            continue
        conditions = is_held(aggregate, type(holds_on(on))({hold.kind: [hold.target]}))
        if conditions and rows(
            f"SELECT 1 FROM {aggregate.table} r WHERE {where} AND ({' OR '.join(conditions)})",
            parameters | {f"held_{hold.kind}": [hold.target]},
        ):
            found.append(hold)
    return found


def _is_row(aggregate: Aggregate, pk: Any) -> tuple[str, dict[str, Any]]:
    key = aggregate.model._meta.pk
    if isinstance(key, models.CompositePrimaryKey):
        columns = [str(column.column) for column in key.fields if isinstance(column, models.Field)]
        conditions = [f"r.{quoted(column)} = %(pk{number})s" for number, column in enumerate(columns)]
        return " AND ".join(conditions), {f"pk{number}": value for number, value in enumerate(pk)}
    return f"r.{aggregate.key} = %(pk)s", {"pk": pk}


def _roots_of(aggregate: Aggregate, part: Part, pk: Any) -> list[UUID]:
    condition = part.condition.format(key=f"= r.{aggregate.key}")
    found = rows(
        f"SELECT r.{aggregate.key} FROM {aggregate.table} r, {quoted(part.model._meta.db_table)} x"
        f" WHERE x.{quoted(part.model._meta.pk.column)} = %(pk)s AND ({condition})",
        {"pk": pk},
    )
    return [key for (key,) in found]


def _ledger_entry(name: str, key: str) -> LedgerEntry | None:
    try:
        return LedgerEntry.objects.filter(model=name, keys__contains=[UUID(key)]).select_related("run").first()
    except ValueError:
        return None
