"""Deletes named rows before their day, as the undo of an import asks: the same checks as a purge but the clock.

Dangerous: what is named here goes without having been due. A row to which anything refers that stays, that has
parts which are not named, that a hold covers or that somebody has locked is refused and named; the rest goes with
its copies and a row of the ledger.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.backends.utils import CursorWrapper

from register.access.scope import Actor
from register.datamap.map import DataMap, Kind
from register.datamap.registry import own_map
from register.version import software_version
from register.work.models import ImportRun
from retention.aggregates import Aggregate, Part, aggregates, alone, column_of, foreign_keys, quoted
from retention.eligibility import Holds, holds_on, is_held, is_referred_to, rows
from retention.models import RetentionRun

from .chunks import Outcome, delete_days_of_import, delete_keys, locked_keys
from .holds import share_holds

REFERRED, HELD, LOCKED = "referred-to", "held", "locked"
CHUNK_ROWS = 500
Clock = Callable[[], datetime.datetime]
Keys = Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Erasure:
    """What was deleted, and what was refused: table, key and why."""

    run: RetentionRun
    wanted: Keys
    gone_count: int = 0
    held_count: int = 0
    refused: list[tuple[str, str, str]] = field(default_factory=list)


def erase_rows(
    *,
    wanted: Keys,
    kept: Keys | None = None,
    actor: Actor,
    clock: Clock,
    progress: Callable[[int], bool] = lambda _count: True,
) -> Erasure:
    """Delete the wanted rows (by the label of their table), what refers first; only the purge role can.

    `kept` are rows whose wanted parts stay with them.
    Each chunk is a transaction with its ledger row, so that a call that was cut off can be made again.
    """
    erasure = Erasure(_begin(actor, clock()), wanted)
    for aggregate, found in (*_loose_parts(wanted, kept or {}), *_in_order(wanted)):
        for start in range(0, len(found), CHUNK_ROWS):
            _erase_chunk(erasure, aggregate, found[start : start + CHUNK_ROWS], clock())
            progress(erasure.gone_count)
    erasure.run.state, erasure.run.finished_at = RetentionRun.State.DONE, clock()
    erasure.run.save(update_fields=["state", "finished_at"])
    return erasure


def erase_imported_days(*, imported: ImportRun, label: str, actor: Actor, clock: Clock) -> Erasure:
    """Delete the day rows that an undone import made, a month at a time; what a hold covers stays and is counted.

    Only the purge role can. A call that was cut off can be made again.
    """
    erasure = Erasure(_begin(actor, clock()), {})
    (aggregate,) = (each for each in aggregates() if each.label == label)
    months = rows(
        f"SELECT DISTINCT date_trunc('month', day)::date AS month FROM {aggregate.table}"
        " WHERE import_run_id = %(key)s ORDER BY month",
        {"key": imported.pk},
    )
    for (month,) in months:
        with transaction.atomic(), connection.cursor() as cursor:
            share_holds(cursor)
            gone = delete_days_of_import(cursor, erasure.run, aggregate, imported.pk, month, clock())
        erasure.gone_count += gone.gone_count
    left = rows(f"SELECT count(*) FROM {aggregate.table} WHERE import_run_id = %(key)s", {"key": imported.pk})
    erasure.held_count = left[0][0]
    erasure.run.state, erasure.run.finished_at = RetentionRun.State.DONE, clock()
    erasure.run.save(update_fields=["state", "finished_at"])
    return erasure


def _begin(actor: Actor, at: datetime.datetime) -> RetentionRun:
    asked = RetentionRun.objects.filter(kind=RetentionRun.Kind.UNDO, asked_by=f"{actor.kind}:{actor.id}")
    cut_off = asked.filter(state=RetentionRun.State.RUNNING).first()
    return cut_off or RetentionRun.objects.create(
        kind=RetentionRun.Kind.UNDO,
        state=RetentionRun.State.RUNNING,
        as_of=at.date(),
        asked_by=f"{actor.kind}:{actor.id}",
        started_at=at,
        software_version=software_version(),
    )


def _in_order(wanted: Keys) -> Iterator[tuple[Aggregate, list[Any]]]:
    """Give the wanted roots in the order of reference; places and things, which have no clock, come after persons."""
    known = aggregates()
    for each in known:
        if each.is_keyed and wanted.get(each.label):
            yield each, _as_keys(each, wanted[each.label])
    things = [_thing(name) for name in wanted.keys() - {each.label for each in known}]
    by_model = {each.model: each for each in things if each is not None}
    for model in _by_reference(by_model):
        yield by_model[model], _as_keys(by_model[model], wanted[by_model[model].label])


def _by_reference(by_model: Mapping[type[models.Model], Aggregate]) -> Iterator[type[models.Model]]:
    """Sort tables so that what refers goes before what is referred to."""
    graph = {model: {each.model for each in aggregate.references} for model, aggregate in by_model.items()}
    yield from TopologicalSorter({model: above & by_model.keys() for model, above in graph.items()}).static_order()


def _as_keys(aggregate: Aggregate, keys: Sequence[str]) -> list[Any]:
    return [aggregate.model._meta.pk.to_python(key) for key in keys]


def _thing(name: str) -> Aggregate | None:
    model = apps.get_model(name)
    data_map = own_map(model) or DataMap()
    return None if data_map.goes_with else alone(model, data_map)


def _loose_parts(wanted: Keys, kept: Keys) -> Iterator[tuple[Aggregate, list[Any]]]:
    """Give the wanted parts whose root is not wanted: they go alone, the others go with their root or stay with it."""
    parts = {}
    for name in wanted:
        model = apps.get_model(name)
        data_map = own_map(model)
        if data_map is not None and data_map.goes_with and wanted[name]:
            parts[model] = alone(model, data_map)
    for model in _by_reference(parts):
        yield parts[model], list(_without_root(parts[model], wanted, kept))


def _without_root(part: Aggregate, wanted: Keys, kept: Keys) -> Iterator[Any]:
    anchors = [each for each in foreign_keys(part.model) if each.name in part.data_map.anchors]
    with_root = " OR ".join(f"r.{quoted(each.column)}::text = ANY(%({each.column})s)" for each in anchors)
    labels = {each.column: each.related_model._meta.label for each in anchors}
    roots = {column: [*wanted.get(name, ()), *kept.get(name, ())] for column, name in labels.items()}
    found = rows(
        f"SELECT r.{part.key} FROM {part.table} r"
        f" WHERE r.{part.key} = ANY(%(keys)s::{part.key_type}[]) AND NOT ({with_root}) ORDER BY 1",
        {"keys": _as_keys(part, wanted[part.label]), **roots},
    )
    yield from (key for (key,) in found)


def _erase_chunk(erasure: Erasure, aggregate: Aggregate, keys: list[Any], at: datetime.datetime) -> None:
    """Delete one chunk; where the database refuses it, halve it until the row at fault stands alone."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            share_holds(cursor)
            there = _keys_that(cursor, aggregate, keys, "true", {})
            free = locked_keys(cursor, aggregate, there)
            refused = dict.fromkeys(set(there) - set(free), LOCKED)
            for condition, parameters, why in _stays(aggregate, erasure.wanted, holds_on(at.date())):
                refused.update(dict.fromkeys(_keys_that(cursor, aggregate, free, condition, parameters), why))
            outcome = Outcome(last=keys[-1], planned_count=len(keys))
            delete_keys(cursor, erasure.run, aggregate, [key for key in free if key not in refused], at, outcome)
    except IntegrityError:
        if len(keys) == 1:
            erasure.refused.append((aggregate.label, str(keys[0]), REFERRED))
            return
        for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
            _erase_chunk(erasure, aggregate, half, at)
    else:
        erasure.gone_count += outcome.gone_count
        erasure.refused.extend((aggregate.label, str(key), why) for key, why in refused.items())


