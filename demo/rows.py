"""Writes rows in bulk: collected by table, copied into a temporary table, inserted from there.

COPY into a table with policies is refused, and row after row would take hours. The database checks every
constraint and policy as ever; the change log gets no entries, for the import run is the rows' source.
"""

from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Any
from uuid import UUID

from django.db import models
from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from register.crypto.fields import BlindIndexField, EncryptedTextField
from register.crypto.sealing import seal


class Table:
    """The rows of one model that wait to be written."""

    def __init__(self, model: type[models.Model], import_run_id: UUID) -> None:
        self.model, self.name = model, model._meta.db_table
        self.rows: list[tuple[Any, ...]] = []
        self.count = 0
        fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
        self._defaults = {field.attname: _default_of(field) for field in fields}
        if "import_run_id" in self._defaults:
            self._defaults["import_run_id"] = import_run_id
        self._size = len(self._defaults)
        self._secrets = [field for field in fields if isinstance(field, EncryptedTextField)]

    def add(self, **values: Any) -> None:
        """Add a row: columns by name (`customer_id`), the model's defaults for what is not said.

        Raises: TypeError where a column is not of the model.
        """
        row = {**self._defaults, **values}
        if len(row) != self._size:
            raise TypeError(f"{self.name} has no {', '.join(sorted(row.keys() - self._defaults.keys()))}")
        for field in self._secrets:
            self._seal(field, row)
        self.rows.append(tuple(row.values()))

    @property
    def columns(self) -> list[str]:
        """The columns in the order of the rows' values."""
        by_attribute = {field.attname: str(field.column) for field in self.model._meta.concrete_fields}
        return [by_attribute[name] for name in self._defaults]

    def _seal(self, field: EncryptedTextField, row: dict[str, Any]) -> None:
        plaintext = row[field.attname]
        if plaintext is None:
            return
        row[field.attname] = seal(self.name, str(field.column), row["id"], plaintext)
        for other in self.model._meta.concrete_fields:
            if isinstance(other, BlindIndexField) and other.source == field.name:
                row[other.attname] = other.value_of(plaintext)


class KeyedTable(Table):
    """A table with an identity column; where others refer to its rows, `new_key` takes keys from its sequence."""

    _keys: Iterator[int] = iter(())

    def new_key(self, writer: "Writer") -> int:
        """Return a key of the sequence that no other row gets; the rows are then to be added with `id`."""
        key = next(self._keys, None)
        if key is None:
            if "id" not in self._defaults:
                self._defaults = {"id": None, **self._defaults}
                self._size += 1
            query = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, 1000)"
            with writer.lock:
                writer.cursor.execute(query, [self.name])
                self._keys = iter([row[0] for row in writer.cursor.fetchall()])
            key = next(self._keys)
        return key


class Writer:
    """Holds the tables in the order in which they are written, so that what is referred to comes first."""

    def __init__(self, connection: "Connection[Any]", import_run_id: UUID, order: Iterable[type[models.Model]]) -> None:
        self.cursor = connection.cursor()
        self.lock = Lock()  # one statement at a time: rows are written while others are made
        self._tables = {
            model: (Table if isinstance(model._meta.pk, models.UUIDField) else KeyedTable)(model, import_run_id)
            for model in order
        }

    def table(self, model: type[models.Model]) -> Table:
        """Return the table of a model."""
        return self._tables[model]

    def keyed(self, model: type[models.Model]) -> "KeyedTable":
        """Return the table of a model with numbered keys that other rows refer to."""
        found = self._tables[model]
        assert isinstance(found, KeyedTable)
        return found

    def take(self) -> list[tuple[Table, list[tuple[Any, ...]]]]:
        """Take the waiting rows out, so that they can be written while others are collected."""
        taken = [(table, table.rows) for table in self._tables.values() if table.rows]
        for table, _rows in taken:
            table.rows = []
        return taken

    def write(self, taken: list[tuple[Table, list[tuple[Any, ...]]]]) -> None:
        """Write rows that were taken out, table by table."""
        with self.lock:
            for table, rows in taken:
                self._write(table, rows)

    def counts(self) -> dict[str, int]:
        """Return how many rows of each table were written."""
        return {table.name: table.count for table in self._tables.values()}

    def _write(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        names = {
            "table": sql.Identifier(table.name),
            "staging": sql.Identifier(f"demo_{table.name}"),
            "columns": sql.SQL(", ").join(map(sql.Identifier, table.columns)),
        }
        if not table.count:
            self._run("CREATE TEMP TABLE {staging} ON COMMIT DROP AS SELECT {columns} FROM {table} LIMIT 0", names)
        self._run("SELECT * FROM {staging} LIMIT 0", names)
        types = [column.type_code for column in self.cursor.description or ()]
        self._copy(rows, types, names)
        self._run("INSERT INTO {table} ({columns}) SELECT {columns} FROM {staging}", names)
        self._run("TRUNCATE {staging}", names)
        table.count += len(rows)

    def _copy(self, rows: Iterable[tuple[Any, ...]], types: list[int], names: dict[str, Any]) -> None:
        with self.cursor.copy(sql.SQL("COPY {staging} FROM STDIN (FORMAT BINARY)").format(**names)) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def _run(self, text: str, names: dict[str, Any]) -> None:
        self.cursor.execute(sql.SQL(text).format(**names))


def _default_of(field: models.Field) -> Any:
    """Return what stands in a column of which nothing is said; a key or a needed value stays to be said."""
    if field.primary_key:
        return None
    if field.has_default():
        value = field.get_default()
        return Jsonb(value) if isinstance(value, dict) else value
    if field.null:
        return None
    return "" if isinstance(field, models.CharField | models.TextField) else None
