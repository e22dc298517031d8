"""The chain of the ledger: each entry's hash covers its content and the hash of the entry before."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from .models import LedgerEntry

_CONTENT = ("chunk_number", "model", "row_count", "part_count", "copy_count", "file_count", "previous_hash")


class BrokenChain(Exception):
    """An entry of the ledger was changed, left out or moved."""

    def __init__(self, entry: LedgerEntry) -> None:
        super().__init__(f"The ledger does not hold together at entry {entry.id}.")
        self.entry = entry


def hash_of(entry: LedgerEntry) -> str:
    """Return the hash of an entry's content, to be stored in it and named by the next."""
    content: dict[str, Any] = {name: getattr(entry, name) for name in _CONTENT}
    content |= {
        "run": str(entry.run_id),
        "keys": hashlib.sha256(b"".join(key.bytes for key in entry.keys)).hexdigest(),
        "days": [day.isoformat() for day in entry.days],
        "at": entry.at.isoformat(),
    }
    if entry.numbers:
        content["numbers"] = entry.numbers
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def verify_chain(entries: Iterable[LedgerEntry]) -> int:
    """Check entries in their order, the first of which may follow one that is gone; return how many there are.

    Raises: BrokenChain.
    """
    count, previous = 0, None
    for entry in entries:
        if entry.hash != hash_of(entry) or (previous is not None and entry.previous_hash != previous):
            raise BrokenChain(entry)
        previous = entry.hash
        count += 1
    return count