def _stays(aggregate: Aggregate, wanted: Keys, holds: Holds) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Give the conditions by which a row is refused."""
    held = [*is_held(aggregate, holds), *_root_is_held(aggregate, holds)]
    if held:
        yield " OR ".join(held), holds.parameters, HELD
    referred = is_referred_to(aggregate)
    if referred:
        yield " OR ".join(referred), {}, REFERRED
    for part in aggregate.parts:
        data_map = own_map(part.model)
        if data_map is None or data_map.kind is not Kind.DERIVED:
            yield *_has_others(aggregate, part, wanted), REFERRED


def _root_is_held(part: Aggregate, holds: Holds) -> Iterator[str]:
    """The conditions that a part, here the row r, belongs to a root that a hold covers."""
    for aggregate in aggregates():
        held = is_held(aggregate, holds)
        for each in aggregate.parts if held else ():
            if each.model is part.model:
                belongs = each.condition.format(key=f"= r.{aggregate.key}")
                yield (
                    f"r.{part.key} IN (SELECT x.{part.key} FROM {part.table} x, {aggregate.table} r"
                    f" WHERE x.{part.key} = ANY(%(keys)s::{part.key_type}[])"
                    f" AND ({belongs}) AND ({' OR '.join(held)}))"
                )


def _has_others(aggregate: Aggregate, part: Part, wanted: Keys) -> tuple[str, dict[str, Any]]:
    """The condition that a row has a part which is not wanted: somebody else made it."""
    pk: Any = part.model._meta.pk
    belongs = part.condition.format(key=f"= r.{aggregate.key}")
    own = f"x.{quoted(column_of(part.model, pk.name))} = ANY(%(own)s::{pk.rel_db_type(connection)}[])"
    table = quoted(part.model._meta.db_table)
    own_keys = [pk.to_python(key) for key in wanted.get(part.label, ())]
    return f"EXISTS (SELECT FROM {table} x WHERE ({belongs}) AND NOT ({own}))", {"own": own_keys}


def _keys_that(
    cursor: CursorWrapper, aggregate: Aggregate, keys: list[Any], condition: str, parameters: Mapping[str, Any]
) -> list[Any]:
    cursor.execute(
        f"SELECT r.{aggregate.key} FROM {aggregate.table} r"
        f" WHERE r.{aggregate.key} = ANY(%(keys)s::{aggregate.key_type}[]) AND ({condition})",
        {**parameters, "keys": keys},
    )
    return [key for (key,) in cursor.fetchall()]
