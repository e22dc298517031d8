"""What a search finds, in the form in which the page shows it; each app has a finder of its own rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from django.utils.functional import Promise

from .guessing import Query

Words = str | Promise
LIMIT = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """One row found: why, what it is called, where it opens, and whom it shows.

    `marked` are the folded words to be marked in the title and the line. `rank` orders hits: the
    lower, the better; ended ones come last whatever their rank.
    """

    section: str
    icon: str
    title: str
    line: Words
    why: Words
    key: str
    url: str
    status: tuple[str, Words]
    customers: tuple[UUID, ...] = ()
    marked: tuple[str, ...] = ()
    is_ended: bool = False
    is_protected: bool = False
    rank: int = 5


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of one finder. `is_exact`: the key was whole and unique, so a single hit may open at once."""

    hits: list[Hit] = field(default_factory=list)
    is_exact: bool = False
    is_cut: bool = False
    nearly: tuple[str, ...] = ()


class Finder(Protocol):
    """Finds rows of one app; `may` tells whether the person who searches holds a permission."""

    def __call__(self, query: Query, may: Callable[[str], bool]) -> Found: ...


def finds(*permissions: str) -> Callable[[Finder], Finder]:
    """Say with which rights a finder searches: it sees the rows of the controllers at which they are held together."""

    def say(finder: Finder) -> Finder:
        finder.permissions = permissions  # type: ignore[attr-defined]
        return finder

    return say


@dataclass(frozen=True, slots=True)
class Section:
    """A kind of hit with its count, for the chips above the list."""

    code: str
    label: Words
    count: int


def in_order(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits with the best first and the ended last."""
    return sorted(hits, key=lambda hit: (hit.is_ended, hit.rank, hit.title.casefold()))
