"""The nightly check of relationships: compares, mends, counts; a chunk at a time, each in a transaction of its own."""

import datetime
from collections.abc import Callable
from dataclasses import asdict, dataclass
from uuid import UUID

from register.access.scope import Actor
from register.audit.acting import acting_as_service
from sites.agreement import compare_relationships
from sites.operations import mend_relationships

CHECK_RELATIONSHIPS = "check-relationships"
_MENDED_AT_ONCE = 200
Progress = Callable[[int], bool]


@dataclass
class Checked:
    """How many customers were compared, how many differed (and were mended), how many run without a contract."""

    compared: int = 0
    differed: int = 0
    mended: int = 0
    endless: int = 0

    @property
    def as_result(self) -> dict[str, int]:
        """The numbers for the job's row and the report."""
        return asdict(self)


def check_relationships(
    *,
    clock: Callable[[], datetime.datetime],
    mends: bool = True,
    progress: Progress = lambda _count: True,
    most: int = 20_000,
) -> Checked:
    """Compare every customer's relationship with their contracts, mend what differs, and give the numbers.

    Who runs on without any contract is counted only: nothing tells since when. Cut off, it can be run again.
    """
    checked, after = Checked(), None
    while True:
        with acting_as_service(CHECK_RELATIONSHIPS):
            found = compare_relationships(after=after, most=most)
        checked.compared += found.count
        checked.differed += len(found.differing)
        checked.endless += len(found.endless)
        if mends:
            checked.mended += _mend(found.differing, clock)
        after = found.last
        if not found.count or not progress(checked.compared):
            return checked


def _mend(customer_ids: list[UUID], clock: Callable[[], datetime.datetime]) -> int:
    count = 0
    for start in range(0, len(customer_ids), _MENDED_AT_ONCE):
        chunk = customer_ids[start : start + _MENDED_AT_ONCE]
        with acting_as_service(CHECK_RELATIONSHIPS):
            count += mend_relationships(customer_ids=chunk, actor=Actor.service(CHECK_RELATIONSHIPS), at=clock())
    return count
