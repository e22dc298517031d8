"""Which tables, rows and columns a package has: what the data map says, and nothing named by hand."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import Promise

from register.crypto.fields import BlindIndexField, EncryptedTextField
from register.crypto.files import WrappedKeyField
from register.datamap.held import keeps_of
from register.datamap.items import DataItem
from register.datamap.map import DataMap, Keep, Kind, Linked, Through
from register.datamap.registry import declared_models
from retention.aggregates import Aggregate, Model, aggregates, column_of, quoted, reach
from retention.eligibility import goes_on, rows

_CUSTOMERS = "%(customers)s::uuid[]"
Condition = tuple[str, dict[str, Any]]


class Shown(StrEnum):
    """How a column is given."""

    PLAIN = "plain"
    SECRET = "secret"  # opened: the person's own
    WITHHELD = "withheld"  # somebody else's secret
    STAFF = "staff"  # a member of staff: the unit, never the name
    FILE = "file"  # the file lies in the package


@dataclass(frozen=True)
class Column:
    """One column of a table as the package gives it."""

    field: Any
    shown: Shown
    items: tuple[DataItem, ...]

    @property
    def name(self) -> str:
        """The name in the files for machines."""
        return str(self.field.name)

    @property
    def title(self) -> str | Promise:
        """The name for people."""
        return self.field.verbose_name

    @property
    def is_array(self) -> bool:
        """Whether it holds many values."""
        return isinstance(self.field, ArrayField)

    @property
    def is_file(self) -> bool:
        """Whether it names a file of the package."""
        return self.shown is Shown.FILE


@dataclass(frozen=True)
class Table:
    """One table of the package: the rows that are about the person, and their columns."""

    model: Model
    data_map: DataMap

    @property
    def label(self) -> str:
        """The stable name: app.Model."""
        return self.model._meta.label

    @property
    def title(self) -> str | Promise:
        """The name for people."""
        return self.model._meta.verbose_name_plural or ""

    @property
    def file_name(self) -> str:
        """The name of its CSV file."""
        return f"{self.label.replace('.', '-').lower()}.csv"

    @property
    def keeps(self) -> list[Keep]:
        """Why the rows are held."""
        return keeps_of(self.model)

    @cached_property
    def columns(self) -> list[Column]:
        """The columns, without keys of encryption and blind indexes, which say nothing."""
        fields = self.data_map.fields.items()
        return [
            Column(field, self._shown(field), tuple(item for item, names in fields if field.name in names))
            for field in self.model._meta.local_fields
            if not isinstance(field, WrappedKeyField | BlindIndexField | models.CompositePrimaryKey)
        ]

    @property
    def is_of_one(self) -> bool:
        """Whether a row is about this person alone, and not about one who stands for or lives with them."""
        return all(isinstance(path, str) and _is_forward(self.model, path) for path in self.data_map.subjects)

    @property
    def goes_on(self) -> str:
        """The expression of the day on which the row r goes; empty where it goes with another row."""
        return goes_on(self.aggregate) if self.aggregate else ""

    @cached_property
    def aggregate(self) -> Aggregate | None:
        """The aggregate of a root."""
        return next((one for one in aggregates() if one.model is self.model and one.keeps), None)

    def condition(self, customer_id: UUID) -> Condition:
        """Give the condition, with its parameters, that the row r is about the person."""
        parameters: dict[str, Any] = {"customers": [customer_id]}
        found = []
        for number, path in enumerate(self.data_map.subjects):
            if isinstance(path, Through):
                found.append(_through(self.model, path, customer_id, f"places_{number}", parameters))
            else:
                found.append(reach(self.model, path, "r").is_among(_CUSTOMERS))
        if self.data_map.persons:
            found.append(f"r.{quoted(column_of(self.model, self.data_map.persons))} && {_CUSTOMERS}")
        found += [_linked(self.model, link) for link in self.data_map.linked]
        return " OR ".join(f"({one})" for one in found), parameters

    def _shown(self, field: Any) -> Shown:
        if isinstance(field, EncryptedTextField):
            return Shown.SECRET if self.is_of_one else Shown.WITHHELD
        if field.name in self.data_map.staff:
            return Shown.STAFF
        return Shown.FILE if field.name in self.data_map.files else Shown.PLAIN


def package_tables() -> list[Table]:
    """Give every table that can be about a person, in the order of the apps."""
    return [Table(model, data_map) for model, data_map in declared_models() if is_about_persons(data_map)]


def is_about_persons(data_map: DataMap) -> bool:
    """Tell whether rows of a table are about persons; copies made of them and tables of sign-in are not told."""
    if data_map.kind in (Kind.DERIVED, Kind.GATE):
        return False
    return bool(data_map.subjects or data_map.persons or data_map.linked)


def _through(model: Model, path: Through, customer_id: UUID, name: str, parameters: dict[str, Any]) -> str:
    """A path through a place: first the person's places, so that the index of the place serves."""
    first, _, rest = path.path.partition("__")
    place: Any = model._meta.get_field(first)
    near = reach(place.related_model, rest, "r").is_among(_CUSTOMERS)
    key, table = quoted(place.related_model._meta.pk.column), quoted(place.related_model._meta.db_table)
    found = rows(f"SELECT r.{key} FROM {table} r WHERE {near}", {"customers": [customer_id]})
    parameters[name] = [each for (each,) in found]
    exact = reach(model, path.path, "r", path).is_among(_CUSTOMERS)
    return f"r.{quoted(place.column)} = ANY(%({name})s::uuid[]) AND {exact}"


def _linked(model: Model, link: Linked) -> str:
    """A place or its thing that was there on a day of the person's contract."""
    found = reach(model, link.path, "r")
    conditions = [*found.conditions, f"{found.column} = ANY({_CUSTOMERS})"]
    period = f"r{len(link.period.split('__'))}"
    if link.starts:
        starts, ends = (f"r.{quoted(column_of(model, name))}" for name in (link.starts, link.ends))
        conditions.append(f"({ends} IS NULL OR {ends} > {period}.started_on)")
        conditions.append(f"({starts} IS NULL OR {period}.ended_on IS NULL OR {starts} < {period}.ended_on)")
    return f"EXISTS (SELECT FROM {', '.join(found.tables)} WHERE {' AND '.join(conditions)})"


def _is_forward(model: Model, path: str) -> bool:
    current: Any = model
    for name in path.split("__"):
        field = current._meta.pk if name == "pk" else current._meta.get_field(name)
        if not field.concrete:
            return False
        current = field.related_model
    return True
