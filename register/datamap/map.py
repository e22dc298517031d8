"""What a model says of its rows: whom they are about, why they are held, from when, and which items lie where.

Retention, requests, the notice and masking read these declarations; nothing else lists personal data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from .items import DataItem
from .schedule import Period
from .vocabulary import Basis, Clause


class WhenNull(StrEnum):
    """What an empty clock means."""

    RUNNING = "running"
    FAULT = "fault"
    ABSENT = "absent"


RUNNING = WhenNull.RUNNING
FAULT = WhenNull.FAULT
ABSENT = WhenNull.ABSENT


@dataclass(frozen=True, slots=True)
class Clock:
    """The date from which a period runs: a column of the row or a forward path, never a reverse relation.

    `exclusive` marks an end that is the first day no longer in effect: the last day is the day before.
    """

    path: str
    when_null: WhenNull = FAULT
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Keep:
    """One reason to hold a row: a purpose, its basis, the period and the clock that starts it."""

    purpose: Clause
    basis: Basis
    period: Period
    clock: Clock


@dataclass(frozen=True, slots=True)
class Through:
    """A path to people through a place, with the period that limits it to those who lived there then.

    The period is a table of contracts: a cancelled one leads to nobody.
    """

    path: str
    period: str
    on: str


@dataclass(frozen=True, slots=True)
class Linked:
    """How a place or its thing is linked to people: the path, and the relation whose period limits it.

    `starts` and `ends` name the row's own days: what was there only before or after somebody's
    contract is not about them.
    """

    path: str
    period: str
    starts: str = ""
    ends: str = ""


class Kind(StrEnum):
    """How a table is treated by retention and access."""

    ROOT = "root"
    PART = "part"
    GATE = "gate"
    DERIVED = "derived"
    NO_PERSON = "no-person"


@dataclass(frozen=True)
class DataMap:
    """The declaration of one model.

    A root has `keeps`; a part names in `goes_with` the forward relation (or relations, whichever
    goes first) to the aggregate with which it goes. `fields` maps items to columns,
    `technical` names the columns that hold no item of the seed; `staff` those of them that name a
    member of staff, which the person is told as a unit and never by name. `persons` names an array
    column of the keys of those whom a row of a log is about.
    """

    subjects: Sequence[str | Through] = ()
    keeps: Sequence[Keep] = ()
    goes_with: str | tuple[str, ...] = ()
    fields: Mapping[DataItem, Sequence[str]] = field(default_factory=dict)
    technical: Sequence[str] = ()
    files: Sequence[str] = ()
    kind: Kind = Kind.ROOT
    reason: str = ""
    linked: Sequence[Linked] = ()
    staff: Sequence[str] = ()
    persons: str = ""

    def __post_init__(self) -> None:
        if self.kind is Kind.ROOT and self.goes_with:
            object.__setattr__(self, "kind", Kind.PART)

    @property
    def anchors(self) -> tuple[str, ...]:
        """The relations of a part to the aggregates with which it goes."""
        return (self.goes_with,) if isinstance(self.goes_with, str) else tuple(self.goes_with)


def gate(
    reason: str,
    *,
    keeps: Sequence[Keep] = (),
    goes_with: str | tuple[str, ...] = (),
    technical: Sequence[str] = (),
) -> DataMap:
    """Declare a table that is read before a scope can exist (sessions, accounts, tokens)."""
    return DataMap(kind=Kind.GATE, reason=reason, keeps=keeps, goes_with=goes_with, technical=technical)


def derived(goes_with: str, reason: str) -> DataMap:
    """Declare a table made from mapped rows, which goes with them and which the application may replace."""
    return DataMap(kind=Kind.DERIVED, goes_with=goes_with, reason=reason)


def no_person(
    reason: str,
    *,
    keeps: Sequence[Keep] = (),
    goes_with: str | tuple[str, ...] = (),
    fields: Mapping[DataItem, Sequence[str]] | None = None,
    technical: Sequence[str] = (),
    linked: Sequence[Linked] = (),
) -> DataMap:
    """Declare a table that holds nobody's data: reference data, a place and its things, or work that is done.

    `linked` says through which contracts a place is about people all the same.
    """
    return DataMap(
        kind=Kind.NO_PERSON,
        reason=reason,
        keeps=keeps,
        goes_with=goes_with,
        fields=fields or {},
        technical=technical,
        linked=linked,
    )
