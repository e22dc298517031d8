"""Measures the import of a table of customers, from file to committed rows: `python -m bench.register_import [ROWS]`.

Beside save() with django-auditlog of rows of the same kind, which reads no file and checks nothing: alone, and with
the search words without which nobody finds the customer; and beside the register's own operation for one customer,
which checks. By the clock, and by the time of the core that this and the server process used, which another load of
the machine does not change much.
"""

import csv
import datetime as dt
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from bench.consumption import Rate, _database, _rate, _server_on_our_core
from demo.names import MEN, SURNAMES, WOMEN

ROWS, SAVED = 50_000, 1_000
SAVE = "save() with django-auditlog"
SAVE_FOUND = "save() with django-auditlog, and its search words"
OPERATION = "the operation for one customer"
AT = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
HEADINGS = (
    "asiakasnumero", "etunimet", "sukunimi", "henkilötunnus", "puhelin", "sähköposti", "katuosoite",
    "postinumero", "postitoimipaikka", "kieli", "asiakas alkaen",
)  # fmt: skip
OFFICES = (("70100", "KUOPIO"), ("70110", "KUOPIO"), ("70200", "KUOPIO"), ("70600", "KUOPIO"), ("71800", "SIILINJÄRVI"))
CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def main(rows: int = ROWS) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, _database():
        server = _server_on_our_core()
        path = Path(folder) / "customers.csv"
        write_table(path, rows)
        rates: dict[str, Rate] = {}
        print(f"{'':<60}{'by the clock':>16}{'of one core':>16}")
        for name, count, work in _measures(path, rows):
            rates[name] = rate = _rate(server, count, work)
            print(f"{name:<60}{rate.by_clock:>16,.0f}{rate.by_core:>16,.0f} rows/s", flush=True)
        for name in (SAVE, SAVE_FOUND, OPERATION):
            ours, plain = rates["file to committed rows"], rates[name]
            times = (ours.by_clock / plain.by_clock, ours.by_core / plain.by_core)
            print(f"{'import against ' + name:<60}{times[0]:>16,.1f}{times[1]:>16,.1f} times")


def write_table(path: Path, rows: int, *, after: int = 0) -> None:
    """Write a table of made-up persons, the same for the same count; one in ten lacks what is optional."""
    chance = random.Random(1)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(HEADINGS)
        writer.writerows(islice(_people(chance), after, after + rows))


def _people(chance: random.Random) -> Iterator[tuple[str, ...]]:
    given = [*MEN, *WOMEN]
    family = list(SURNAMES)
    number = 0
    while True:
        number += 1
        day = dt.date(1930, 1, 1) + dt.timedelta(days=number % 27_000)
        first, last = chance.choice(given).name, chance.choice(family)
        code, office = chance.choice(OFFICES)
        is_bare = number % 10 == 0
        yield (
            str(1_000_000 + number),
            first,
            last,
            "" if is_bare else _identity_code(day, 900 + number // 27_000),
            f"0{chance.choice((40, 44, 45, 50))} {chance.randrange(10**6, 10**7)}",
            "" if is_bare else f"asiakas{number}@example.org",
            f"Puijonkatu {chance.randrange(1, 200)}",
            code,
            office,
            chance.choice(("fi", "fi", "fi", "sv")),
            f"{chance.randrange(1, 28)}.{chance.randrange(1, 13)}.{chance.randrange(2005, 2026)}",
        )


def _identity_code(day: dt.date, individual: int) -> str:
    digits = f"{day:%d%m%y}{individual:03}"
    return f"{day:%d%m%y}{'-' if day.year < 2000 else 'A'}{individual:03}{CHECK[int(digits) % 31]}"


def _measures(path: Path, rows: int) -> Iterator[tuple[str, int, Callable[[], object]]]:
    from register.work.importing import RowReader, kinds, proposed_mapping
    from register.work.tables import Table

    kind = kinds()["customers"]
    table = Table(path)
    reader = RowReader(kind, table.headings, proposed_mapping(kind, table.headings))

    def read() -> None:
        for row in Table(path):
            reader.read(row.number, row.cells)

    others = path.with_name("others.csv")
    write_table(others, 3 * SAVED, after=rows)
    typed = [reader.read(row.number, row.cells) for row in Table(others)]
    assert not any(faults for _values, faults in typed), next(faults for _values, faults in typed if faults)
    yield from _one_by_one([values for values, _faults in typed])
    yield "file read and checked, nothing stored", rows, read
    yield "file to committed rows", rows, lambda: _bring_in(path, "created", rows)
    path.write_bytes(path.read_bytes() + b"\n")
    yield "the same again in a file that differs: nothing written", rows, lambda: _bring_in(path, "unchanged", rows)


def _one_by_one(typed: list[dict[str, Any]]) -> Iterator[tuple[str, int, Callable[[], object]]]:
    from customers.models import Customer
    from customers.operations import register_customer
    from customers.search.tokens import rebuild_search_tokens
    from register.access.scope import Actor
    from register.audit.acting import acting_as_service

    def save(rows: list[dict[str, Any]], *, is_found: bool) -> None:
        with acting_as_service("bench"):
            for values in rows:
                customer = Customer(**values)
                customer.save()
                if is_found:
                    rebuild_search_tokens([customer.pk])

    def operate() -> None:
        with acting_as_service("bench"):
            for values in typed[2 * SAVED :]:
                plain = {name: value for name, value in values.items() if name != "relationship_started_on"}
                register_customer(actor=Actor.service("bench"), at=AT, **plain)

    yield SAVE, SAVED, lambda: save(typed[:SAVED], is_found=False)
    yield SAVE_FOUND, SAVED, lambda: save(typed[SAVED : 2 * SAVED], is_found=True)
    yield OPERATION, SAVED, operate


def _bring_in(path: Path, outcome: str, rows: int) -> None:
    from register.access.scope import Actor
    from register.audit.acting import acting_as_service
    from register.work.importing import kinds, proposed_mapping
    from register.work.operations import import_table
    from register.work.tables import Table

    kind = kinds()["customers"]
    mapping = proposed_mapping(kind, Table(path).headings)
    with acting_as_service("bench"):
        report = import_table(source_file=path, kind=kind, mapping=mapping, actor=Actor.service("bench"), at=AT)
    assert report.counts[outcome] == rows, (report.counts, report.faults[:3])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
