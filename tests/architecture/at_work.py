"""What of the seed is at work: each of these is shown by a test that cites it."""

import csv
from pathlib import Path

_SEED = Path(__file__).resolve().parent.parent.parent / "docs" / "seed"


def _ids(name: str) -> frozenset[str]:
    with (_SEED / name).open(encoding="utf-8", newline="") as stream:
        return frozenset(row["id"] for row in csv.DictReader(stream))


ITEMS_AT_WORK: frozenset[str] = _ids("items.csv")
# All of them are at work.
CLAUSES_TO_COME: frozenset[str] = frozenset()
CLAUSES_AT_WORK: frozenset[str] = _ids("clauses.csv") - CLAUSES_TO_COME
