"""What panels on a roof in Kuopio give: the sun's height, days of cloud, and nothing at night.

Plain astronomy and assumed clouds; a value depends only on the seed, the site's ordinal and the moment.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import numpy as np

from demo.shapes import HELSINKI, Block, equally_long, local_hours

LATITUDE, LONGITUDE = np.radians(62.9), 27.7
# Of what a panel could give with the sun overhead: losses, slope and dirt together.
YIELD = 0.82
SNOW = {12: 0.1, 1: 0.1, 2: 0.35, 3: 0.8}


def production(
    ordinals: np.ndarray, peak_w: np.ndarray, first: date, last: date, slots_an_hour: int, seed: int
) -> Iterator[Block]:
    """Yield what these sites produce from the first to the last day, in blocks of equally long days."""
    for days in equally_long(first, last):
        slots = len(local_hours(days[0])) * slots_an_hour
        light = np.array([_light(day, slots, slots_an_hour) for day in days], np.float32)
        clouds = np.array([_clear(day, seed) for day in days], np.float32)
        roof = 0.9 + 0.2 * ((ordinals * 7919) % 101) / 101
        stray = 0.93 + 0.14 * ((ordinals[:, None] * 31 + [day.toordinal() * 17 for day in days]) % 97) / 97
        energy = peak_w[:, None, None] / slots_an_hour * YIELD * light[None] * clouds[None, :, None]
        energy = energy * (roof[:, None] * stray)[:, :, None]
        yield Block(days, np.rint(energy).astype(np.int32))


def _light(day: date, slots: int, slots_an_hour: int) -> np.ndarray:
    """Return the share of full sun in the middle of each slot of the day."""
    start = datetime(day.year, day.month, day.day, tzinfo=HELSINKI)
    utc_hour = start.utcoffset() or timedelta(0)
    hours = (np.arange(slots) + 0.5) / slots_an_hour - utc_hour.total_seconds() / 3600 + LONGITUDE / 15
    turn = np.radians((hours - 12) * 15)
    tilt = np.radians(23.44) * np.sin(2 * np.pi * (day.timetuple().tm_yday - 81) / 365.25)
    height = np.sin(LATITUDE) * np.sin(tilt) + np.cos(LATITUDE) * np.cos(tilt) * np.cos(turn)
    return height.clip(0) ** 1.15 * SNOW.get(day.month, 1.0)


def _clear(day: date, seed: int) -> float:
    """Return how much of the sun the day's clouds let through: the same for every roof."""
    return float(0.25 + 0.75 * np.random.default_rng([seed, day.toordinal()]).beta(1.6, 1.1))
