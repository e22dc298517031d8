"""The aggregates that the data map describes, as tables: a root, its parts, what refers to it, whom it is about.

Nothing here knows a model by name. Conditions are SQL over the alias `r` of the root or `x` of a part;
in the condition of a part `{key}` stands for the comparison with the root's key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from register.datamap.elsewhere import THIRD_PARTY_TABLES
from register.datamap.map import RUNNING, Clock, DataMap, Keep, Kind, Through
from register.datamap.registry import declared_models, label
from register.datamap.schedule import WHILE
from register.datamap.vocabulary import P1, Basis

Model = type[models.Model]


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a path of the data map leads: a column of the row itself, or of tables joined to it."""

    column: str
    tables: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    field: Any = None

    @property
    def expression(self) -> str:
        """The value as an expression; only for forward paths, which lead to one value."""
        if not self.tables:
            return self.column
        return f"(SELECT {self.column} FROM {', '.join(self.tables)} WHERE {' AND '.join(self.conditions)})"

    def is_among(self, values: str) -> str:
        """The condition that the path leads to one of the values (an SQL array)."""
        found = f"{self.column} && {values}" if isinstance(self.field, ArrayField) else f"{self.column} = ANY({values})"
        if not self.tables:
            return found
        conditions = " AND ".join((*self.conditions, found))
        return f"EXISTS (SELECT FROM {', '.join(self.tables)} WHERE {conditions})"


@dataclass(frozen=True)
class Part:
    """A table whose rows go with the root: the condition by which they are found, and the other ways they go."""

    model: Model
    condition: str
    anchors: tuple[str, ...]

    @property
    def label(self) -> str:
        """The name of the table in plans and counts."""
        return label(self.model)


@dataclass(frozen=True)
class Reference:
    """A foreign key from outside the aggregate to the root or to one of its parts."""

    model: Model
    condition: str  # over x, the referring row, r, the root, and y, the part that is referred to
    part: str = ""

    @property
    def tables(self) -> str:
        """What stands after FROM: the referring table and the part, if there is one between."""
        own = f"{quoted(self.model._meta.db_table)} x"
        return f"{own}, {quoted(self.part)} y" if self.part else own

    @property
    def label(self) -> str:
        """The name of the referring table."""
        return label(self.model)


@dataclass(frozen=True)
class Aggregate:
    """A root with all that goes with it. Parts are in the order in which they can be deleted."""

    model: Model
    data_map: DataMap
    parts: tuple[Part, ...] = ()
    references: tuple[Reference, ...] = field(default=(), repr=False)

    @property
    def label(self) -> str:
        """The name of the root in plans and ledgers."""
        return label(self.model)

    @property
    def title(self) -> Any:
        """The name of the root for people."""
        return self.model._meta.verbose_name_plural

    @property
    def table(self) -> str:
        """The root's table, quoted."""
        return quoted(self.model._meta.db_table)

    @property
    def key(self) -> str:
        """The root's key column, quoted. Only for roots that are planned by key."""
        return quoted(self.model._meta.pk.column)

    @property
    def key_type(self) -> str:
        """The type of the root's key in the database, for comparing with arrays of keys."""
        return str(self.model._meta.pk.rel_db_type(connection))

    @property
    def is_keyed(self) -> bool:
        """Whether its rows are planned one by one by UUID; the others are planned by the day of their clock."""
        return isinstance(self.model._meta.pk, models.UUIDField)

    @property
    def keeps(self) -> Sequence[Keep]:
        """The reasons to hold a row."""
        return self.data_map.keeps


class UnplannableRoot(Exception):
    """The data map declares a root that retention cannot plan."""


@cache
def aggregates() -> tuple[Aggregate, ...]:
    """Give all aggregates in the order of reference: what refers goes before what is referred to.

    Raises: UnplannableRoot.
    """
    declared = dict(_declared())
    members = {root: _parts(root, declared) for root, data_map in declared.items() if data_map.keeps}
    found = {
        root: Aggregate(root, declared[root], parts, tuple(_references(root, parts))) for root, parts in members.items()
    }
    for aggregate in found.values():
        _refuse_unplannable(aggregate)
    graph: dict[Model, set[Model]] = {root: set() for root in found}
    for aggregate in found.values():
        for reference in aggregate.references:
            graph[aggregate.model] |= {
                root
                for root, parts in members.items()
                if root is not aggregate.model
                and (root is reference.model or any(part.model is reference.model for part in parts))
            }
    return tuple(found[root] for root in _in_order(graph))


def aggregate_of(name: str) -> Aggregate:
    """Give the aggregate whose root has this label. Raises: KeyError."""
    for aggregate in aggregates():
        if aggregate.label == name:
            return aggregate
    raise KeyError(name)


def quoted(name: object) -> str:
    """Quote a name of the database."""
    return '"' + str(name).replace('"', '""') + '"'


def column_of(model: Model, name: str) -> str:
    """Give the column of a field of the model itself."""
    found: Any = model._meta.get_field(name)
    return str(found.column)


