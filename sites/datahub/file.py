"""Reads one Datahub customer file in bounded memory, however large it is and whatever is in it."""

import datetime as dt
from collections.abc import Iterator, Mapping

from sites.consumption.rows import DayRows
from sites.datahub.blocks import BadLine, Block, Columns
from sites.datahub.days import GapFinder, GapRange, joined, lay_out, sort_slots, split_last_day
from sites.datahub.faults import Fault, fault_of, faults_of
from sites.datahub.lines import HEADERS, MEASURED, MISSING, Reader, Series, Unreadable
from sites.datahub.sources import Stream
from sites.slots import QUARTER_S

PIECE_BYTES = 1 << 20
LONGEST_LINE = 1 << 16
BATCH_LINES = 3_000_000
MOST_BAD_LINES = 10_000
MOST_SHOWN = 1_000


class DatahubFile:
    """One file while it is read: `batches` gives its days, and what was found on the way stands beside.

    `mapping` names the metering point that stands for an identifier in the file; slots that start after
    `before` are refused.
    """

    def __init__(
        self, stream: Stream, mapping: Mapping[str, str] | None = None, *, before: dt.datetime | None = None
    ) -> None:
        self._stream = stream
        self._before = None if before is None else int(before.timestamp()) // QUARTER_S
        self._columns = Columns(Reader(mapping or {}))
        self._gap_finder = GapFinder()
        self._odd_lines: list[BadLine] = []
        self._file_faults: list[Fault] = []
        self.gaps: list[GapRange] = []
        self.gap_count = 0
        self.duplicate_count = 0

    @property
    def series(self) -> list[Series]:
        """The series that were seen, in the order in which the days index them."""
        return self._columns.series

    @property
    def series_lines(self) -> list[int]:
        """The line at which each series is first seen."""
        return self._columns.series_lines

    @property
    def words(self) -> list[str]:
        """The qualities that were seen, in the order in which the days index them."""
        return self._columns.words

    @property
    def rounded_count(self) -> int:
        """The readings that were no whole Wh and were rounded half to even."""
        return self._columns.rounded_count

    @property
    def line_count(self) -> int:
        """The lines that were read, the header included."""
        return self._columns.line_count

    @property
    def faults(self) -> list[Fault]:
        """Why the file is refused, in the order of its lines; empty if it is not."""
        bad_lines = sorted([*self._columns.bad_lines, *self._odd_lines], key=lambda bad: bad.line)
        return [*self._file_faults, *faults_of(bad_lines)][:MOST_SHOWN]

    @property
    def is_refused(self) -> bool:
        """Whether anything is wrong so far."""
        return bool(self._file_faults or self._columns.bad_lines or self._odd_lines)

    def batches(self) -> Iterator[list[DayRows]]:
        """Read the file and give its days, some million readings at a time; none from the first fault on."""
        try:
            for block in self._batches():
                days = self._lay_out(block)
                if days and not self.is_refused:
                    yield days
        except Unreadable as reason:
            self._file_faults.append(fault_of(int(str(reason.values.pop("line", 0))), reason))
        except OSError as reason:
            self._file_faults.append(fault_of(0, Unreadable("unreadable_file", value=str(reason))))
        self._note(self._gap_finder.close(self.series))

    def _batches(self) -> Iterator[Block]:
        blocks: list[Block] = []
        size = 0
        for block in self._blocks():
            blocks.append(block)
            size += len(block.line)
            if size >= BATCH_LINES and len(block.line):
                done, rest = split_last_day(joined(blocks))
                blocks, size = [rest], len(rest.line)
                yield done
        if blocks:
            yield joined(blocks)

    def _lay_out(self, block: Block) -> list[DayRows]:
        if not len(block.line):
            return []
        if self._before is not None and (is_ahead := block.quarter > self._before).any():
            lines = block.line[is_ahead][:MOST_SHOWN].tolist()
            self._odd_lines += [BadLine(line, Unreadable("in_the_future")) for line in lines]
        ordered = sort_slots(block)
        self.duplicate_count += ordered.duplicate_count
        self._odd_lines += ordered.conflicts[:MOST_SHOWN]
        self._note(self._gap_finder.find(ordered.block, self.series))
        return list(lay_out(ordered.block, self.series))

    def _note(self, gaps: Iterator[GapRange]) -> None:
        for gap in gaps:
            self.gap_count += gap.slot_count
            if len(self.gaps) < MOST_SHOWN:
                self.gaps.append(gap)

    def _blocks(self) -> Iterator[Block]:
        texts = _whole_lines(self._pieces())
        text = next(texts, b"")
        header, feed, text = text.partition(b"\n")
        _check_header(header, is_whole=bool(feed))
        self._columns.line_count = 1
        while True:
            following = next(texts, None)
            if following is None:
                text = self._check_end(text)
            if text:
                yield self._columns.read(text)
            if len(self._columns.bad_lines) > MOST_BAD_LINES:
                raise Unreadable("too_many_faults", line=self.line_count)
            if following is None:
                break
            text = following
        if self.line_count == 1:
            raise Unreadable("no_lines")

    def _pieces(self) -> Iterator[bytes]:
        while piece := self._stream.read(PIECE_BYTES):
            if b"\0" in piece and not piece.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise Unreadable("nul_byte", line=self.line_count + 1 + piece[: piece.index(b"\0")].count(b"\n"))
            yield piece

    def _check_end(self, text: bytes) -> bytes:
        """Cut empty lines off the end, and see that a last line without an end is not a torn one."""
        body = text.rstrip(b"\r\n")
        if text.endswith(b"\n") or not body:
            return body + b"\n" if body else b""
        last = body[body.rfind(b"\n") + 1 :]
        word = last.rpartition(b";")[2].decode("utf-8", "replace")
        if word not in {MEASURED, MISSING, *self.words}:
            raise Unreadable(
                "cut_off", value=last[-60:].decode("utf-8", "replace"), line=self.line_count + 1 + body.count(b"\n")
            )
        return body + b"\n"


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        whole, feed, tail = piece.rpartition(b"\n")
        if feed:
            yield rest + whole + feed
            rest = tail
        else:
            rest += piece
        if len(rest) > LONGEST_LINE:
            raise Unreadable("line_too_long")
    if rest:
        yield rest


def _check_header(header: bytes, *, is_whole: bool) -> None:
    if header.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("utf16")
    try:
        text = header.decode("utf-8-sig").rstrip("\r")
    except UnicodeDecodeError:
        raise Unreadable("not_utf8", line=1) from None
    if not text and not is_whole:
        raise Unreadable("empty_file")
    if text not in HEADERS:
        shown = "".join(letter if letter.isprintable() else "�" for letter in text[:200])
        raise Unreadable("unknown_header", value=shown, line=1)
