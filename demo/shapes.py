"""Load shapes: what a site uses in each hour or quarter, for many sites and days at once.

The homes' profile by hour, weekday and month, and how far single hours stray from it, were measured
(measure_shapes.py); businesses and heat are plain assumptions. A value depends only on the seed, the
site's ordinal and the moment, so any part of the series can be made alone and twice the same.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from demo.weather import YEAR_DEGREE_DAYS, degree_days

HELSINKI = ZoneInfo("Europe/Helsinki")
PROFILE = Path(__file__).parent / "data" / "load_profile.json"
BANK_ROWS = 4096
HOT_WATER_SHARE = 0.25


class Shape(IntEnum):
    """The shapes that a site's use can have; the first three are measured homes."""

    EVENING_HOME = 0
    LATE_HOME = 1
    AFTERNOON_HOME = 2
    OFFICE = 3
    SHOP = 4
    BUILDING = 5


@dataclass(frozen=True)
class Batch:
    """Sites whose series are made together; all arrays have one element a site."""

    ordinals: np.ndarray  # of the site in the register: moves its chance
    shapes: np.ndarray  # of Shape
    annual_wh: np.ndarray  # of the electricity that follows the shape
    heat_wh: np.ndarray  # of a normal year, that follows the weather


@dataclass(frozen=True)
class Block:
    """Days with equally many slots: energy_wh[site, day, slot], from local midnight on."""

    days: list[date]
    energy_wh: np.ndarray


