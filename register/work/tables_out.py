"""Writes rows out as a table that a spreadsheet may open: no cell may turn into a formula."""

from collections.abc import Iterable
from typing import Any, Protocol

from django.utils.translation import gettext as _

from register.work.faults import Fault
from register.work.importing import ImportKind
from register.work.tables import Table

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class RowWriter(Protocol):
    """Takes rows, as csv.writer does."""

    def writerow(self, row: Iterable[Any], /) -> Any:
        """Write one row."""


def safe_cell(text: str) -> str:
    """Give the text so that a spreadsheet shows it and runs nothing (ASVS V1.2.10)."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def write_faults(table: Table, faults: Iterable[Fault], writer: RowWriter, kind: ImportKind) -> int:
    """Write the refused rows with their original columns, row number and reasons; give how many there were."""
    titles = kind.titles
    reasons: dict[int, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.row_number, []).append(
            f"{titles.get(fault.column, fault.column)}: {fault.message}" if fault.column else fault.message
        )
    writer.writerow([_("row"), _("reason"), *map(safe_cell, table.headings)])
    count = 0
    for row in table:
        if row.number in reasons:
            writer.writerow([row.number, safe_cell("; ".join(reasons[row.number])), *map(safe_cell, row.cells)])
            count += 1
    return count
