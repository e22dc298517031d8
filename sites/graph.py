"""The geometry of the portal's bar chart: x in per cent and y in pixels, so that letters keep their size at any width.

The same SVG serves phone and desktop, comes from the server and needs no script and no style attribute.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import floor, log10
from typing import Final

HEIGHT: Final = 244
_TOP, _BASE = 22.0, 218.0
_MOST_LINES: Final = 5
_TENTH: Final = 0.1
_ALL_LABELS, _FEW_LABELS = 14, 8
_NOW_SHARE, _BEFORE_SHARE = 0.54, 0.84


@dataclass(frozen=True, slots=True)
class Bar:
    """What one column shows, in Wh: this time and a year before (None: a gap), and how far it can be trusted.

    An estimate hatches the bar only where `is_whole`: a month of which one hour was estimated was still measured.
    """

    label: str
    words: str
    energy_wh: int | None
    before_wh: int | None
    is_estimated: bool = False
    is_whole: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle: x and width in per cent of the chart, y and height in pixels."""

    x: float
    y: float
    width: float
    height: float
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """The whole height of a column, which can be opened."""

    x: float
    width: float
    words: str
    url: str


@dataclass
class Graph:
    """A chart that is ready to be drawn."""

    now: list[Block] = field(default_factory=list)
    before: list[Block] = field(default_factory=list)
    marks: list[Block] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    labels: list[tuple[float, str]] = field(default_factory=list)
    lines: list[tuple[float, float]] = field(default_factory=list)
    level_format: str = "0g"
    height: int = HEIGHT
    base: float = _BASE


def graph_of(bars: Sequence[Bar]) -> Graph:
    """Lay the columns out. A gap draws nothing; an estimate has a mark below the axis as well as its hatch."""
    most_kwh = max((value / 1000 for bar in bars for value in (bar.energy_wh, bar.before_wh) if value), default=0.0)
    step, top = _scale(most_kwh)
    places = 0 if step >= 1 else 1 if step >= _TENTH else 2
    graph = Graph(lines=[(_y(level, top), level) for level in _levels(step, top)], level_format=f"{places}g")
    column = 100 / max(len(bars), 1)
    every = 1 if len(bars) <= _ALL_LABELS else -(-len(bars) // _FEW_LABELS)
    for number, bar in enumerate(bars):
        x = number * column
        if bar.before_wh:
            graph.before.append(_block(x, column, _BEFORE_SHARE, bar.before_wh, top))
        if bar.energy_wh:
            graph.now.append(_block(x, column, _NOW_SHARE, bar.energy_wh, top, bar.is_estimated and bar.is_whole))
        if bar.is_estimated:
            graph.marks.append(Block(round(x + column * 0.3, 2), _BASE + 2, round(column * 0.4, 2), 3))
        if bar.url:
            graph.hits.append(Hit(round(x, 2), round(column, 2), bar.words, bar.url))
        if number % every == 0:
            graph.labels.append((round(x + column / 2, 2), bar.label))
    return graph


def _block(x: float, column: float, share: float, wh: int, top: float, is_estimated: bool = False) -> Block:
    y = _y(wh / 1000, top)
    return Block(round(x + column * (1 - share) / 2, 2), y, round(column * share, 2), round(_BASE - y, 1), is_estimated)


def _y(energy_kwh: float, top: float) -> float:
    return round(_BASE - (_BASE - _TOP) * energy_kwh / top, 1)


def _scale(most: float) -> tuple[float, float]:
    """Give the step between lines (1, 2 or 5 of some power of ten) and the level of the topmost."""
    if most <= 0:
        return 1.0, 1.0
    power = 10.0 ** floor(log10(most / _MOST_LINES))
    step = next(power * factor for factor in (1, 2, 5, 10) if most / (power * factor) <= _MOST_LINES)
    return step, step * -(-most // step)


def _levels(step: float, top: float) -> list[float]:
    return [step * number for number in range(1, round(top / step) + 1)]
