"""Writes a package as one ZIP, in a stream: JSON with its schema, a CSV for each table, the files, the page."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring
from typing import Any, Final

import filetype
from django.db import connection

from register.crypto.files import EncryptedFile, FileMissing, WrappedKeyField
from register.crypto.sealing import UnableToOpen
from register.work.tables_out import safe_cell
from retention.aggregates import column_of, quoted

from .rows import Cell, Raw, Reading, read
from .tables import Table

# One moment for all entries: the package tells the time of its making in its own words.
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_PIECE_BYTES: Final = 256 * 1024
_LEVEL: Final = 1
_WAV: Final = "wav"
Entry = tuple[str, Iterable[bytes], bool]


class _Sink(io.RawIOBase):
    """Takes what the ZIP writes and gives it on in pieces; nothing is ever sought."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self.held_bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self.held_bytes += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """Give what was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self.held_bytes = 0
        return taken


def zipped(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield a ZIP of the entries (name, content, whether it is made smaller) as it grows."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", compresslevel=_LEVEL) as archive:
        for name, content, is_compressed in entries:
            info = zipfile.ZipInfo(name, date_time=_MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED if is_compressed else zipfile.ZIP_STORED
            info.external_attr = 0o600 << 16
            with archive.open(info, "w", force_zip64=True) as target:
                for piece in content:
                    target.write(piece)
                    if sink.held_bytes > _PIECE_BYTES:
                        yield sink.take()
    yield sink.take()


def gathered(pieces: Iterable[str]) -> Iterator[bytes]:
    """Yield texts as bytes in pieces of some size."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > _PIECE_BYTES:
            yield "".join(held).encode()
            held, size = [], 0
    yield "".join(held).encode()


def as_json(tables: Iterable[Table], reading: Reading, head: dict[str, Any]) -> Iterator[str]:
    """Yield all tables as one JSON document: what each is for, and its rows."""
    yield f'{{"package": {_json(head)},\n"tables": {{'
    for number, table in enumerate(tables):
        told = {
            "title": str(table.title),
            "purposes": [{"purpose": keep.purpose.id, "basis": keep.basis.value} for keep in table.keeps],
            "kept": [str(keep.period.title) for keep in table.keeps],
            "items": sorted(item.seed for item in table.data_map.fields),
        }
        yield f'{"," if number else ""}\n{_json(table.label)}: {{{_json(told)[1:-1]}, "rows": ['
        names = [_json(column.name) for column in table.columns] + ['"goes_on"']
        for place, cells in enumerate(read(table, reading)):
            values = ", ".join(f"{name}: {_value(cell)}" for name, cell in zip(names, cells, strict=True))
            yield f"{',' if place else ''}\n{{{values}}}"
        yield "]}"
    yield "\n}}\n"


def as_csv(table: Table, reading: Reading) -> Iterator[str]:
    """Yield the rows of a table as CSV that a spreadsheet may open."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff"
    writer.writerow([*(column.name for column in table.columns), "goes_on"])
    for cells in read(table, reading):
        writer.writerow([_cell(cell) for cell in cells])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def files_of(table: Table, reading: Reading) -> Iterator[Entry]:
    """Yield the encrypted files of a table, opened: recordings as audio, documents as they came.

    What the storage has no more is named in the page without a file.
    """
    for column in table.data_map.files:
        for number, (pk, stored, wrapped) in enumerate(_stored(table, column, reading), start=1):
            opened = _open(table, stored, wrapped, pk)
            if opened is None:
                continue
            name = f"files/{table.label.split('.')[1].lower()}-{number:04d}.{opened[1]}"
            reading.file_names[table.label, stored] = name
            yield name, opened[0].chunks(), False


def name_files(tables: Iterable[Table], reading: Reading) -> list[Entry]:
    """Name the files first, so that rows can point to them; they are read when they are written."""
    return [entry for table in tables for entry in files_of(table, reading)]


def _stored(table: Table, column: str, reading: Reading) -> list[tuple[Any, str, bytes]]:
    condition, parameters = table.condition(reading.customer_id)
    key = next(field for field in table.model._meta.local_fields if isinstance(field, WrappedKeyField))
    name = quoted(column_of(table.model, column))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.{quoted(table.model._meta.pk.column)}, r.{name}, r.{quoted(key.column)}"
            f" FROM {quoted(table.model._meta.db_table)} r WHERE ({condition}) AND r.{name} <> '' ORDER BY 1",
            parameters,
        )
        return [(pk, stored, bytes(wrapped or b"")) for pk, stored, wrapped in cursor.fetchall()]


def _open(table: Table, stored: str, wrapped: bytes, pk: Any) -> tuple[EncryptedFile, str] | None:
    key = next(field for field in table.model._meta.local_fields if isinstance(field, WrappedKeyField))
    place, column = key.place
    try:
        found = EncryptedFile(stored, wrapped, table=place, column=column, row_id=pk)
        head = b"".join(found.part(0, 300))
    except (FileMissing, UnableToOpen, ValueError):
        return None
    if head[:4] == b"RIFF":
        return found, _WAV
    kind = filetype.guess(head)
    return found, kind.extension if kind else "bin"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _value(cell: Cell) -> str:
    value = cell.value
    kind = type(value)
    if value is None:
        return "null"
    if kind is str:
        return encode_basestring(value)
    if kind is int:
        return str(value)
    return str(value) if kind is Raw else _json(value)


def _cell(cell: Cell) -> str:
    value = cell.value
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    if isinstance(value, Raw):
        return value.strip("[]").replace(",", " ") if value.startswith("[") else str(value)
    if isinstance(value, dict | list):
        return safe_cell(cell.text) if cell.text else _json(value)
    return safe_cell(str(value))
