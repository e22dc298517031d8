"""A row goes when the last of its keeps ends, nothing needs it and no hold covers it; a missing date is reported."""

import dataclasses
import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import Invoice, InvoiceContract, Payment, PaymentAllocation
from customers.models import Customer, Representative
from recordings.models import Recording
from register.datamap.map import ABSENT, FAULT, Clock, DataMap
from retention.aggregates import aggregates
from retention.models import Hold, RetentionRun
from retention.operations import UnableToPlaceHold, place_hold, release_hold
from retention.queries import faults, overlong
from sites.models import ConsumptionDay, Contract
from tests.factories.billing import (
    BankAccountFactory,
    InvoiceContractFactory,
    InvoiceFactory,
    PaymentAllocationFactory,
    PaymentFactory,
)
from tests.factories.clocks import at_noon
from tests.factories.customers import CustomerFactory, DisclosureFactory, MandateFactory, RepresentativeFactory
from tests.factories.recordings import RecordingFactory
from tests.factories.sites import (
    ConsumptionDayFactory,
    ContractFactory,
    ContractHolderFactory,
    ContractProductFactory,
    HomeDetailsFactory,
)

from .conftest import TESTER, Purge

LONG_AGO = datetime.date(2010, 6, 30)
LATER = datetime.date(2022, 1, 1)
DAY = datetime.timedelta(days=1)


def is_there(row: Any) -> bool:
    return bool(type(row)._default_manager.filter(pk=row.pk).exists())


@pytest.mark.clause("T3")
def test_an_unpaid_invoice_stays_and_is_reported(purge_on: Purge) -> None:
    invoice = InvoiceFactory.create(last_day=LONG_AGO)
    Invoice.objects.filter(pk=invoice.pk).update(state="collection", settled_on=None)
    purge_on(LATER)
    assert is_there(invoice)
    (found,) = overlong(on=LATER)
    assert (found.label, found.count, found.keys) == ("billing.Invoice", 1, [str(invoice.pk)])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    invoiced_on=st.dates(datetime.date(2005, 1, 1), datetime.date(2012, 12, 31)),
    settled_after=st.integers(0, 6000),
)
def test_the_last_of_two_keeps_decides(purge_on: Purge, invoiced_on: datetime.date, settled_after: int) -> None:
    invoice = InvoiceFactory.create(last_day=invoiced_on)
    settled_on = invoiced_on + settled_after * DAY
    Invoice.objects.filter(pk=invoice.pk).update(settled_on=settled_on)
    day = max(invoiced_on.replace(year=invoiced_on.year + 10, day=min(invoiced_on.day, 28)), settled_on)
    purge_on(day - 4 * DAY)
    assert is_there(invoice)
    purge_on(day + 4 * DAY)
    assert not is_there(invoice)


def test_a_customer_goes_when_the_last_of_what_is_kept_for_them_has_gone(purge_on: Purge) -> None:
    customer = CustomerFactory.create(last_day=LONG_AGO)
    InvoiceFactory.create(customer=customer, last_day=LONG_AGO + 900 * DAY)
    purge_on(datetime.date(2021, 1, 1))
    assert is_there(customer)
    run = purge_on(datetime.date(2023, 1, 1))
    assert not is_there(customer)
    assert run.spared_count == 0


@pytest.mark.clause("T1")
def test_contract_invoice_payment_and_customer_go_in_one_run_when_all_are_due(purge_on: Purge) -> None:
    customer = CustomerFactory.create(last_day=LONG_AGO)
    contract = ContractHolderFactory.create(customer=customer, contract=ContractFactory.create(last_day=LONG_AGO))
    invoice = InvoiceFactory.create(customer=customer, last_day=LONG_AGO)
    InvoiceContractFactory.create(invoice=invoice, contract=contract.contract)
    PaymentAllocationFactory.create(
        invoice=invoice, payment=PaymentFactory.create(customer=customer, last_day=LONG_AGO)
    )
    run = purge_on(LATER)
    assert run.gone_count == run.planned_count == 4
    assert not (Customer.objects.exists() or Contract.objects.exists() or Payment.objects.exists())


def test_an_open_contract_keeps_its_customer_and_a_reopened_one_too(purge_on: Purge) -> None:
    customer = CustomerFactory.create(last_day=LONG_AGO)
    contract = ContractFactory.create(last_day=LONG_AGO)
    ContractHolderFactory.create(customer=customer, contract=contract)
    Contract.objects.filter(pk=contract.pk).update(ended_on=None)
    purge_on(LATER)
    assert is_there(customer)
    assert is_there(contract)


