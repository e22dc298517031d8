"""Writes down consumption: a year or two of day rows of every site, and some days at the edge of ten years.

Made and stored a month and a few hundred sites at a time. On the way it adds up each contract's month,
so that invoices tell the same as the readings.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import product
from uuid import UUID

import numpy as np

from demo.chance import years_before
from demo.shapes import Batch, Block, LoadShapes
from demo.sites import ENERGY, NETWORK
from demo.sun import production
from demo.town import Place as TownPlace
from demo.town import Town
from sites.consumption.rows import GAP, DayRows, Place
from sites.consumption.store import Cursor, store_days, word_keys
from sites.models import Series
from sites.slots import day_number

SITES_AT_ONCE = 1_500
DAYS, DAYS_OF_FEW = 365, 730  # of every other site of a small register two years, to hold one against the other
FEW = 2_500
FILE_SITES = (0, 1, 2)  # whose real files of 2024 are to find nothing there
WORDS = ("OK", "ESTIMATED", "MISSING")
_CORRECTIONS = """
    INSERT INTO sites_consumptioncorrection (site_id, series, resolution_min, day, controller_id,
                                             wh, quality, import_run_id, replaced_at, replaced_by_id)
    SELECT d.site_id, d.series, d.resolution_min, d.day, d.controller_id,
           ARRAY(SELECT slot - slot / 10 FROM unnest(d.wh) WITH ORDINALITY AS s (slot, n) ORDER BY n),
           ARRAY[%s]::smallint[], NULL, (d.day + 2 + time '06:10') AT TIME ZONE 'Europe/Helsinki', %s
    FROM unnest(%s::uuid[], %s::date[]) AS chosen (site_id, day)
    JOIN sites_consumptionday d ON d.site_id = chosen.site_id AND d.day = chosen.day
