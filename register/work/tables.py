"""Reads a table of a CSV or XLSX file row by row, in bounded memory, and says in plain words what is wrong with it.

The file comes from people and programs that nobody here controls: nothing in it is trusted.
"""

import csv
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import IO, Literal, NamedTuple, Protocol

from django.utils.translation import gettext as _

from register.work.workbook import UnreadableWorkbook, workbook_rows

MOST_UNPACKED_BYTES = 400 * 1024 * 1024
MOST_ARCHIVE_MEMBERS = 2_000
MOST_CELL_CHARACTERS = 10_000
MOST_COLUMNS = 300
MOST_WORKBOOK_BYTES = 64 * 1024 * 1024
_XLSX, _XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# What people save under the name of a table; anything else that is no UTF-8 text is found line by line.
_NO_TABLES = (b"%PDF", b"{\\rtf", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ";,\t|"


class Readable(Protocol):
    """A file that can be opened again and again: a path, or a stored file that is decrypted on the way."""

    def open(self, mode: Literal["rb"]) -> IO[bytes]:
        """Open it for reading."""


class UnableToReadTable(Exception):
    """The file is no table that can be read; the words say why and what to do."""


class Row(NamedTuple):
    """One row: its number in the file (the headings are row 1) and its cells as text, stripped."""

    number: int
    cells: Sequence[str]


class Table:
    """The headings and rows of a file; iterating reads it, once or again."""

    def __init__(self, source: Readable) -> None:
        self.source = source
        self.is_workbook = _check_signature(source)
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
        return _xlsx_rows(self.source) if self.is_workbook else _csv_rows(self.source)


def _check_signature(source: Readable) -> bool:
    try:
        with source.open("rb") as stream:
            start = stream.read(256)
    except OSError as error:
        raise UnableToReadTable(_("The file cannot be opened: %(reason)s.") % {"reason": error.strerror}) from None
    if start.startswith(_XLSX):
        _check_archive(source)
        return True
    if start.startswith(_XLS):
        raise UnableToReadTable(_("This is an old Excel file (.xls): save it as .xlsx or CSV."))
    if start[:2] in _UTF16:
        raise UnableToReadTable(_("The file is in UTF-16: save it as CSV in UTF-8."))
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        raise UnableToReadTable(_("This is a web page or XML, whatever its name says: save the table as CSV or XLSX."))
    if start.startswith(_NO_TABLES):
        raise UnableToReadTable(_("This is no CSV or XLSX file, whatever its name says."))
    return False


def _check_archive(source: Readable) -> None:
    """Refuse what is no workbook or would unpack too large; each part is unpacked once and its checksum checked."""
    try:
        with source.open("rb") as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            if len(members) > MOST_ARCHIVE_MEMBERS or sum(one.file_size for one in members) > MOST_UNPACKED_BYTES:
                raise UnableToReadTable(_("The XLSX file is too large when unpacked: save it as CSV."))
            if not any(member.filename.startswith("xl/") for member in members):
                raise UnableToReadTable(_("This is a packed file but no XLSX workbook."))
            for member in members:
                with archive.open(member) as part:
                    while part.read(1 << 20):
                        pass
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise UnableToReadTable(_("The XLSX file is damaged or broken off.")) from None


def _csv_rows(source: Readable) -> Iterator[Row]:
    with source.open("rb") as raw:
        delimiter = _delimiter(raw)
        lines = _decoded_lines(raw)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                raise UnableToReadTable(
                    _("Row %(row)s is broken: is a quote not closed, or was the file broken off?")
                    % {"row": reader.line_num}
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


def _xlsx_rows(source: Readable) -> Iterator[Row]:
    with source.open("rb") as stream, tempfile.TemporaryFile() as plain:
        # The other process needs a file of its own; this one has no name, and is gone when it is closed.
        size = 0
        while piece := stream.read(1 << 20):
            size += len(piece)
            if size > MOST_WORKBOOK_BYTES:
                raise UnableToReadTable(_("The XLSX file is too large: save it as CSV."))
            plain.write(piece)
        plain.seek(0)
        try:
            for number, cells in workbook_rows(plain):
                yield Row(number, cells)
        except UnreadableWorkbook:
            raise UnableToReadTable(_("The XLSX file is damaged, too large or has no sheet.")) from None
