"""Consumption as it is stored: whole Helsinki days, column by column."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sites.slots import Int32s

GAP = -(2**31)
NO_WORD = -1

Int16s = NDArray[np.int16]


class Place(NamedTuple):
    """Where day rows belong: a site, one of its series and the controller of that series."""

    site_id: uuid.UUID
    series: int
    controller_id: int


@dataclass(frozen=True)
class DayRows:
    """Days of one resolution and one length.

    `place` and `word` index lists that go with the rows; `day` counts from 1970; `wh` has a row a day and a
    column a slot, GAP where nothing was measured; `word` is one a day, or one a slot (NO_WORD where none).
    """

    resolution_min: int
    place: Int32s
    day: Int32s
    wh: Int32s
    word: Int16s

    def __len__(self) -> int:
        return len(self.day)

    @property
    def slot_count(self) -> int:
        """The slots of each day: 92, 96 or 100; 23, 24 or 25."""
        return int(self.wh.shape[1])

    @property
    def reading_count(self) -> int:
        """The slots that have a value."""
        return int(np.count_nonzero(self.wh != GAP))

    def moved(self, places: Sequence[int], words: Sequence[int]) -> "DayRows":
        """Give the same days with other indexes: each place and word becomes what the list has at its place."""
        new_words = np.array([*words, NO_WORD], np.int16)
        return DayRows(
            self.resolution_min,
            np.array(places, np.int32)[self.place],
            self.day,
            self.wh,
            new_words[self.word],
        )