def reach(model: Model, path: str, alias: str, through: Through | None = None) -> Reach:
    """Follow a path of the data map from the row `alias`, along foreign keys in either direction.

    `through` limits a path through a place to those who were there on the row's day.
    """
    current, at, tables, conditions = model, alias, list[str](), list[str]()
    names = path.split("__")
    for number, name in enumerate(names):
        is_last = number == len(names) - 1
        found: Any = current._meta.pk if name == "pk" else current._meta.get_field(name)
        if not found.is_relation or (is_last and found.concrete):
            return Reach(f"{at}.{quoted(found.column)}", tuple(tables), tuple(conditions), found)
        next_alias = f"{alias}{number + 1}"
        target: Model = found.related_model
        tables.append(f"{quoted(target._meta.db_table)} {next_alias}")
        if found.concrete:
            conditions.append(f"{next_alias}.{quoted(target._meta.pk.column)} = {at}.{quoted(found.column)}")
        else:
            conditions.append(f"{next_alias}.{quoted(found.field.column)} = {at}.{quoted(current._meta.pk.column)}")
        if through is not None and through.period == "__".join(names[: number + 1]):
            day = f"{alias}.{quoted(column_of(model, through.on))}"
            conditions.append(
                f"{next_alias}.started_on <= {day} AND ({next_alias}.ended_on IS NULL OR {day} < {next_alias}.ended_on)"
                f" AND NOT {next_alias}.is_cancelled"  # nobody lived there by it
            )
        current, at = target, next_alias
    return Reach(f"{at}.{quoted(current._meta.pk.column)}", tuple(tables), tuple(conditions), current._meta.pk)


def subject_reaches(model: Model, data_map: DataMap, alias: str) -> list[Reach]:
    """Give where the paths to persons lead from a row."""
    return [
        reach(model, path.path, alias, path) if isinstance(path, Through) else reach(model, path, alias)
        for path in data_map.subjects
    ]


def alone(model: Model, data_map: DataMap) -> Aggregate:
    """Give a table that is no root as if it were one: a part whose root stays, a place or a thing."""
    return Aggregate(model, data_map, (), tuple(_references(model, ())))


def foreign_keys(model: Model) -> Iterator[Any]:
    """Give the model's own columns that refer to other tables, by the database or by word only."""
    for column in model._meta.local_fields:
        if column.many_to_one or column.one_to_one:
            yield column


def _declared() -> Iterator[tuple[Model, DataMap]]:
    yield from declared_models()
    for table in THIRD_PARTY_TABLES:
        if not (table.runs_out or table.goes_with):
            continue
        keeps = [Keep(P1, Basis.INTEREST, WHILE, Clock(table.runs_out, RUNNING))] if table.runs_out else []
        yield (
            apps.get_model(table.name),
            DataMap(kind=Kind.GATE, reason=table.reason, keeps=keeps, goes_with=table.goes_with),
        )


def _parts(root: Model, declared: dict[Model, DataMap]) -> tuple[Part, ...]:
    """Find what goes with a root, parts of parts included, those that refer to others first."""
    conditions: dict[Model, list[str]] = {}
    waiting: list[tuple[Model, str]] = [(root, "{key}")]
    while waiting:
        parent, condition = waiting.pop()
        for model, data_map in declared.items():
            for anchor in data_map.anchors:
                column: Any = model._meta.get_field(anchor) if anchor else None
                if column is None or column.related_model is not parent or model is parent:
                    continue
                if parent is root:
                    own = f"x.{quoted(column.column)} {{key}}"
                else:
                    alias = f"p{len(condition)}"
                    inner = condition.replace("x.", f"{alias}.")
                    own = (
                        f"x.{quoted(column.column)} IN (SELECT {alias}.{quoted(parent._meta.pk.column)}"
                        f" FROM {quoted(parent._meta.db_table)} {alias} WHERE {inner})"
                    )
                conditions.setdefault(model, []).append(own)
                waiting.append((model, own))
    graph: dict[Model, set[Model]] = {model: set() for model in conditions}
    for model in conditions:
        for column in foreign_keys(model):
            if column.related_model in conditions and column.related_model is not model:
                graph[column.related_model].add(model)
    return tuple(Part(model, " OR ".join(conditions[model]), declared[model].anchors) for model in _in_order(graph))


def _in_order(graph: dict[Model, set[Model]]) -> Iterator[Model]:
    """Sort by reference and then by name: the same in every process."""
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=label)
        yield from ready
        sorter.done(*ready)


def _references(root: Model, parts: tuple[Part, ...]) -> Iterator[Reference]:
    inside = {root, *(part.model for part in parts)}
    by_model = {part.model: part for part in parts}
    for model in apps.get_models(include_auto_created=True):
        if model in inside or model._meta.proxy:
            continue
        for column in foreign_keys(model):
            if column.related_model is root:
                yield Reference(model, f"x.{quoted(column.column)} = r.{quoted(root._meta.pk.column)}")
            elif column.related_model in by_model:
                part = by_model[column.related_model]
                inner = part.condition.replace("x.", "y.").format(key=f"= r.{quoted(root._meta.pk.column)}")
                belongs = f"x.{quoted(column.column)} = y.{quoted(part.model._meta.pk.column)} AND ({inner})"
                yield Reference(model, belongs, part.model._meta.db_table)


def _refuse_unplannable(aggregate: Aggregate) -> None:
    if aggregate.is_keyed:
        return
    if len(aggregate.keeps) != 1 or "__" in aggregate.keeps[0].clock.path or aggregate.parts or aggregate.references:
        raise UnplannableRoot(
            f"{aggregate.label} has no UUID key: such a root needs one keep with a clock of its own, "
            "and neither parts nor anything that refers to it."
        )
