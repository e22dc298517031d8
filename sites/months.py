"""A year of consumption by month, beside the year before: what the chart and its table draw."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]
from django.utils.dates import MONTHS, MONTHS_3
from django.utils.translation import gettext_lazy as _

from sites.chart import Chart, Column, Point, Series, bars
from sites.consumption.queries import Total, monthly_totals
from sites.models import Series as Measured
from sites.models import Site
from sites.queries import Stretch

MONTH_COUNT: Final = 12
_MEASURED = {
    Site.Commodity.ELECTRICITY: (Measured.ELECTRICITY_USE, "electricity", _("Electricity")),
    Site.Commodity.HEAT: (Measured.HEAT_USE, "heat", _("District heat")),
}


@dataclass(frozen=True)
class Months:
    """The chart of twelve months with the sums of the year and of the year before."""

    chart: Chart
    sums: list[tuple[str, str, int, int | None]]


def months_of(stretches: Sequence[Stretch], today: datetime.date) -> Months | None:
    """Give the last twelve months of these sites, each clipped to the days it was the customer's, or None if empty.

    Electricity and heat of one address stand side by side. The end is the month of the last day held.
    """
    last = max((today if one.end is None else min(today, one.end - datetime.timedelta(days=1))) for one in stretches)
    this_month = last.replace(day=1)
    months = [this_month - relativedelta(months=back) for back in range(MONTH_COUNT - 1, -1, -1)]
    columns = [
        Column(str(MONTHS_3[month.month]), f"{MONTHS[month.month]} {month.year}", month == this_month)
        for month in months
    ]
    series, sums = [], []
    for commodity, (measured, kind, label) in _MEASURED.items():
        totals = _totals([one for one in stretches if one.site.commodity == commodity], measured, months, last)
        if totals:
            points = [_point(totals, month) for month in months]
            series.append(Series(kind, str(label), points))
            before = [point.before_wh for point in points if point.before_wh is not None]
            total = sum(point.energy_wh or 0 for point in points)
            sums.append((kind, str(label), total, sum(before) if len(before) == MONTH_COUNT else None))
    return Months(bars(columns, series), sums) if series else None


def _totals(
    stretches: Sequence[Stretch], measured: Measured, months: Sequence[datetime.date], last: datetime.date
) -> dict[datetime.date, Total]:
    found: dict[datetime.date, Total] = {}
    since, until = months[0] - relativedelta(years=1), last + datetime.timedelta(days=1)
    for one in stretches:
        first, end = max(since, one.first), until if one.end is None else min(until, one.end)
        if first < end:
            for total in monthly_totals(site_id=one.site.pk, series=measured, first=first, end=end):
                found[total.first] = _added(found.get(total.first), total)
    return found


def _added(held: Total | None, total: Total) -> Total:
    if held is None:
        return total
    return Total(
        total.first,
        held.wh + total.wh,
        held.slot_count + total.slot_count,
        held.gap_count + total.gap_count,
        held.estimate_count + total.estimate_count,
        held.day_count + total.day_count,
    )


def _point(totals: dict[datetime.date, Total], month: datetime.date) -> Point:
    this, before = totals.get(month), totals.get(month - relativedelta(years=1))
    return Point(
        energy_wh=this.wh if this else None,
        before_wh=before.wh if before else None,
        is_estimated=bool(this and (this.estimate_count or this.gap_count)),
    )