class LoadShapes:
    """Makes the series of one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        figures = json.loads(PROFILE.read_text(encoding="utf-8"))
        homes = figures["homes"]
        self._weekday = np.array([*(home["weekday_hour"] for home in homes), *_ASSUMED_WEEKDAYS], np.float32)
        flat_months = [[[1.0] * 24] * 12] * len(_ASSUMED_WEEKDAYS)
        self._month = np.array([*(home["month_hour"] for home in homes), *flat_months], np.float32)
        self._weekday /= self._weekday.mean(axis=(1, 2), keepdims=True)
        generator = np.random.default_rng([seed, 7])
        spread = [_spread(home, figures["residual_quantiles_at"], generator) for home in homes]
        self._spread = np.concatenate([*spread, *[np.sqrt(spread[1])] * len(_ASSUMED_WEEKDAYS)])
        deviation = np.mean([home["quarter_deviation"] for home in homes if home["quarter_deviation"]])
        self._quarters = generator.normal(1, deviation, (BANK_ROWS, 100)).clip(0).astype(np.float32)

    def month(self, batch: Batch, first: date, last: date, slots_an_hour: int) -> Iterator[Block]:
        """Yield the series from the first to the last day of one month, in blocks of equally long days."""
        for days in equally_long(first, last):
            energy = self._hours(batch, days)
            if slots_an_hour == 4:
                energy = self._in_quarters(batch, days, energy)
            yield Block(days, np.rint(energy).astype(np.int32))

    def _hours(self, batch: Batch, days: list[date]) -> np.ndarray:
        hours = local_hours(days[0])
        weekdays = np.array([day.weekday() for day in days])
        profile = self._weekday[:, weekdays][:, :, hours] * self._month[:, days[0].month - 1, hours][:, None]
        energy = profile[batch.shapes]
        energy *= self._spread[self._rows(batch, days, 1) + batch.shapes[:, None] * BANK_ROWS, : len(hours)]
        energy *= (batch.annual_wh / 8766).astype(np.float32)[:, None, None]
        if batch.heat_wh.any():
            energy += self._heat(batch, days, hours)
        return energy

    def _heat(self, batch: Batch, days: list[date], hours: np.ndarray) -> np.ndarray:
        share = (1 - HOT_WATER_SHARE) * degree_days(days) / YEAR_DEGREE_DAYS / 24
        by_hour = share[:, None] * _HEATING_BY_HOUR[hours] + HOT_WATER_SHARE / 8766 * _WATER_BY_HOUR[hours]
        stray = self._spread[self._rows(batch, days, 2) + Shape.BUILDING * BANK_ROWS, : len(hours)]
        heat = batch.heat_wh.astype(np.float32)[:, None, None] * by_hour.astype(np.float32)
        heat *= 0.8 + 0.2 * stray
        return heat

    def _in_quarters(self, batch: Batch, days: list[date], energy: np.ndarray) -> np.ndarray:
        quarters = np.repeat(energy * np.float32(0.25), 4, axis=2)
        quarters *= self._quarters[self._rows(batch, days, 3), : quarters.shape[2]]
        return quarters

    def _rows(self, batch: Batch, days: list[date], purpose: int) -> np.ndarray:
        """Return for each site and day a row of a bank: a hash of seed, site, day and purpose."""
        ordinals = batch.ordinals.astype(np.uint64)[:, None]
        numbers = np.array([day.toordinal() for day in days], np.uint64)[None]
        start = (self.seed * 0x9E3779B97F4A7C15 + purpose * 0xD1B54A32D192ED03) % 2**64
        mixed = np.uint64(start) ^ (ordinals << np.uint64(24)) ^ numbers
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        return (mixed >> np.uint64(40)).astype(np.int64) % BANK_ROWS


@cache
def local_hours(day: date) -> np.ndarray:
    """Return the local hour of each hour of the day: 23, 24 or 25 of them."""
    start = datetime(day.year, day.month, day.day, tzinfo=HELSINKI).timestamp()
    after = day + timedelta(days=1)
    end = datetime(after.year, after.month, after.day, tzinfo=HELSINKI).timestamp()
    moments = np.arange(start, end, 3600)
    return np.array([datetime.fromtimestamp(moment, HELSINKI).hour for moment in moments])


def equally_long(first: date, last: date) -> Iterator[list[date]]:
    """Yield the days from the first to the last, those together that have equally many hours."""
    by_length: dict[int, list[date]] = {}
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        by_length.setdefault(len(local_hours(day)), []).append(day)
    yield from by_length.values()


def _spread(home: dict[str, list[float]], at: list[float], generator: np.random.Generator) -> np.ndarray:
    """Return a bank of days whose hours stray as measured, each hour tied to the one before."""
    tie = home["residual_next_hour"]
    latent = generator.normal(size=(BANK_ROWS, 25))
    for hour in range(1, 25):
        latent[:, hour] = tie * latent[:, hour - 1] + np.sqrt(1 - np.square(tie)) * latent[:, hour]
    rank = latent.argsort(axis=None).argsort() / latent.size
    stray = np.interp(rank.reshape(latent.shape), at, home["residual_quantiles"])
    return (stray / stray.mean()).astype(np.float32)


def _working_hours(opens: int, closes: int, idle: float, weekend: float) -> list[list[float]]:
    busy = [1.0 if opens <= hour < closes else idle for hour in range(24)]
    quiet = [idle + (value - idle) * weekend for value in busy]
    return [busy] * 5 + [quiet] * 2


_ASSUMED_WEEKDAYS = (
    _working_hours(7, 17, 0.25, 0.1),
    _working_hours(9, 20, 0.4, 0.8),
    [[0.8] * 6 + [1.1] * 3 + [0.9] * 7 + [1.2] * 6 + [0.9] * 2] * 7,
)
_HEATING_BY_HOUR = np.array(
    [1.02, 1.03, 1.04, 1.05, 1.06, 1.08, 1.10, 1.08, 1.04, 1.00, 0.97, 0.95,
     0.93, 0.92, 0.92, 0.93, 0.95, 0.98, 1.00, 1.01, 1.00, 0.99, 0.98, 0.97]
)  # fmt: skip
_WATER_BY_HOUR = np.array(
    [0.40, 0.30, 0.25, 0.25, 0.35, 0.80, 1.50, 1.60, 1.20, 0.95, 0.85, 0.85,
     0.90, 0.85, 0.85, 0.95, 1.15, 1.40, 1.65, 1.80, 1.75, 1.50, 1.10, 0.80]
)  # fmt: skip
