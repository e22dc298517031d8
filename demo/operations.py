"""Loads the demonstration register: one transaction, the same for the same seed, never over other data.

Dangerous if let loose: it fills a register with made-up people. It refuses in production and wherever
there is a customer already.
"""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from time import perf_counter
from typing import Any, TypeVar, cast

from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.utils.timezone import localdate

from billing.models import (
    BankAccount,
    BillingAccount,
    Charge,
    CreditInformation,
    Invoice,
    InvoiceContract,
    InvoiceRow,
    OwnAccount,
    Payment,
    PaymentAllocation,
    PaymentCase,
)
from customers.models import (
    ConsentedDatum,
    Contact,
    Customer,
    Disclosure,
    Mandate,
    MarketingPermission,
    PowerOfAttorney,
    Prospect,
    Recipient,
    Representative,
    SatisfactionResponse,
    ServiceUse,
    Suppression,
)
from customers.postal_codes import load_postal_codes
from customers.search.tokens import rebuild_search_tokens
from demo.calls import Calls
from demo.chance import Keys, at
from demo.consumption import DAYS, Consumption
from demo.contracts import Contracts, Signed
from demo.marketing import Marketing
from demo.money import Money
from demo.people import People
from demo.products import PriceList
from demo.rows import Writer
from demo.sites import Sites
from demo.told import Told
from demo.town import SMALLEST, Town
from demo.waiting import Waiting
from recordings.models import Listening, Recording
from register.audit.acting import acting_as_service
from register.work.models import ImportRun
from sites.models import (
    Contract,
    ContractHolder,
    ContractProduct,
    DeliveredDevice,
    DiaryEntry,
    ElectricityConnection,
    HeatConnection,
    HomeDetails,
    Meter,
    Product,
    ProductPrice,
    Site,
)

ORDER: tuple[type[Model], ...] = (
    Customer,
    Representative,
    Mandate,
    PowerOfAttorney,
    MarketingPermission,
    Contact,
    ServiceUse,
    SatisfactionResponse,
    ConsentedDatum,
    Recipient,
    Disclosure,
    Site,
    ElectricityConnection,
    HeatConnection,
    Meter,
    Product,
    ProductPrice,
    Contract,
    ContractHolder,
    ContractProduct,
    HomeDetails,
    DiaryEntry,
    DeliveredDevice,
    BillingAccount,
    BankAccount,
    CreditInformation,
    Invoice,
    InvoiceContract,
    InvoiceRow,
    Charge,
    Payment,
    PaymentAllocation,
    OwnAccount,
    PaymentCase,
    Recording,
    Listening,
    Prospect,
    Suppression,
)
JOB = "demonstration"
AT_ONCE = 2_000

Tell = Callable[[str, int, int], None]  # phase, done, of all
T = TypeVar("T")


@dataclass(frozen=True)
class Loaded:
    """What was loaded: rows by table, readings, and the seconds of each phase."""

    counts: dict[str, int]
    reading_count: int
    seconds: dict[str, float]


class UnableToLoadDemonstration(Exception):
    """The demonstration register is not loaded here."""


def load_demonstration(
    *, customers: int, seed: int, until: date, at: datetime, tell: Tell = lambda phase, done, total: None
) -> Loaded:
    """Fill an empty register with `customers` made-up customers, as it looks on the day `until`.

    One transaction; `tell` hears of progress. The change log gets no entries: the run is the source.

    Raises: UnableToLoadDemonstration in production, on a register that is not empty, for too few customers
    or for a day to come; its text names which.
    """
    if settings.IS_PRODUCTION:
        raise UnableToLoadDemonstration("production")
    if customers < SMALLEST:
        raise UnableToLoadDemonstration("small")
    if until > localdate(at):
        raise UnableToLoadDemonstration("future")
    with acting_as_service(JOB):
        if Customer.objects.exists():
            raise UnableToLoadDemonstration("not empty")
        return _Loading(customers, seed, until, at, tell).load()


class _Loading:
    def __init__(self, customers: int, seed: int, until: date, moment: datetime, tell: Tell) -> None:
        self.tell, self.moment, self.seconds = tell, moment, dict[str, float]()
        self.started = perf_counter()
        tell("town", 0, 1)
        self.town = Town(customers=customers, seed=seed, until=until)
        self._phase_is_over("town")
        self.run = _import_run(customers, seed, until, moment)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self.writer = Writer(connection.connection, self.run.id, ORDER)
        self.signed: list[Signed] = []

    def load(self) -> Loaded:
        """Write all parts in the order in which they refer to one another."""
        town, writer = self.town, self.writer
        load_postal_codes()
        people = People(town, writer)
        told = Told(town, writer, people)
        places = Sites(town, writer)
        contracts = Contracts(town, writer, PriceList(writer))
        for holders in self._parts("customers", town.holders):
            people.write(holders)
            told.write(holders)
        people.write_managers()
        for homes in self._parts("contracts", town.places):
            places.write(homes)
            self.signed += contracts.write(homes)
        consumption = self._consumption()
        money = Money(town, writer, consumption)
        for signed in self._parts("invoices", self.signed):
            money.write(signed)
        for holders in self._parts("accounts", town.holders):
            money.write_holders(holders)
        for _all in self._parts("calls", [town]):
            Calls(town, writer, people).write()
            Marketing(town, writer, told.objections).write()
            Waiting(town, writer).write()
        self.tell("search", 0, 1)
        rebuild_search_tokens()
        self._phase_is_over("search")
        self.run.counts = writer.counts() | {"days": consumption.day_count}
        self.run.state, self.run.finished_at = ImportRun.State.COMMITTED, self.moment
        self.run.save()
        return Loaded(self.run.counts, consumption.reading_count, self.seconds)

    def _consumption(self) -> Consumption:
        consumption = Consumption(self.town, cast(Any, connection.connection.cursor()), self.run.id, self.moment)
        total = len(self.town.places) * (DAYS + consumption.days) // 2
        self.tell("consumption", 0, total)
        consumption.write(
            self.town.places, lambda: self.tell("consumption", min(consumption.day_count, total - 1), total)
        )
        consumption.write_old_days()
        consumption.write_corrections()
        self.tell("consumption", total, total)
        self._phase_is_over("consumption")
        return consumption

    def _parts(self, phase: str, whole: list[T]) -> Iterator[list[T]]:
        """Yield the whole in parts, and write what was made of each while the next is made."""
        with ThreadPoolExecutor(1) as pool:
            waiting: Future[None] | None = None
            for start in range(0, len(whole), AT_ONCE):
                self.tell(phase, start, len(whole))
                yield whole[start : start + AT_ONCE]
                if waiting:
                    waiting.result()
                waiting = pool.submit(self.writer.write, self.writer.take())
            if waiting:
                waiting.result()
        self.tell(phase, len(whole), len(whole))
        self._phase_is_over(phase)

    def _phase_is_over(self, phase: str) -> None:
        now = perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0) + now - self.started
        self.started = now


def _import_run(customers: int, seed: int, until: date, moment: datetime) -> ImportRun:
    digest = hashlib.sha256(f"demonstration {customers} {seed} {until}".encode()).hexdigest()
    return ImportRun.objects.create(
        id=Keys(seed, "run").at(at(until, 6)),
        kind="demo",
        sha256=digest,
        state=ImportRun.State.PREVIEWED,
        started_by=JOB,
        started_at=moment,
    )
