"""Consumption of a package as pictures that need nothing but the page: a bar for each month, and its figures."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from uuid import UUID

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from sites.consumption.queries import Total, monthly_totals
from sites.models import Series
from sites.queries import stretches_of

_HEIGHT, _BAR = 140, 8
_ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Curve:
    """The months of one site and series, as far as the person's contracts reach."""

    title: str
    months: list[Total]

    @property
    def top_wh(self) -> int:
        """The highest month."""
        return max((month.wh for month in self.months), default=0) or 1


def curves_of(customer_id: UUID, *, on: datetime.date) -> Iterator[Curve]:
    """Give the curves of the person's sites, on the days of their own contracts only."""
    for stretch in stretches_of(customer_id):
        end = min(stretch.end or on + _ONE_DAY, on + _ONE_DAY)
        for series in Series:
            months = monthly_totals(site_id=stretch.site.pk, series=series, first=stretch.first, end=end)
            if months:
                yield Curve(f"{stretch.site.address}, {series.label} ({stretch.site.gsrn})", months)


def drawn(curve: Curve) -> Iterator[str]:
    """Yield a curve as SVG with the table of its figures."""
    width = len(curve.months) * (_BAR + 2) + 2
    summary = escape(f"{curve.title}: {_kwh(sum(month.wh for month in curve.months))} kWh")
    yield f"<figure><figcaption>{escape(curve.title)}</figcaption>"
    yield f'<svg viewBox="0 0 {width} {_HEIGHT + 16}" role="img" aria-label="{summary}" class="chart">'
    for number, month in enumerate(curve.months):
        height = max(round(_HEIGHT * month.wh / curve.top_wh), 0)
        x = 2 + number * (_BAR + 2)
        title = f"{month.first.month}/{month.first.year}: {_kwh(month.wh)} kWh"
        yield (f'<rect x="{x}" y="{_HEIGHT - height}" width="{_BAR}" height="{height}"><title>{title}</title></rect>')
        if month.first.month == 1 or (number == 0 and month.first.month < 10):
            yield f'<text x="{x}" y="{_HEIGHT + 12}">{month.first.year}</text>'
    yield "</svg>"
    yield from _figures(curve)
    yield "</figure>"


def _figures(curve: Curve) -> Iterator[str]:
    years: dict[int, dict[int, int]] = {}
    for month in curve.months:
        own = years.setdefault(month.first.year, {})
        own[month.first.month] = own.get(month.first.month, 0) + month.wh
    heads = "".join(f'<th scope="col">{number}</th>' for number in range(1, 13))
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{escape(curve.title)}"><table class="figures">'
    yield f"<caption>{escape(_('Energy by month, kWh'))}</caption>"
    year_word, sum_word = escape(_("Year")), escape(_("Together"))
    yield f'<thead><tr><th scope="col">{year_word}</th>{heads}<th scope="col">{sum_word}</th></tr></thead><tbody>'
    for year, months in years.items():
        cells = "".join(f"<td>{_kwh(months[number]) if number in months else ''}</td>" for number in range(1, 13))
        yield f'<tr><th scope="row">{year}</th>{cells}<td>{_kwh(sum(months.values()))}</td></tr>'
    yield "</tbody></table></div>"


def _kwh(energy_wh: int) -> str:
    return str(number_format(round(energy_wh / 1000), use_l10n=True, force_grouping=True))
