"""The geometry of a bar chart: series go in, rectangles, ticks and labels come out, for a template to draw.

Pure arithmetic. Bars stretch with the page and letters do not, so x and y are units of a view box
that is 100 wide for each column; the labels are HTML beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from django.utils.formats import number_format
from django.utils.translation import gettext

HEIGHT: Final = 180
COLUMN: Final = 100
_SLOT, _BAR, _MARGIN = 35, 27, 4
_WH_IN_KWH: Final = 1000
_NICE = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Point:
    """One bar: energy in Wh (None: no reading), the same column a year before, whether part of it is estimated.

    `note` says how far it can be trusted: how much is estimated or missing, or the word of the source.
    """

    energy_wh: int | None
    before_wh: int | None = None
    is_estimated: bool = False
    note: str = ""


@dataclass(frozen=True)
class Series:
    """A series: `kind` is the colour's name (electricity, heat), `label` its word, a point for each column."""

    kind: str
    label: str
    points: Sequence[Point]

    @property
    def total_wh(self) -> int:
        """The sum of what was read, in Wh."""
        return sum(point.energy_wh or 0 for point in self.points)


@dataclass(frozen=True)
class Column:
    """A column: the short label under it, its whole name, and the end of the address that opens it."""

    label: str
    name: str
    is_selected: bool = False
    opens: str = ""


@dataclass(frozen=True)
class Rect:
    """A bar as it is drawn."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    is_estimated: bool
    title: str


@dataclass(frozen=True)
class Tick:
    """The mark of the year before, across the bar."""

    x1: float
    x2: float
    y: float


@dataclass(frozen=True)
class Cell:
    """A figure of the table beside the chart."""

    label: str
    figure: str
    before: str
    is_estimated: bool
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """All that the template draws; `scale` is from top to bottom, `rows` are the same figures as a table."""

    width: int
    height: int
    grid: list[float]
    scale: list[str]
    rects: list[Rect]
    ticks: list[Tick]
    selected_x: int | None
    columns: Sequence[Column]
    series: Sequence[Series]
    rows: list[tuple[Column, list[Cell]]]
    summary: str

    @property
    def has_notes(self) -> bool:
        """Whether any figure is not to be trusted whole."""
        return any(cell.note for _column, cells in self.rows for cell in cells)

    @property
    def has_estimates(self) -> bool:
        """Whether any bar is estimated, so that the legend says so."""
        return any(rect.is_estimated for rect in self.rects)


def bars(columns: Sequence[Column], series: Sequence[Series]) -> Chart:
    """Lay out the columns side by side, each with a bar for each series, on one scale in kWh.

    Series of unlike size belong into charts of their own.
    """
    step, top = _scale(series)
    rects: list[Rect] = []
    ticks: list[Tick] = []
    for number, column in enumerate(columns):
        for place, one in enumerate(series):
            point = one.points[number]
            x = number * COLUMN + (COLUMN - _SLOT * len(series)) / 2 + place * _SLOT + 3
            if point.energy_wh is not None:
                rects.append(_rect(x, point, top, one, column))
            if point.before_wh is not None:
                y = _y(point.before_wh, top)
                ticks.append(Tick(x - _MARGIN, x + _BAR + _MARGIN, y))
    levels = [level * step for level in range(round(top / step), -1, -1)]
    chosen = next((number for number, column in enumerate(columns) if column.is_selected), None)
    return Chart(
        width=COLUMN * len(columns),
        height=HEIGHT,
        grid=[min(max(_y(level, top), 0.5), HEIGHT - 0.5) for level in levels],
        scale=[_kwh(level) for level in levels],
        rects=rects,
        ticks=ticks,
        selected_x=None if chosen is None else chosen * COLUMN,
        columns=columns,
        series=series,
        rows=[(column, [_cell(one, number) for one in series]) for number, column in enumerate(columns)],
        summary=_summary(columns, series),
    )


def _scale(series: Sequence[Series]) -> tuple[float, float]:
    """Return the step between lines and the top line in Wh: at most four steps of a round number."""
    points = [point for one in series for point in one.points]
    highest = max((max(point.energy_wh or 0, point.before_wh or 0) for point in points), default=0)
    if highest <= 0:
        return _WH_IN_KWH, _WH_IN_KWH
    size = 1.0
    while size * 10 * 4 < highest:
        size *= 10
    step = next(size * nice for nice in _NICE if size * nice * 4 >= highest)
    return step, step * ceil(highest / step)


def _y(energy_wh: float, top: float) -> float:
    return round(HEIGHT * (1 - energy_wh / top), 1)


def _rect(x: float, point: Point, top: float, series: Series, column: Column) -> Rect:
    y = _y(point.energy_wh or 0, top)
    words = f"{column.name}: {series.label} {_kwh(point.energy_wh or 0)} kWh"
    if point.is_estimated:
        words += f", {gettext('partly estimated')}"
    if point.note:
        words += f" ({point.note})"
    return Rect(x, y, _BAR, round(HEIGHT - y, 1), series.kind, point.is_estimated, words)


def _cell(series: Series, number: int) -> Cell:
    point = series.points[number]
    figure = "–" if point.energy_wh is None else _kwh(point.energy_wh)
    before = "–" if point.before_wh is None else _kwh(point.before_wh)
    return Cell(series.label, figure, before, point.is_estimated, point.note)


def _kwh(energy_wh: float) -> str:
    """Write Wh as kWh: whole from ten upwards, with as many decimals as a small figure needs below."""
    energy_kwh = energy_wh / _WH_IN_KWH
    places = 0 if energy_kwh >= 10 or energy_kwh == int(energy_kwh) else 2
    return number_format(round(energy_kwh, places), decimal_pos=places, force_grouping=True)


def _summary(columns: Sequence[Column], series: Sequence[Series]) -> str:
    if not columns:
        return gettext("Bar chart without readings")
    names = ", ".join(one.label for one in series)
    words = gettext("Bar chart: %(names)s from %(first)s to %(last)s.") % {
        "names": names,
        "first": columns[0].name,
        "last": columns[-1].name,
    }
    for one in series:
        readings = [(point.energy_wh, number) for number, point in enumerate(one.points) if point.energy_wh is not None]
        if readings:
            most, number = max(readings)
            words += " " + gettext("Most %(name)s: %(column)s, %(figure)s kWh.") % {
                "name": one.label,
                "column": columns[number].name,
                "figure": _kwh(most),
            }
    return words
