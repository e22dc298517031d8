"""Lays the readings of a file out as whole Helsinki days, and says what is missing or stands twice."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sites.consumption.rows import GAP, NO_WORD, DayRows
from sites.datahub.blocks import BadLine, Block
from sites.datahub.lines import Series, Unreadable
from sites.slots import Int32s, days_of, midnights


class GapRange(NamedTuple):
    """Slots without a value between the first and the last line of a series: from a quarter to before another."""

    series: Series
    start: int
    end: int

    @property
    def slot_count(self) -> int:
        """The slots without a value."""
        return (self.end - self.start) * 15 // self.series.resolution_min


class Sorted(NamedTuple):
    """Readings in order of series and time, each slot once."""

    block: Block
    duplicate_count: int
    conflicts: list[BadLine]


def joined(blocks: Sequence[Block]) -> Block:
    """Put blocks behind each other."""
    return Block(*(np.concatenate(columns) for columns in zip(*blocks, strict=True)))


def split_last_day(block: Block) -> tuple[Block, Block]:
    """Part the readings of the day of the last line, which may go on, from all others."""
    day = days_of(block.quarter[-1:])[0]
    near = (block.series == block.series[-1]) & (np.abs(block.quarter - day * 96) < 200)
    is_last = near.copy()
    is_last[near] = days_of(block.quarter[near]) == day
    return Block(*(column[~is_last] for column in block)), Block(*(column[is_last] for column in block))


def sort_slots(block: Block) -> Sorted:
    """Bring readings in order; a slot that is there twice stays once if both say the same or one is a gap."""
    keys = (block.series.astype(np.int64) << 32) | block.quarter
    steps = np.diff(keys)
    if (steps > 0).all():
        return Sorted(block, 0, [])
    order = np.argsort(keys, kind="stable")
    block, keys = Block(*(column[order] for column in block)), keys[order]
    is_repeat = np.concatenate([[False], keys[1:] == keys[:-1]])
    keep = np.ones(len(keys), np.bool_)
    conflicts: list[BadLine] = []
    kept = -1
    for at in np.flatnonzero(is_repeat).tolist():
        kept = kept if kept >= 0 and keys[kept] == keys[at] else at - 1
        if block.wh[at] == GAP:
            keep[at] = False
        elif block.wh[kept] == GAP:
            keep[kept], kept = False, at
        else:
            keep[at] = False
            if block.wh[at] != block.wh[kept] or block.word[at] != block.word[kept]:
                other = Unreadable("conflicting_duplicate", other=int(block.line[kept]))
                conflicts.append(BadLine(int(block.line[at]), other))
    return Sorted(Block(*(column[keep] for column in block)), int(np.count_nonzero(~keep)), conflicts)


def lay_out(block: Block, series: Sequence[Series]) -> Iterator[DayRows]:
    """Lay sorted readings out as days; `place` and `word` of the rows are the indexes of the file."""
    if not len(block.line):
        return
    step = np.array([one.resolution_min // 15 for one in series], np.int32)
    day = days_of(block.quarter)
    is_new = np.concatenate([[True], (np.diff(day) != 0) | (np.diff(block.series) != 0)])
    starts = np.flatnonzero(is_new)
    row = np.cumsum(is_new) - 1
    row_series, row_day = block.series[starts], day[starts]
    row_step = step[row_series]
    midnight = midnights(row_day)
    row_slots = (midnights(row_day + 1) - midnight) // row_step
    slot = (block.quarter - midnight[row]) // row_step[row]
    is_uniform = np.minimum.reduceat(block.word, starts) == np.maximum.reduceat(block.word, starts)
    for slots in np.unique(row_slots).tolist():
        for uniform in (True, False):
            is_here = (row_slots == slots) & (is_uniform == uniform)
            if not is_here.any():
                continue
            chosen = is_here[row]
            place_of = np.cumsum(is_here) - 1
            flat = place_of[row[chosen]] * slots + slot[chosen]
            count = int(np.count_nonzero(is_here))
            word = block.word[chosen]
            yield DayRows(
                resolution_min=15 if slots > 25 else 60,
                place=row_series[is_here],
                day=row_day[is_here],
                wh=_spread(block.wh[chosen], flat, (count, slots), GAP).astype(np.int32),
                word=(block.word[starts][is_here] if uniform else _spread(word, flat, (count, slots), NO_WORD)).astype(
                    np.int16
                ),
            )


def _spread(values: Int32s, at: NDArray[np.int64], shape: tuple[int, int], empty: int) -> Int32s:
    if len(values) == shape[0] * shape[1]:
        return values.reshape(shape)
    flat = np.full(shape[0] * shape[1], empty, np.int32)
    flat[at] = values
    return flat.reshape(shape)


class GapFinder:
    """Finds the slots without a value, batch by batch of a file in order of time."""

    def __init__(self) -> None:
        self._value_end: dict[int, int] = {}
        self._line_end: dict[int, int] = {}

    def find(self, block: Block, series: Sequence[Series]) -> Iterator[GapRange]:
        """Find the gaps between the values of sorted readings, and before those of the batch before."""
        starts = np.flatnonzero(np.diff(block.series, prepend=-1))
        for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(block.series)], strict=True):
            index = int(block.series[start])
            step = series[index].resolution_min // 15
            times, is_value = block.quarter[start:end], block.wh[start:end] != GAP
            opening = self._value_end.get(index, int(times[0]))
            valued = times[is_value]
            befores = np.concatenate([[opening], valued + step])
            self._value_end[index] = max(opening, int(befores[-1]))
            self._line_end[index] = max(self._line_end.get(index, 0), int(times[-1]) + step)
            for at in np.flatnonzero(valued > befores[:-1]).tolist():
                yield GapRange(series[index], int(befores[at]), int(valued[at]))

    def close(self, series: Sequence[Series]) -> Iterator[GapRange]:
        """Find what is missing at the end: lines that only say MISSING."""
        for index, end in self._line_end.items():
            if end > self._value_end[index]:
                yield GapRange(series[index], self._value_end[index], end)
