"""Reads the first sheet of an XLSX workbook in a process of its own, whose memory and time are limited.

A workbook of a few kilobytes can name a cell in the last row and column, or one long text a million times, and
the reader would take all memory: then that process ends, and the worker goes on. Run as a program, it reads the
workbook from its input and writes a line of JSON for each row; it needs nothing of the register.
"""

import contextlib
import io
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, time
from typing import IO, Any

MOST_MEMORY_BYTES = 1536 * 1024 * 1024
MOST_SECONDS = 600


class UnreadableWorkbook(Exception):
    """The workbook is damaged, has no sheet, or takes more memory than it may."""


def workbook_rows(stream: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    """Give the rows of the first sheet with their numbers, as text. Raises: UnreadableWorkbook."""
    with subprocess.Popen(
        [sys.executable, "-I", __file__], stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as reader:
        assert reader.stdout is not None
        try:
            for line in reader.stdout:
                number, cells = json.loads(line)
                yield number, cells
        finally:
            reader.stdout.close()
            if reader.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    reader.wait(1)
            if reader.poll() is None:
                reader.kill()
    if reader.returncode != 0:
        raise UnreadableWorkbook


def _write_rows() -> None:
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    sheet = workbook.get_sheet_by_index(0)
    first = (sheet.start or (0, 0))[0] + 1
    out = sys.stdout
    for number, cells in enumerate(sheet.iter_rows(), start=first):
        out.write(json.dumps([number, [_text(cell) for cell in cells]]) + "\n")
    out.flush()


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return str(cell).strip()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    _write_rows()
