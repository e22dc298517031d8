"""Chance that is the same for the same seed: streams, keys and moments.

Each part of the register draws from a stream of its own, so that a change in one does not shift the others.
"""

from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

HELSINKI = ZoneInfo("Europe/Helsinki")


def stream(seed: int, purpose: str) -> Random:
    """Return the stream of chance of that purpose."""
    return Random(f"{seed}/{purpose}")  # people are made up with it, never keys


class Keys:
    """Makes keys in the form of UUIDv7 whose moment is in the past and whose rest is seeded."""

    def __init__(self, seed: int, purpose: str) -> None:
        self._bits = stream(seed, f"keys of {purpose}").getrandbits

    def at(self, moment: datetime) -> UUID:
        """Return the next key, as if made at that moment (aware)."""
        milliseconds = int(moment.timestamp() * 1000) & ((1 << 48) - 1)
        bits = self._bits(74)
        value = milliseconds << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & ((1 << 62) - 1)
        return UUID(int=value)

    def on(self, day: date) -> UUID:
        """Return the next key, as if made in the morning of that day."""
        return self.at(at(day, 9))


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return that time of that day in Helsinki."""
    return datetime.combine(day, time(hour, minute, second), HELSINKI)


def office_moment(chance: Random, day: date) -> datetime:
    """Return a moment of that day at which customer service is open."""
    return at(day, chance.randint(8, 15), chance.randint(0, 59), chance.randint(0, 59))


def day_between(chance: Random, first: date, last: date) -> date:
    """Return a day from the first to the last, both included."""
    return first + timedelta(days=chance.randint(0, max(0, (last - first).days)))


def years_before(day: date, years: int) -> date:
    """Return the same day that many years earlier; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
