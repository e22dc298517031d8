"""Reads a block of lines at once: millions of readings a second, each as exactly as lines.py would read it.

Lines of the common shape are taken apart eight bytes at a time, for the whole block together; what neighbours
share (series, date, quality) is read once for each run of equal lines. A line of any other shape goes to
lines.py by itself, so nothing is accepted or refused here that is not there.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from sites.datahub.lines import GAP, LARGEST_WH, MISSING, Reader, Series, Unreadable, read_time, read_word
from sites.slots import Int32s

LF, CR, COMMA, SEMICOLON = 10, 13, 44, 59
PAD = 128
HEAD, TIME, QUANTITY, ROW = 48, 48, 69, 80
NOTHING = -1

Words = NDArray[np.uint64]
Indexes = NDArray[np.int64]
Flags = NDArray[np.bool_]
T = TypeVar("T")


class Block(NamedTuple):
    """The readings of some lines, column by column; `line` counts from 1, `series` and `word` index the Columns."""

    line: Int32s
    series: Int32s
    quarter: Int32s
    wh: Int32s
    word: Int32s


class BadLine(NamedTuple):
    """A line that cannot be read, and why."""

    line: int
    reason: Unreadable


@dataclass
class Columns:
    """Reads the blocks of one file in turn; knows the series (and the first line of each) and words so far."""

    reader: Reader
    series: list[Series] = field(default_factory=list)
    series_lines: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    line_count: int = 0
    rounded_count: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)
    _heads: dict[bytes, int] = field(default_factory=dict)
    _dates: dict[bytes, int] = field(default_factory=dict)
    _tails: dict[bytes, int] = field(default_factory=dict)

    def read(self, text: bytes) -> Block:
        """Read whole lines, each with its end; bad ones are left out and kept in `bad_lines`."""
        buffer = np.frombuffer(b"\n" * PAD + text + b"\n" * PAD, np.uint8)
        starts, ends = _lines(buffer)
        block, is_read = self._read_common(buffer, starts, ends)
        block = block._replace(line=np.arange(len(starts), dtype=np.int32) + self.line_count + 1)
        for odd in np.flatnonzero(~is_read).tolist():
            is_read[odd] = self._read_odd(block, odd, buffer[starts[odd] : ends[odd]].tobytes())
        self.line_count += len(starts)
        for new in range(len(self.series_lines), len(self.series)):
            self.series_lines.append(int(block.line[np.argmax(block.series == new)]))
        return block if is_read.all() else Block(*(column[is_read] for column in block))

    def _read_odd(self, block: Block, at: int, text: bytes) -> bool:
        try:
            reading = self.reader.line(text)
        except Unreadable as reason:
            self.bad_lines.append(BadLine(int(block.line[at]), reason))
            return False
        block.series[at] = _index(self.series, reading.series)
        block.quarter[at] = reading.quarter
        block.wh[at] = reading.wh
        block.word[at] = _index(self.words, reading.word)
        self.rounded_count += reading.was_rounded
        return True

    def _read_common(self, buffer: NDArray[np.uint8], starts: Indexes, ends: Indexes) -> tuple[Block, Flags]:
        rows, time_at = _rows(buffer, starts)
        words = rows.view("<u8").reshape(-1, ROW // 8)
        series = self._series_of(rows, words)
        midnight = self._midnight_of(rows, words)
        quarter, is_time = _clock(words, midnight)
        wh, rest, comma, is_quantity = _energy(buffer, words, time_at)
        word, is_word = self._word_of(buffer, comma + 8, ends)
        is_read = (series != NOTHING) & (midnight != NOTHING) & is_time & is_quantity & is_word
        is_hourly = np.array([one.resolution_min == 60 for one in self.series] + [False])
        is_read &= ~(is_hourly[series] & (quarter & 3 != 0))
        if MISSING in self.words:
            is_gap = word == self.words.index(MISSING)
            wh[is_gap], rest[is_gap] = GAP, 0
        self.rounded_count += int(np.count_nonzero(rest[is_read]))
        return Block(series, series, quarter, wh, word), is_read

    def _series_of(self, rows: NDArray[np.void], words: Words) -> Int32s:
        """Read what the lines of a run share: all before the time."""
        starts, lengths = _runs(*words[:, : HEAD // 8].T)
        found = []
        for head in rows[starts].tolist():
            key = head[:HEAD]
            if key not in self._heads:
                self._heads[key] = self._read_head(key)
            found.append(self._heads[key])
        return np.repeat(np.array(found, np.int32), lengths)

    def _read_head(self, head: bytes) -> int:
        parts = head.lstrip(b"\n").split(b";")
        if len(parts) != 6 or parts[5]:
            return NOTHING
        try:
            return _index(self.series, self.reader.series(*parts[:5]))
        except Unreadable:
            return NOTHING

    def _midnight_of(self, rows: NDArray[np.void], words: Words) -> Int32s:
        """Read the date, as the quarter at which it starts in UTC."""
        starts, lengths = _runs(words[:, 6], words[:, 7] & np.uint64(0xFFFFFF))
        found = []
        for row in rows[starts].tolist():
            key = row[TIME : TIME + 11]
            if key not in self._dates:
                self._dates[key] = _read_date(key)
            found.append(self._dates[key])
        return np.repeat(np.array(found, np.int32), lengths)

    def _word_of(self, buffer: NDArray[np.uint8], at: Indexes, ends: Indexes) -> tuple[Int32s, Flags]:
        """Read the quality, up to 16 bytes of it."""
        length = ends - at
        is_word = (length > 0) & (length <= 16)
        at, length = np.where(is_word, at, 0), np.where(is_word, length, 1)
        first = _eight(buffer)[at] & _lowest(np.minimum(length, 8))
        second = _eight(buffer)[at + 8] & _lowest(np.maximum(length - 8, 0))
        starts, lengths = _runs(first, second)
        found = []
        for pair in zip(first[starts].tolist(), second[starts].tolist(), strict=True):
            key = b"".join(part.to_bytes(8, "little") for part in pair).rstrip(b"\0")
            if key not in self._tails:
                self._tails[key] = self._read_tail(key)
            found.append(self._tails[key])
        word = np.repeat(np.array(found, np.int32), lengths)
        return word, is_word & (word != NOTHING)

    def _read_tail(self, tail: bytes) -> int:
        try:
            return _index(self.words, read_word(tail))
        except Unreadable:
            return NOTHING


def _index(known: list[T], one: T) -> int:
    try:
        return known.index(one)
    except ValueError:
        known.append(one)
        return len(known) - 1


def _read_date(text: bytes) -> int:
    try:
        return read_time(text + b"00:00:00Z", 60)
    except Unreadable:
        return NOTHING


def _lines(buffer: NDArray[np.uint8]) -> tuple[Indexes, Indexes]:
    """Find where each line starts, and where it ends without LF or CR LF."""
    feeds = np.flatnonzero(buffer[PAD - 1 : -PAD] == LF) + PAD - 1
    starts, ends = feeds[:-1] + 1, feeds[1:]
    return starts, ends - ((buffer[ends - 1] == CR) & (ends > starts))


def _eight(buffer: NDArray[np.uint8]) -> Words:
    """See the eight bytes from each place on as one number, the first byte lowest."""
    return np.ndarray((len(buffer) - 8,), "<u8", buffer=buffer, strides=(1,))


def _rows(buffer: NDArray[np.uint8], starts: Indexes) -> tuple[NDArray[np.void], Indexes]:
    """Copy the first 80 bytes of each line, moved so that the time stands at one place for both resolutions."""
    view = np.ndarray((len(buffer) - ROW,), f"V{ROW}", buffer=buffer, strides=(1,))
    is_hourly = buffer[starts + 37] == SEMICOLON
    at = starts - is_hourly
    return view[at], at + TIME


def _runs(*keys: Words) -> tuple[Indexes, Indexes]:
    """Find the runs of neighbours that are equal in all keys: where each starts, how long it is."""
    count = len(keys[0])
    is_new = np.zeros(max(count - 1, 0), np.bool_)
    for key in keys:
        is_new |= key[1:] != key[:-1]
    starts = np.concatenate([[0], np.flatnonzero(is_new) + 1]) if count else np.empty(0, np.int64)
    return starts, np.diff(starts, append=count)


def _clock(words: Words, midnight: Int32s) -> tuple[Int32s, Flags]:
    """Read hour and minute of `T22:15:00Z;`."""
    clock = words[:, 7] >> np.uint64(24)
    high, low = np.uint64(0xF0F0FFF0F0), np.uint64(0x0606000606)
    is_time = (clock & high) == np.uint64(0x30303A3030)
    is_time &= ((clock + low) & high) == np.uint64(0x30303A3030)
    is_time &= (words[:, 8] & np.uint64(0xFFFFFFFFFF)) == np.uint64(int.from_bytes(b":00Z;", "little"))
    digit = [((clock >> np.uint64(shift)) & np.uint64(15)).astype(np.int32) for shift in (0, 8, 24, 32)]
    hour, minute = digit[0] * 10 + digit[1], digit[2] * 10 + digit[3]
    is_time &= (hour < 24) & (minute < 60) & (minute % 15 == 0)
    return midnight + hour * 4 + minute // 15, is_time


def _energy(
    buffer: NDArray[np.uint8], words: Words, time_at: Indexes
) -> tuple[Int32s, NDArray[np.int64], Indexes, Flags]:
    """Read the quantity: Wh, what was rounded away, where its comma stands, whether it has the common shape."""
    front = (words[:, 8] >> np.uint64(40)) | (words[:, 9] << np.uint64(24))
    is_comma = _zero_bytes(front ^ np.uint64(COMMA * 0x0101010101010101))
    is_quantity = (is_comma != 0) & (is_comma & np.uint64(0x80) == 0)
    length = np.bitwise_count((is_comma & (~is_comma + np.uint64(1))) - np.uint64(1)) >> 3
    digits: Words = np.where(is_quantity, length, 1).astype(np.uint64)
    whole, is_whole = _number(front << (np.uint64(64) - digits * np.uint64(8)), digits)
    comma = time_at + (QUANTITY - TIME) + digits.astype(np.int64)
    back = _eight(buffer)[comma + 1]
    decimals, is_decimals = _number(back << np.uint64(16), np.uint64(6))
    is_quantity &= is_whole & is_decimals & ((back >> np.uint64(48)) & np.uint64(255) == SEMICOLON)
    wh = whole * 1000 + decimals // 1000
    rest = decimals % 1000
    if rest.any():
        wh += (rest > 500) | ((rest == 500) & (wh & 1 == 1))
    is_quantity &= wh <= LARGEST_WH
    return np.where(is_quantity, wh, 0).astype(np.int32), rest, comma, is_quantity


def _number(text: Words, digits: Words | np.uint64) -> tuple[Indexes, Flags]:
    """Read the highest bytes of each word as so many decimal digits."""
    zeros = np.uint64(0x3030303030303030) << (np.uint64(64) - digits * np.uint64(8))
    value = text ^ zeros
    high = np.uint64(0xF0F0F0F0F0F0F0F0)
    is_number = ((value | (value + np.uint64(0x0606060606060606))) & high) == 0
    value = (value * np.uint64(10) + (value >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    value = (value * np.uint64(100) + (value >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    value = (value * np.uint64(10000) + (value >> np.uint64(32))) & np.uint64(0x00000000FFFFFFFF)
    return value.astype(np.int64), is_number


def _zero_bytes(word: Words) -> Words:
    """Mark the lowest byte that is zero with its high bit (higher marks may be false)."""
    return (word - np.uint64(0x0101010101010101)) & ~word & np.uint64(0x8080808080808080)


def _lowest(count: Indexes) -> Words:
    """Give a mask of so many lowest bytes, 0 to 8."""
    masks = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)
    return masks[count]
