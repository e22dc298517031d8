"""Measures the purge: `python -m bench.purge [CUSTOMERS]`, 1,000 if not said. Rows a second, and ratios in one run.

Seconds are those of a core, of this process and the server process together. The same customers, with some
230 rows each, go by the purge, by raw SQL in one transaction, and by Django's
delete(), without any signal and with django-auditlog on the models. Each has a database of its own, cloned
from one that was loaded once. The due day's consumption goes from few and from many kept months.
"""

import datetime
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import psutil

LAST_DAY, AS_OF = datetime.date(2010, 6, 30), datetime.date(2022, 1, 1)
# The day of consumption that is due in the middle of its month, and the day on which it goes.
DUE_DAY, GOES_ON = datetime.date(2012, 1, 15), datetime.date(2022, 1, 16)
LOAD = Path(__file__).with_name("purge.sql")
INVOICES, SITES = 42, 10_000
SLOW_SHARE = 20
CHUNK = 200


def main(customers: int = 1_000) -> None:
    """Print the table."""
    with _server() as databases:
        plain, whole = f"{databases.prefix}_plain", f"{databases.prefix}_whole"
        databases.make(plain, customers=customers, with_log=False)
        databases.make(whole, customers=customers, with_log=True)
        rates: dict[str, float] = {}
        for name, source, work in (
            ("raw SQL, one transaction", plain, lambda: _raw()),
            ("purge with its ledger", plain, lambda: _purge()),
            ("purge with its ledger, change log and files", whole, lambda: _purge()),
            ("Django delete() with django-auditlog", whole, lambda: _django(customers // SLOW_SHARE, with_log=True)),
            ("Django delete(), no signals", plain, lambda: _django(customers, with_log=False)),
        ):
            rates[name] = databases.on_a_copy(source, work)
            print(f"{name:<58} {rates[name]:>14,.0f} rows/s", flush=True)
        _print_ratios(rates)
        for months in (1, 12):
            databases.make_consumption(f"{databases.prefix}_months", months)
            rate = databases.on_a_copy(f"{databases.prefix}_months", lambda: _purge(GOES_ON), _night_before)
            print(f"{f'a due day of consumption, {months} months kept':<58} {rate:>14,.0f} day rows/s", flush=True)
        grown = psutil.Process().memory_info().rss / 2**20
        print(f"{'memory at the end':<58} {grown:>14,.0f} MB")


def _print_ratios(rates: dict[str, float]) -> None:
    raw, ours, whole, django_log, django_plain = rates.values()
    for name, ratio in (
        ("time of the purge with its ledger against raw SQL", raw / ours),
        ("with change log and files too against raw SQL", raw / whole),
        ("times as fast as Django delete() without signals", ours / django_plain),
        ("times as fast as Django delete() with django-auditlog", whole / django_log),
    ):
        print(f"{name:<58} {ratio:>14.2f}")


def _purge(as_of: datetime.date = AS_OF) -> int:
    """Purge all that is due, planning included; give the rows that went, log entries not counted."""
    from register.access.scope import Actor
    from retention.operations import approve_run, purge

    actor, at = Actor.service("bench"), _noon(as_of)
    run = purge(actor=actor, clock=lambda: at)
    if run.state == run.State.WAITING:
        approve_run(run=run, plan_hash=run.plan_hash, actor=actor, at=at)
        run = purge(actor=actor, clock=lambda: at)
    assert run.state == run.State.DONE, run.error
    return run.gone_count + run.part_count


def _night_before() -> None:
    """The run of the night before: it counted the months ahead, and all that was due then went."""
    from retention.models import RetentionRun
    from retention.queries import forecast

    before = GOES_ON - datetime.timedelta(days=1)
    at = _noon(before)
    ahead = forecast(on=before)
    RetentionRun.objects.create(
        state="done", as_of=before, asked_by="bench", started_at=at, finished_at=at, forecast=ahead
    )


def _raw() -> int:
    """Delete the same rows by one statement a table, leaves first."""
    from django.db import connection, transaction

    from retention.aggregates import aggregates, quoted
    from retention.eligibility import is_due

    count = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for aggregate in aggregates():
            if not aggregate.is_keyed:
                continue
            due, parameters = is_due(aggregate, AS_OF)
            roots = f"IN (SELECT r.{aggregate.key} FROM {aggregate.table} r WHERE {due})"
            for part in aggregate.parts:
                table = quoted(part.model._meta.db_table)
                cursor.execute(f"DELETE FROM {table} x WHERE {part.condition.format(key=roots)}", parameters)
                count += cursor.rowcount
            cursor.execute(f"DELETE FROM {aggregate.table} r WHERE {due}", parameters)
            count += cursor.rowcount
    return count


def _django(customers: int, *, with_log: bool) -> int:
    """Delete customers with all that hangs on them as a project with CASCADE would."""
    from auditlog.registry import auditlog
    from django.apps import apps
    from django.db import models, transaction

    from customers.models import Customer
    from sites.models import Contract

    for model in apps.get_models():
        for field in model._meta.local_fields:
            if field.remote_field is not None and field.remote_field.on_delete is models.PROTECT:
                field.remote_field.on_delete = models.CASCADE
    for model in [] if with_log else auditlog.get_models():
        auditlog.unregister(model)
    keys = list(Customer.objects.values_list("pk", flat=True)[:customers])
    count = 0
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        with transaction.atomic():
            count += Contract.objects.filter(holders__customer__in=chunk).delete()[0]
            count += Customer.objects.filter(pk__in=chunk).delete()[0]
    return count


def _core_s(server: psutil.Process) -> float:
    """The time of a core that this process and the server's have used: what else the machine does is left out."""
    used = server.cpu_times()
    return time.process_time() + used.user + used.system


def _noon(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(12), datetime.UTC)


class _Databases:
    """The databases of this run."""

    def __init__(self, template: str) -> None:
        self.template, self.prefix, self.made = template, f"register_test_{os.getpid()}_bench", list[str]()

    def make(self, name: str, *, customers: int, with_log: bool) -> None:
        """Load customers whose everything is due."""
        self._load(name, {"customers": customers, "invoices": INVOICES, "with_log": with_log, "sites": 0, "months": 0})

    def make_consumption(self, name: str, months: int) -> None:
        """Load months of consumption of which the first day is due and the rest is not."""
        self._load(name, {"customers": 0, "invoices": 0, "with_log": False, "sites": SITES, "months": months})

    def on_a_copy(self, source: str, work: Callable[[], int], prepare: Callable[[], object] = lambda: None) -> float:
        """Give the rows a second of one core of a work on a fresh copy, in the purge role."""
        from django.db import connection, connections

        name = f"{self.prefix}_copy"
        self._clone(source, name)
        connections.settings["default"]["NAME"] = name
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE register_purge")
            cursor.execute("SELECT pg_backend_pid()")
            server = psutil.Process(cursor.fetchone()[0])
        prepare()
        began = _core_s(server)
        count = work()
        rate = count / (_core_s(server) - began)
        connections.close_all()
        return rate

    def drop(self) -> None:
        """Leave nothing behind."""
        from tests.harness import databases

        for name in self.made:
            databases.drop(name)

    def _load(self, name: str, sizes: dict[str, Any]) -> None:
        from tests.harness import databases

        self._clone(self.template, name)
        sizes |= {"last_day": LAST_DAY, "due_day": DUE_DAY}
        with databases.administrator(name) as owner:
            owner.execute("SET ROLE register_owner")
            for key, value in sizes.items():
                owner.execute("SELECT set_config(%s, %s, false)", [f"bench.{key}", str(value)])
            owner.execute(LOAD.read_text(encoding="utf-8"))
            owner.execute("RESET ROLE")
            owner.execute("VACUUM (ANALYZE)")
            owner.execute("CHECKPOINT")

    def _clone(self, source: str, name: str) -> None:
        from tests.harness import databases

        databases.clone(source, name)
        self.made.append(name)


@contextmanager
def _server() -> Iterator[_Databases]:
    """The servers of the tests, and databases of this run alone."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.db import connections

    from embedded.servers import use
    from register.access.guard import another_role
    from tests.harness import databases

    use()  # until this process ends
    made = _Databases(databases.make_template())
    try:
        with another_role():
            yield made
    finally:
        connections.close_all()
        made.drop()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
