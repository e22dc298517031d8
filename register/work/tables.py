"""Reads a table of a CSV or XLSX file row by row, in bounded memory, and says in plain words what is wrong with it.

The file comes from people and programs that nobody here controls: nothing in it is trusted.
"""

import csv
import datetime
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

MOST_UNPACKED_BYTES = 400 * 1024 * 1024
MOST_ARCHIVE_MEMBERS = 2_000
MOST_CELL_CHARACTERS = 10_000
MOST_COLUMNS = 300
_XLSX, _XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ";,\t|"


class UnableToReadTable(Exception):
    """The file is no table that can be read; the words say why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file (the headings are row 1) and its cells as text, stripped."""

    number: int
    cells: Sequence[str]


class Table:
    """The headings and rows of a file; iterating reads it, once or again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_xlsx = _check_signature(path)
        self.headings = self._headings()

    def __iter__(self) -> Iterator[Row]:
        """Give the rows after the headings; empty rows are left out.

        Raises: UnableToReadTable where the file breaks off or is damaged.
        """
        rows = self._rows()
        next(rows, None)
        for row in rows:
            if any(row.cells):
                yield row

    def _headings(self) -> list[str]:
        first = next(self._rows(), None)
        headings = list(first.cells) if first else []
        while headings and not headings[-1]:
            headings.pop()
        if not headings:
            raise UnableToReadTable(_("The file is empty: the first row must hold the headings."))
        if len(headings) > MOST_COLUMNS:
            raise UnableToReadTable(_("The file has more than %(most)s columns.") % {"most": MOST_COLUMNS})
        named = [heading for heading in headings if heading]
        if len(set(named)) != len(named):
            raise UnableToReadTable(_("Two columns have the same heading: give each a name of its own."))
        return headings

    def _rows(self) -> Iterator[Row]:
        return _xlsx_rows(self.path) if self._is_xlsx else _csv_rows(self.path)


def _check_signature(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise UnableToReadTable(_("The file cannot be opened: %(reason)s.") % {"reason": error.strerror}) from None
    if start.startswith(_XLSX):
        _check_archive(path)
        return True
    if start.startswith(_XLS):
        raise UnableToReadTable(_("This is an old Excel file (.xls): save it as .xlsx or CSV."))
    if start[:2] in _UTF16:
        raise UnableToReadTable(_("The file is in UTF-16: save it as CSV in UTF-8."))
    return False


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile:
        raise UnableToReadTable(_("The XLSX file is damaged or broken off.")) from None
    if len(members) > MOST_ARCHIVE_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED_BYTES:
        raise UnableToReadTable(_("The XLSX file is too large when unpacked: save it as CSV."))
    if not any(member.filename.startswith("xl/") for member in members):
        raise UnableToReadTable(_("This is a packed file but no XLSX workbook."))


def _csv_rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as raw:
        delimiter = _delimiter(raw)
        lines = _decoded_lines(raw)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise UnableToReadTable(
                    _("Row %(row)s is broken: %(reason)s. A quote that is not closed, or a file broken off?")
                    % {"row": reader.line_num, "reason": error}
                ) from None
            yield Row(reader.line_num, [cell.strip() for cell in cells])


def _delimiter(raw: IO[bytes]) -> str:
    first = raw.readline(1_000_000)
    raw.seek(0)
    text = first.decode("utf-8-sig", errors="replace")
    return max(_DELIMITERS, key=text.count)


def _decoded_lines(raw: IO[bytes]) -> Iterator[str]:
    number = 0
    for number, line in enumerate(iter(lambda: raw.readline(MOST_CELL_CHARACTERS * 100), b""), start=1):
        if b"\x00" in line:
            raise UnableToReadTable(_("Row %(row)s has a NUL byte: this is no text file.") % {"row": number})
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise UnableToReadTable(
                _("Row %(row)s is not UTF-8 (perhaps Latin-1): save the file as CSV in UTF-8.") % {"row": number}
            ) from None


def _xlsx_rows(path: Path) -> Iterator[Row]:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
        sheet = workbook.get_sheet_by_index(0)
        for number, cells in enumerate(sheet.iter_rows(), start=(sheet.start or (0, 0))[0] + 1):
            yield Row(number, [_text(cell) for cell in cells])
    except (CalamineError, OSError, IndexError, ValueError):
        raise UnableToReadTable(_("The XLSX file is damaged or has no sheet.")) from None


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return str(cell).strip()