@pytest.mark.item("C07")
def test_a_representative_goes_with_the_last_customer_they_stand_for(purge_on: Purge) -> None:
    agent = RepresentativeFactory.create(last_day=LONG_AGO)
    first, last = CustomerFactory.create(last_day=LONG_AGO), CustomerFactory.create(last_day=LONG_AGO + 900 * DAY)
    MandateFactory.create(customer=first, representative=agent)
    MandateFactory.create(customer=last, representative=agent)
    DisclosureFactory.create(customer=last, representative=agent)
    purge_on(datetime.date(2021, 1, 1))
    assert not is_there(first)
    assert is_there(agent)
    purge_on(datetime.date(2023, 6, 1))
    assert not is_there(last)
    assert not Representative.objects.exists()


def test_a_link_goes_with_whichever_end_goes_first(purge_on: Purge) -> None:
    old, young = LONG_AGO, datetime.date(2020, 6, 30)
    kept_invoice, gone_invoice = InvoiceFactory.create(last_day=young), InvoiceFactory.create(last_day=old)
    gone_contract, kept_contract = ContractFactory.create(last_day=old), ContractFactory.create()
    InvoiceContractFactory.create(invoice=kept_invoice, contract=gone_contract)
    InvoiceContractFactory.create(invoice=gone_invoice, contract=kept_contract)
    gone_payment = PaymentFactory.create(last_day=old)
    PaymentAllocationFactory.create(payment=gone_payment, invoice=kept_invoice)
    purge_on(LATER)
    assert not (InvoiceContract.objects.exists() or PaymentAllocation.objects.exists())
    assert is_there(kept_invoice)
    assert is_there(kept_contract)
    assert not (is_there(gone_invoice) or is_there(gone_contract) or is_there(gone_payment))


def test_a_missing_date_is_reported_and_never_guessed(purge_on: Purge, with_clock: Callable[..., None]) -> None:
    with_clock(Contract, when_null=FAULT)
    contract = ContractFactory.create()
    purge_on(datetime.date(2090, 1, 1))
    assert is_there(contract)
    (found,) = [fault for fault in faults() if fault.label == "sites.Contract"]
    assert (found.count, found.keys) == (1, [str(contract.pk)])


def test_a_row_without_any_reason_to_hold_it_is_a_fault_too(purge_on: Purge, with_clock: Callable[..., None]) -> None:
    with_clock(Contract, when_null=ABSENT)
    contract = ContractFactory.create()
    purge_on(datetime.date(2090, 1, 1))
    assert is_there(contract)
    assert [fault.label for fault in faults()] == ["sites.Contract"]


def test_a_purpose_that_never_arose_does_not_keep_a_row(purge_on: Purge, with_clock: Callable[..., None]) -> None:
    with_clock(Invoice, number=1, when_null=ABSENT)
    invoice = InvoiceFactory.create(last_day=LONG_AGO)
    Invoice.objects.filter(pk=invoice.pk).update(settled_on=None, state="open")
    purge_on(LATER)
    assert not is_there(invoice)


