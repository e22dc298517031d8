"""The geometry of the bar chart."""

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from sites.chart import HEIGHT, Column, Point, Series, bars

MONTHS = [Column("tam", "tammikuu 2026"), Column("hel", "helmikuu 2026", is_selected=True)]


def two_series() -> list[Series]:
    return [
        Series("electricity", "Sähkö", [Point(640_000, 645_000), Point(585_000, None, is_estimated=True)]),
        Series("heat", "Lämpö", [Point(2_710_000, 2_480_000), Point(None, 2_520_000)]),
    ]


def test_the_highest_bar_fits_under_a_round_top_line():
    chart = bars(MONTHS, two_series())
    assert [level.replace("\xa0", " ") for level in chart.scale] == ["3 000", "2 000", "1 000", "0"]
    assert min(rect.y for rect in chart.rects) == pytest.approx(HEIGHT * (1 - 2710 / 3000), abs=0.1)


def test_a_gap_has_no_bar_and_a_dash_in_the_table():
    chart = bars(MONTHS, two_series())
    assert len(chart.rects) == 3
    assert chart.rows[1][1][1].figure == "–"


def test_the_year_before_is_a_tick_where_it_is_known():
    assert len(bars(MONTHS, two_series()).ticks) == 3


def test_an_estimate_is_marked_in_bar_title_and_table():
    chart = bars(MONTHS, two_series())
    estimated = [rect for rect in chart.rects if rect.is_estimated]
    assert len(estimated) == 1
    assert "arvioitu" in estimated[0].title
    assert chart.rows[1][1][0].is_estimated


def test_nothing_to_show_is_still_a_chart():
    chart = bars([], [])
    assert chart.rects == []
    assert chart.scale[-1] == "0"


def test_the_drawing_has_no_style_and_numbers_with_points():
    html = render_to_string("components/_bars.html", {"chart": bars(MONTHS, two_series())})
    assert "style=" not in html
    assert 'height="38.4"' in html
    assert "Vuotta aiemmin" in html
    table = render_to_string("components/_bars_table.html", {"chart": bars(MONTHS, two_series())})
    assert "arv." in table


@given(st.lists(st.integers(min_value=0, max_value=10**10), min_size=1, max_size=31))
def test_no_bar_leaves_the_drawing(figures: list[int]):
    columns = [Column(str(number), str(number)) for number in range(len(figures))]
    chart = bars(columns, [Series("heat", "Lämpö", [Point(figure) for figure in figures])])
    assert len(chart.scale) <= 6
    for rect in chart.rects:
        assert 0 <= rect.y <= HEIGHT
        assert rect.y + rect.height == pytest.approx(HEIGHT, abs=0.2)
        assert rect.x >= 0 and rect.x + rect.width <= chart.width
