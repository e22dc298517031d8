"""Reads the rows of a table for a package as a stream, each value as people and machines are given it."""

import datetime
import decimal
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from register.datamap.map import Kind
from register.datamap.registry import own_map
from retention.aggregates import quoted

from .tables import Column, Shown, Table

_AT_ONCE: Final = 500
_AS_THEY_ARE: Final = frozenset({str, int, bool, float, type(None)})
Value = Any


class Cell(NamedTuple):
    """One value: for machines, and for people where people read it."""

    value: Value
    text: str = ""


@dataclass
class Reading:
    """One reading of a person's rows: how files are named, and the names of what rows refer to."""

    customer_id: UUID
    named: dict[tuple[type[models.Model], Any], Cell] = field(default_factory=dict)
    file_names: dict[tuple[str, str], str] = field(default_factory=dict)


def read(table: Table, reading: Reading, *, for_people: bool = False) -> Iterator[list[Cell]]:
    """Yield the rows of a table that are about the person, with the day on which each goes as the last cell.

    The words for people are made only where people read them.
    A cursor of the server keeps the memory bounded. Encrypted columns of the person are opened here.
    """
    condition, parameters = table.condition(reading.customer_id)
    columns = [_select(column) for column in table.columns]
    day = table.goes_on or "NULL::date"
    key = f"r.{quoted(table.model._meta.pk.column)}" if _has_plain_key(table.model) else "NULL"
    order = key if key != "NULL" else ", ".join(str(number) for number in range(1, len(columns) + 1))
    sql = (
        f"SELECT {', '.join(columns)}, {day}, {key} FROM {quoted(table.model._meta.db_table)} r"
        f" WHERE {condition} ORDER BY {order}"
    )
    makers = [_maker(table, column, reading, for_people) for column in table.columns]
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while found := cursor.fetchmany(_AT_ONCE):
            for row in found:
                *values, goes, pk = row
                cells = [make(value, pk, row) for make, value in zip(makers, values, strict=True)]
                cells.append(Cell(goes.isoformat() if goes else None, _date(goes) if goes else ""))
                yield cells


def count(table: Table, reading: Reading) -> int:
    """Count the rows of a table that are about the person."""
    condition, parameters = table.condition(reading.customer_id)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {quoted(table.model._meta.db_table)} r WHERE {condition}", parameters)
        return int(cursor.fetchone()[0])


Maker = Callable[[Any, Any, tuple[Any, ...]], Cell]


def _select(column: Column) -> str:
    name = f"r.{quoted(column.field.column)}"
    # Arrays are written by the database: a year of quarters is 35,136 numbers.
    return f"array_to_json({name})::text" if column.is_array else name


def _maker(table: Table, column: Column, reading: Reading, for_people: bool) -> Maker:
    if column.shown is Shown.STAFF:
        place = _kind_place(table)
        return lambda value, pk, row: _worker(value, row[place] if place is not None else "")
    if column.shown is Shown.WITHHELD:
        return lambda value, pk, row: Cell("•••", "•••") if value else Cell(None, "")
    if column.shown is Shown.SECRET:
        return lambda value, pk, row: _opened(column, value, pk)
    if column.shown is Shown.FILE:
        return lambda value, pk, row: _file(table, value, reading)
    if column.name == table.data_map.persons:
        own = str(reading.customer_id)
        return lambda value, pk, row: Cell([own], "")
    if column.is_array:
        return lambda value, pk, row: Cell(Raw(value), "") if value else Cell(None, "")
    if column.field.is_relation:
        return lambda value, pk, row: _related(column, value, reading)
    if table.data_map.persons and column.name.startswith("changes"):
        place = [one.name for one in table.columns].index("content_type")
        return lambda value, pk, row: _changes(value, row[place])
    if isinstance(column.field, models.JSONField):
        return lambda value, pk, row: Cell(Raw(value), "") if isinstance(value, str) else Cell(value, "")
    if column.field.primary_key:
        return lambda value, pk, row: Cell(_plain(value), "")
    if not for_people:
        return lambda value, pk, row: Cell(_plain(value))
    if column.field.flatchoices:
        words = {code: str(text) for code, text in column.field.flatchoices}
        return lambda value, pk, row: Cell(_plain(value), words.get(value, _text(value)))
    return lambda value, pk, row: Cell(_plain(value), _text(value))