"""


class Consumption:
    """Makes and stores the consumption of the town's sites."""

    def __init__(self, town: Town, cursor: Cursor, import_run_id: UUID, at: datetime) -> None:
        self.town, self.cursor = town, cursor
        self.import_run_id, self.at = import_run_id, at
        self.shapes = LoadShapes(town.seed)
        self.words = word_keys(cursor, WORDS)
        self.last = town.until - timedelta(days=1)
        self.days = DAYS_OF_FEW if len(town.holders) <= FEW else DAYS
        self.first = town.until - timedelta(days=self.days)
        self.months = list(months_of(self.first, self.last))
        # Wh of each place and month, electricity and heat.
        self.energy = {series: np.zeros((len(town.places), len(self.months)), np.int64) for series in Series.values}
        self.day_count = self.reading_count = 0

    def write(self, places: list[TownPlace], told: Callable[[], None] = lambda: None) -> None:
        """Store the days of these places, each batch while the next is made; `told` is called after each."""
        with_panels = [place for place in places if place.solar_peak_w]
        groups = (
            (Series.ELECTRICITY_USE, 1, [place for place in places if not place.is_quarterly]),
            (Series.ELECTRICITY_USE, 4, [place for place in places if place.is_quarterly]),
            (Series.HEAT_USE, 1, [place for place in places if place.has_district_heat]),
            *(
                (Series.ELECTRICITY_PRODUCTION, slots, [p for p in with_panels if p.is_quarterly == (slots == 4)])
                for slots in (1, 4)
            ),
        )
        with ThreadPoolExecutor(1) as pool:
            waiting: Future[None] | None = None
            for month, series_at in product(range(len(self.months)), groups):
                series, slots_an_hour, group = series_at
                group = [place for place in group if self.covers(place, month)]
                for start in range(0, len(group), SITES_AT_ONCE):
                    part = group[start : start + SITES_AT_ONCE]
                    rows = self._month(part, series, slots_an_hour, month)
                    if waiting:
                        waiting.result()
                        told()
                    waiting = pool.submit(self._store, rows, part, series)
            if waiting:
                waiting.result()
                told()

    def covers(self, place: TownPlace, month: int) -> bool:
        """Tell whether the readings of that month are there: the last year's of all, the one before of every other."""
        is_of_two_years = place.ordinal % 2 == 0 and place.ordinal >= len(FILE_SITES)
        return is_of_two_years or self.months[month][1] >= self.town.until - timedelta(days=DAYS)

    def write_old_days(self) -> None:
        """Store some days around ten years ago: of the places whose contract ended about then."""
        edge = years_before(self.town.until, 10)
        first, last = edge - timedelta(days=12), edge + timedelta(days=12)
        old = [
            place
            for place in self.town.places[:60]
            if any(t.started_on <= first and (t.ended_on is None or t.ended_on > first) for t in place.tenancies)
        ]
        for start, end in months_of(first, last):
            made = self._rows(old[:12], Series.ELECTRICITY_USE, 1, start, end)
            self._store([rows for part, _energy in made for rows in part], old[:12], Series.ELECTRICITY_USE)

    def write_corrections(self) -> None:
        """Store what stood before on some days of the last month: an estimate, a tenth too low, until it was read."""
        places = [place for place in self.town.places if place.ordinal % 29 == 4 or place.ordinal == 5]
        days = [self.last - timedelta(days=3 + place.ordinal % 23) for place in places]
        sites = [place.site_id for place in places]
        self.cursor.execute(_CORRECTIONS, [self.words[1], self.import_run_id, sites, days])

    def _month(self, places: list[TownPlace], series: int, slots_an_hour: int, month: int) -> list[DayRows]:
        made: list[DayRows] = []
        ordinals = np.array([place.ordinal for place in places])
        for rows, energy in self._rows(places, series, slots_an_hour, *self.months[month]):
            self.energy[series][ordinals, month] += energy
            made += rows
        return made

    def _rows(
        self, places: list[TownPlace], series: int, slots_an_hour: int, first: date, last: date
    ) -> Iterator[tuple[list[DayRows], np.ndarray]]:
        """Yield the days on which somebody held the contract, and what each place used on them, in Wh."""
        all_ordinals = np.array([place.ordinal for place in places])
        for block in self._blocks(places, series, slots_an_hour, first, last):
            held = np.array([_held_days(place, block.days) for place in places])
            energy = (block.energy_wh.sum(axis=2, dtype=np.int64) * held).sum(axis=1)
            site, day = np.nonzero(held)
            ordinals = np.array([one.toordinal() for one in block.days])
            marks = all_ordinals[site] * 62 + series + ordinals[day]
            whole = DayRows(
                60 // slots_an_hour,
                site.astype(np.int32),
                np.array([day_number(one) for one in block.days], np.int32)[day],
                block.energy_wh[site, day],
                np.where(marks % 397 == 5, self.words[1], self.words[0]).astype(np.int16),
            )
            yield self._with_gaps(whole, marks % 1471 == 9), energy

    def _blocks(
        self, places: list[TownPlace], series: int, slots_an_hour: int, first: date, last: date
    ) -> Iterator[Block]:
        if series != Series.ELECTRICITY_PRODUCTION:
            return self.shapes.month(_batch(places, series), first, last, slots_an_hour)
        ordinals = np.array([place.ordinal for place in places])
        peak_w = np.array([place.solar_peak_w for place in places])
        return production(ordinals, peak_w, first, last, slots_an_hour, self.town.seed)

    def _with_gaps(self, rows: DayRows, lacking: np.ndarray) -> list[DayRows]:
        """Return the rows in two: whole days, and the few that lack some hours, with a word for each slot."""
        if not lacking.any():
            return [rows]
        gap = slice(rows.slot_count // 3, rows.slot_count // 3 + 3)
        wh = rows.wh[lacking]
        words = np.repeat(rows.word[lacking][:, None], rows.slot_count, axis=1)
        wh[:, gap], words[:, gap] = GAP, self.words[2]
        parts = (rows.resolution_min, rows.place[lacking], rows.day[lacking], wh, words)
        whole = ~lacking
        kept = (rows.resolution_min, rows.place[whole], rows.day[whole], rows.wh[whole], rows.word[whole])
        return [DayRows(*kept), DayRows(*parts)]

    def _store(self, days: list[DayRows], places: list[TownPlace], series: int) -> None:
        controller = ENERGY if series == Series.HEAT_USE else NETWORK
        stored_at = [Place(_site(place, series), int(series), controller) for place in places]
        store_days(self.cursor, days, stored_at, import_id=self.import_run_id, at=self.at)
        self.day_count += sum(map(len, days))
        self.reading_count += sum(rows.reading_count for rows in days)


def months_of(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the first and the last day of each month, or what lies of it between these days."""
    start = first
    while start <= last:
        following = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        yield start, min(last, following - timedelta(days=1))
        start = following


def _site(place: TownPlace, series: int) -> UUID:
    return place.heat_site_id if series == Series.HEAT_USE else place.site_id


def _batch(places: list[TownPlace], series: int) -> Batch:
    is_heat = series == Series.HEAT_USE
    return Batch(
        ordinals=np.array([2 * place.ordinal + is_heat for place in places]),
        shapes=np.array([place.shape for place in places]),
        annual_wh=np.array([0 if is_heat else place.kwh_year * 1000 for place in places], np.float64),
        heat_wh=np.array(
            [(place.heat_kwh_year if is_heat else place.electric_heat_kwh_year) * 1000 for place in places], np.float64
        ),
    )


def _held_days(place: TownPlace, days: list[date]) -> list[bool]:
    spans = [(t.started_on, t.ended_on or date.max) for t in place.tenancies if not t.is_cancelled]
    first, last = days[0], days[-1]
    if any(start <= first and last < end for start, end in spans):
        return [True] * len(days)
    return [any(start <= day < end for start, end in spans) for day in days]