@pytest.fixture
def with_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Change what an empty clock of a model means."""

    def change(model: Any, *, number: int = 0, when_null: Any) -> None:
        keeps = list(model.data_map.keeps)
        clock = keeps[number].clock
        keeps[number] = dataclasses.replace(
            keeps[number], clock=Clock(clock.path, when_null, exclusive=clock.exclusive)
        )
        changed: DataMap = dataclasses.replace(model.data_map, keeps=keeps)
        monkeypatch.setattr(model, "data_map", changed)
        aggregates.cache_clear()

    yield change
    monkeypatch.undo()
    aggregates.cache_clear()


HELD = [
    ("person", lambda rows: rows[Customer], {Customer, Contract, Invoice, Payment, Recording, ConsumptionDay}),
    ("contract", lambda rows: rows[Contract], {Customer, Contract, Invoice}),
    ("site", lambda rows: rows[Contract].site, {Customer, Contract, ConsumptionDay}),
    ("recording", lambda rows: rows[Recording], {Customer, Recording}),
    ("invoice", lambda rows: rows[Invoice], {Customer, Contract, Invoice, Payment}),
]


@pytest.mark.parametrize(("kind", "target", "stay"), HELD, ids=[kind for kind, _target, _stay in HELD])
def test_a_hold_keeps_what_it_covers_and_what_that_needs_until_it_is_released(
    kind: str, target: Callable[..., Any], stay: set[Any], purge_on: Purge
) -> None:
    customer = CustomerFactory.create(last_day=LONG_AGO)
    contract = ContractFactory.create(last_day=LONG_AGO)
    ContractHolderFactory.create(customer=customer, contract=contract)
    invoice = InvoiceFactory.create(customer=customer, last_day=LONG_AGO)
    InvoiceContractFactory.create(invoice=invoice, contract=contract)
    payment = PaymentFactory.create(customer=customer, last_day=LONG_AGO)
    PaymentAllocationFactory.create(payment=payment, invoice=invoice)
    call = RecordingFactory.create(customer=customer, last_day=LONG_AGO)
    reading = ConsumptionDayFactory.create(site=contract.site, last_day=LONG_AGO)
    other = InvoiceFactory.create(last_day=LONG_AGO)
    rows = {type(row): row for row in (customer, contract, invoice, payment, call, reading)}
    hold = place_hold(kind=kind, target=target(rows).pk, reason="dispute", actor=TESTER, at=at_noon(LONG_AGO))
    purge_on(LATER)
    assert {model for model, row in rows.items() if is_there(row)} == stay
    assert not is_there(other), "other data of the same day still goes"
    release_hold(hold=hold, actor=TESTER, at=at_noon(LATER))
    purge_on(LATER + DAY)
    assert not any(is_there(row) for row in rows.values())


def test_a_hold_with_an_end_keeps_to_the_day_before(purge_on: Purge) -> None:
    call = RecordingFactory.create(last_day=LONG_AGO)
    place_hold(kind="recording", target=call.pk, reason="claim", actor=TESTER, at=at_noon(LONG_AGO), until_on=LATER)
    purge_on(LATER - DAY)
    assert is_there(call)
    purge_on(LATER)
    assert not is_there(call)


def test_what_is_gone_cannot_be_held(purge_on: Purge) -> None:
    call = RecordingFactory.create(last_day=LONG_AGO)
    purge_on(LATER)
    with pytest.raises(UnableToPlaceHold):
        place_hold(kind="recording", target=call.pk, reason="claim", actor=TESTER, at=at_noon(LATER))
    assert not Hold.objects.exists()


def test_a_reading_is_held_for_those_who_lived_there_on_its_day_and_not_for_others(purge_on: Purge) -> None:
    former, latter = CustomerFactory.create(), CustomerFactory.create()
    contract = ContractFactory.create(last_day=LONG_AGO)
    next_contract = ContractFactory.create(site=contract.site)
    Contract.objects.filter(pk=next_contract.pk).update(started_on=contract.ended_on)
    ContractHolderFactory.create(customer=former, contract=contract)
    ContractHolderFactory.create(customer=latter, contract=next_contract)
    of_former = ConsumptionDayFactory.create(site=contract.site, last_day=LONG_AGO)
    of_latter = ConsumptionDayFactory.create(site=contract.site, last_day=LONG_AGO + DAY)
    place_hold(kind="person", target=former.pk, reason="dispute", actor=TESTER, at=at_noon(LONG_AGO))
    purge_on(LATER)
    assert is_there(of_former)
    assert not is_there(of_latter)


def test_a_cancelled_contract_holds_no_reading_and_goes_whole_on_its_day(purge_on: Purge) -> None:
    contract = ContractFactory.create(last_day=LONG_AGO)
    holder = ContractHolderFactory.create(contract=contract)
    product = ContractProductFactory.create(contract=contract)
    home = HomeDetailsFactory.create(contract=contract)
    reading = ConsumptionDayFactory.create(site=contract.site, last_day=LONG_AGO)
    Contract.objects.filter(pk=contract.pk).update(is_cancelled=True)
    hold = place_hold(kind="person", target=holder.customer_id, reason="dispute", actor=TESTER, at=at_noon(LONG_AGO))
    purge_on(LATER)
    assert is_there(contract)
    assert not is_there(reading), "nobody lived there by it"
    release_hold(hold=hold, actor=TESTER, at=at_noon(LATER))
    purge_on(LATER + DAY)
    assert not any(is_there(row) for row in (contract, holder, product, home))


def test_what_becomes_needed_between_plan_and_run_stays(purge_on: Purge) -> None:
    customer = CustomerFactory.create(last_day=LONG_AGO)
    bank = BankAccountFactory.create(last_day=LONG_AGO)
    waiting = purge_on(LATER, approve=False)
    assert (waiting.state, waiting.planned_count) == (RetentionRun.State.WAITING, 2)
    contract = ContractHolderFactory.create(customer=customer, contract=ContractFactory.create())
    Customer.objects.filter(pk=bank.customer_id).update(language="sv")
    place_hold(kind="person", target=bank.customer_id, reason="request", actor=TESTER, at=at_noon(LATER))
    run = purge_on(LATER)
    assert is_there(customer)
    assert is_there(contract)
    assert is_there(bank)
    assert (run.state, run.gone_count, run.spared_count) == (RetentionRun.State.DONE, 0, 2)
    assert set(run.plan.values_list("spared", flat=True)) == {"referred to", "held"}
