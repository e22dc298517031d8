"""Measures the demonstration register: `python -m bench.demo [CUSTOMERS]`, 2,000 if not said.

The load runs in a database of this run alone. Beside it stands how fast the series are made without any
database, and how fast plain create() writes bare customers: the load of all that hangs on them is held
against that.
"""

import datetime
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

UNTIL = datetime.date(2026, 11, 24)
NOW = datetime.datetime(2026, 11, 24, 9, tzinfo=datetime.UTC)
SEED = 1
PLAIN = 500
SITES = 2_000


def main(customers: int = 2_000) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, _database(Path(folder)):
        for name, figure, unit in _measure(customers):
            print(f"{name:<58} {figure:>16,.1f} {unit}", flush=True)


def _measure(customers: int) -> Iterator[tuple[str, float, str]]:
    from demo.operations import load_demonstration

    for slots, name in ((1, "hourly"), (4, "quarterly")):
        yield f"series made, {name}", _series_rate(slots) / 1e6, "million readings/s"
    plain = _plain_rate()
    yield "bare customers by create(), with the change log", plain, "customers/s"
    loaded = load_demonstration(customers=customers, seed=SEED, until=UNTIL, at=NOW)
    for phase, seconds in loaded.seconds.items():
        yield f"  {phase}", seconds, "s"
    total = sum(loaded.seconds.values())
    rows = sum(loaded.counts.values())
    yield f"{customers:,} customers with all that hangs on them", total, "s"
    yield "rows", rows / total, "rows/s"
    yield "day rows stored", loaded.counts["days"] / loaded.seconds["consumption"], "rows/s"
    yield "readings made and stored", loaded.reading_count / loaded.seconds["consumption"] / 1e6, "million readings/s"
    yield "rows written against bare customers by create()", rows / total / plain, "times"


def _series_rate(slots_an_hour: int) -> float:
    import numpy as np

    from demo.shapes import Batch, LoadShapes, Shape

    numbers = np.arange(SITES)
    batch = Batch(numbers, numbers % len(Shape), np.full(SITES, 5e6), np.where(numbers % 4, 0, 1e7))
    shapes = LoadShapes(SEED)
    began, count = time.perf_counter(), 0
    for month in (1, 3, 7):
        for block in shapes.month(batch, datetime.date(2026, month, 1), datetime.date(2026, month, 31), slots_an_hour):
            count += block.energy_wh.size
    return count / (time.perf_counter() - began)


def _plain_rate() -> float:
    from django.db import transaction

    from customers.models import Customer
    from register.audit.acting import acting_as_service

    with acting_as_service("bench"):
        began = time.perf_counter()
        for number in range(PLAIN):
            Customer.objects.create(number=str(number), family_name="Testi", birth_on=UNTIL, phone="+358400000000")
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    return PLAIN / seconds


@contextmanager
def _database(folder: Path) -> Iterator[None]:
    """A database and files of this run alone."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.conf import settings
    from django.db import connections

    from embedded.servers import use
    from tests.harness import databases

    use()  # until this process ends
    settings.REGISTER_FILES_DIR = folder / "files"
    name = f"register_test_{os.getpid()}_bench"
    databases.clone(databases.make_template(), name)
    connections.settings["default"]["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        databases.drop(name)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
