"""A fault of a row, as readers of files and imports pass it on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A refused row: its number in the file, the column, a stable code and the reason in words."""

    row_number: int
    code: str
    message: str
    column: str = ""
    file_number: int = 1