class Raw(str):
    """A text that is JSON already."""


def _worker(value: Any, kind: str) -> Cell:
    """A member of staff is told as such, never by name (C-579/21); a customer or a service as it is."""
    text = str(value or "")
    if not text:
        return Cell("", "")
    said = kind or text.partition(":")[0]
    words = {"customer": _("customer"), "service": _("automatic")}.get(said, _("our staff"))
    return Cell(said if said in ("customer", "service") else "staff", words)


def _kind_place(table: Table) -> int | None:
    names = [column.name for column in table.columns]
    return names.index("actor_kind") if "actor_kind" in names else None


def _opened(column: Column, value: Any, pk: Any) -> Cell:
    sealed = column.field.from_db_value(value, None, connection)
    text = sealed.bound(pk).reveal() if sealed else ""
    return Cell(text or None, text)


def _file(table: Table, value: Any, reading: Reading) -> Cell:
    name = reading.file_names.get((table.label, str(value)), "")
    return Cell(name or None, name)


def _related(column: Column, value: Any, reading: Reading) -> Cell:
    """A row that is referred to: by its name where it is nobody's, else by its key."""
    if value is None:
        return Cell(None, "")
    target: Any = column.field.related_model
    if (target, value) in reading.named:
        return reading.named[target, value]
    data_map = own_map(target)
    if data_map is None or data_map.kind is not Kind.NO_PERSON:
        if target is ContentType:
            model = ContentType.objects.get_for_id(value).model_class()
            return Cell(model._meta.label if model else "", str(model._meta.verbose_name) if model else "")
        return Cell(_plain(value), "")
    if (target, value) not in reading.named:
        found = target._default_manager.filter(pk=value).first()
        name = str(found) if found else ""
        reading.named[target, value] = Cell({"key": _plain(value), "name": name}, name)
    return reading.named[target, value]


def _changes(value: Any, content_type: int) -> Cell:
    """What changed, without the names of staff."""
    told = json.loads(value) if isinstance(value, str) and value else value
    if not isinstance(told, Mapping):
        return Cell(None, "")
    model = ContentType.objects.get_for_id(content_type).model_class()
    data_map = own_map(model) if model else None
    hidden = set(data_map.staff) if data_map else set()
    shown = {name: ["•••", "•••"] if name in hidden else change for name, change in told.items()}
    names = {one.name: str(one.verbose_name) for one in model._meta.concrete_fields} if model else {}
    text = "; ".join(f"{names.get(name, name)}: {_change(change)}" for name, change in shown.items())
    return Cell(shown, text)


def _change(change: Any) -> str:
    if not isinstance(change, list) or len(change) != 2:
        return str(change)
    old, new = ("–" if one in (None, "None", "") else str(one) for one in change)
    return f"{old} → {new}"


def _plain(value: Any) -> Any:
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    if value is True or value is False:
        return str(_("yes") if value else _("no"))
    if isinstance(value, datetime.datetime):
        return _moment(value)
    if isinstance(value, datetime.date):
        return _date(value)
    return str(value)


def _moment(value: datetime.datetime) -> str:
    local = localtime(value)
    return f"{local.day}.{local.month}.{local.year} {local.hour}.{local.minute:02d}"


def _date(value: datetime.date) -> str:
    return f"{value.day}.{value.month}.{value.year}"


def _has_plain_key(model: type[models.Model]) -> bool:
    return not isinstance(model._meta.pk, models.CompositePrimaryKey)
