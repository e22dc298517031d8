"""Measures the access package of a heavy customer: `python -m bench.package`.

Ten years of quarter-hours at three sites, 500 invoices with five rows each, 50 recordings of a megabyte. Beside the
plain way: the same rows as model instances through Django's serializer, without page, files or scope.
"""

import datetime as dt
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psutil

from bench.consumption import _core_s, _database, _server_on_our_core

YEARS, SITES, INVOICES, ROWS_AN_INVOICE, RECORDINGS = 10, 3, 500, 5, 50
AT = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
FIRST = dt.date(2016, 11, 24)
_MEGABYTE = 1024 * 1024


class Cost(NamedTuple):
    """What a work took: seconds by the clock and of the core of this and the server process, and its memory."""

    by_clock: float
    by_core: float
    memory_mb: float


def main() -> None:
    """Print the table."""
    with _database():
        customer = _heavy_customer()
        _neighbours()
        server = _server_on_our_core()
        cost, size_mb, rows = _package(server, customer)
        plain = _plain(server, customer)
        print(f"{'':<56}{'by the clock':>14}{'of one core':>14}{'memory':>12}")
        for name, one in ((f"access package: {rows:,} rows, {size_mb:.0f} MB", cost), ("plain serializer", plain)):
            print(f"{name:<56}{one.by_clock:>12.2f} s{one.by_core:>12.2f} s{one.memory_mb:>9.0f} MB")
        print(f"{'plain against the package, times':<56}{'':>14}{plain.by_core / cost.by_core:>14.1f}")
        assert cost.by_core < 5, "goal: under 5 s"
        assert cost.memory_mb < 200, "goal: under 200 MB"


def _heavy_customer() -> Any:
    from django.db import connection

    from billing.models import Invoice, InvoiceRow
    from recordings.models import Recording
    from register.audit.acting import acting_as_service
    from register.crypto.files import write_file_of
    from tests.factories.billing import BillingAccountFactory, InvoiceFactory, InvoiceRowFactory
    from tests.factories.customers import CustomerFactory
    from tests.factories.recordings import RecordingFactory
    from tests.factories.sites import ContractFactory, ContractHolderFactory, SiteFactory

    sound = b"RIFF" + bytes(_MEGABYTE - 4)
    with acting_as_service("bench"):
        customer = CustomerFactory.create()
        for _number in range(SITES):
            site = SiteFactory.create()
            contract = ContractFactory.create(site=site, started_on=FIRST)
            ContractHolderFactory.create(contract=contract, customer=customer)
            _readings(connection, site.pk)
        account = BillingAccountFactory.create(customer=customer)
        shape = InvoiceFactory.build(customer=customer, billing_account=account)
        line = InvoiceRowFactory.build(invoice=shape)
        invoices = Invoice.objects.bulk_create(
            _copy(shape, number=f"B{number:06d}", customer=customer, billing_account=account)
            for number in range(INVOICES)
        )
        InvoiceRow.objects.bulk_create(
            _copy(line, invoice=invoice, position=position)
            for invoice in invoices
            for position in range(1, ROWS_AN_INVOICE + 1)
        )
        for _number in range(RECORDINGS):
            call = RecordingFactory.create(customer=customer)
            stored = write_file_of(call, [sound])
            Recording.objects.filter(pk=call.pk).update(stored_as=stored.name, wrapped_key=stored.wrapped_key)
    return customer


def _copy(shape: Any, **values: Any) -> Any:
    names = [field.attname for field in shape._meta.local_fields if not field.primary_key]
    row = type(shape)(**{name: getattr(shape, name) for name in names if not name.endswith("_id")})
    for name in names:
        if name.endswith("_id") and name[:-3] not in values:
            setattr(row, name, getattr(shape, name))
    for name, value in values.items():
        setattr(row, name, value)
    return row


def _readings(connection: Any, site_id: Any) -> None:
    with connection.cursor() as cursor:
        for month in range(YEARS * 12 + 1):
            day = dt.date(FIRST.year + (FIRST.month - 1 + month) // 12, (FIRST.month - 1 + month) % 12 + 1, 1)
            cursor.execute("SELECT add_consumption_month(%s)", [day])
        cursor.execute(
            """INSERT INTO sites_consumptionday (site_id, series, resolution_min, day, controller_id, wh, quality)
            SELECT %(site)s, 1, 15, d::date, 2,
                (SELECT array_agg((100 + (g * 37 + extract(doy FROM d)::int * 11) %% 900)::int) FROM generate_series(
                    1, (extract(epoch FROM (d::date + 1)::timestamp AT TIME ZONE 'Europe/Helsinki'
                        - d::date::timestamp AT TIME ZONE 'Europe/Helsinki') / 900)::int) g),
                '{1}'
            FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') d""",
            {"site": site_id, "first": FIRST, "last": FIRST.replace(year=FIRST.year + YEARS)},
        )


def _neighbours() -> None:
    """Others, so that nothing is found only because there is nothing else."""
    from django.db import connection

    from register.audit.acting import acting_as_service
    from tests.factories.customers import CustomerFactory
    from tests.factories.sites import ContractFactory, ContractHolderFactory, SiteFactory

    with acting_as_service("bench"):
        for _number in range(5):
            site = SiteFactory.create()
            contract = ContractFactory.create(site=site, started_on=FIRST)
            ContractHolderFactory.create(contract=contract, customer=CustomerFactory.create())
            _readings(connection, site.pk)
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE register_owner")
            cursor.execute("ANALYZE")
            cursor.execute("SET ROLE register_app")


def _package(server: psutil.Process, customer: Any) -> tuple[Cost, float, int]:
    from dsar import operations
    from register.access.scope import Actor
    from register.audit.acting import acting_as_service

    actor = Actor.service("bench")

    def make() -> Any:
        with acting_as_service("bench"):
            begun = operations.begin_package(customer_id=customer.pk, actor=actor, at=AT)
        return operations.make_package(package_id=begun.pk, actor=actor, at=AT)

    make()  # the first reads catalogues and plans
    cost, made = _measured(server, make)
    return cost, made.size_bytes / _MEGABYTE, sum(made.counts.values())


def _plain(server: psutil.Process, customer: Any) -> Cost:
    from django.core import serializers

    from billing.models import Invoice, InvoiceRow
    from register.audit.acting import acting_as_service
    from sites.models import ConsumptionDay

    def write() -> str:
        with acting_as_service("bench"):
            sites = list(customer.held.values_list("contract__site", flat=True))
            days = ConsumptionDay.objects.filter(site__in=sites)
            found: list[Any] = [*Invoice.objects.filter(customer=customer), *days]
            found += InvoiceRow.objects.filter(invoice__customer=customer)
            return serializers.serialize("json", found, indent=1)

    cost, _text = _measured(server, write)
    return cost


def _measured(server: psutil.Process, work: Callable[[], Any]) -> tuple[Cost, Any]:
    with _memory() as most:
        began, began_core = time.perf_counter(), _core_s(server)
        done = work()
        cost = Cost(time.perf_counter() - began, _core_s(server) - began_core, 0)
    return cost._replace(memory_mb=most[0]), done


@contextmanager
def _memory() -> Iterator[list[float]]:
    """The most memory of this process while it holds, read every 20 ms."""
    process, most, stop = psutil.Process(os.getpid()), [0.0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            most[0] = max(most[0], process.memory_info().rss / _MEGABYTE)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        stop.set()
        watcher.join()


if __name__ == "__main__":
    main()
