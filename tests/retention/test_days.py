"""Each kind of row goes on its day: not the day before, and not later than that day."""

import datetime
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from register.datamap.schedule import CONTRACT_10_YEARS, PERIODS, Period
from retention.aggregates import Aggregate, aggregates
from retention.models import RetentionRun
from tests.factories import FACTORIES
from tests.factories.billing import InvoiceFactory
from tests.factories.customers import ProspectFactory
from tests.factories.recordings import RecordingFactory
from tests.factories.sites import ContractFactory

from .conftest import Purge

DAY = datetime.timedelta(days=1)
LAST_DAYS = [datetime.date(2012, 2, 29), datetime.date(2013, 12, 31), datetime.date(2014, 3, 30)]
OURS = [aggregate for aggregate in aggregates() if aggregate.model in FACTORIES]


def exists(model: Any, pk: Any) -> bool:
    return bool(model._default_manager.filter(pk=pk).exists())


@pytest.mark.parametrize("last_day", LAST_DAYS, ids=str)
@pytest.mark.parametrize("aggregate", OURS, ids=lambda aggregate: aggregate.label)
def test_a_row_goes_on_the_day_after_its_time_and_not_before(
    aggregate: Aggregate, last_day: datetime.date, purge_on: Purge
) -> None:
    row = FACTORIES[aggregate.model](last_day=last_day)
    day = max(keep.period.day_of_deletion(last_day) for keep in aggregate.keeps)
    purge_on(day - DAY)
    assert exists(aggregate.model, row.pk), "it went before its day"
    run = purge_on(day)
    assert not exists(aggregate.model, row.pk), "it stayed on its day"
    assert run.state == RetentionRun.State.DONE


@pytest.mark.parametrize("aggregate", OURS, ids=lambda aggregate: aggregate.label)
def test_a_row_goes_later_too_when_no_purge_ran_on_its_day(aggregate: Aggregate, purge_on: Purge) -> None:
    row = FACTORIES[aggregate.model](last_day=datetime.date(2011, 5, 5))
    purge_on(max(keep.period.day_of_deletion(datetime.date(2011, 5, 5)) for keep in aggregate.keeps) + 400 * DAY)
    assert not exists(aggregate.model, row.pk)


@pytest.mark.clause("T3")
@pytest.mark.item("B06")
def test_an_invoice_of_1_december_2016_goes_on_2_december_2026(purge_on: Purge) -> None:
    invoice = InvoiceFactory.create(last_day=datetime.date(2016, 12, 1))
    purge_on(datetime.date(2026, 12, 1))
    assert exists(type(invoice), invoice.pk)
    purge_on(datetime.date(2026, 12, 2))
    assert not exists(type(invoice), invoice.pk)


@pytest.mark.clause("T2")
def test_a_row_of_the_marketing_register_goes_a_year_after_its_processing(purge_on: Purge) -> None:
    prospect = ProspectFactory.create(last_day=datetime.date(2025, 11, 24))
    purge_on(datetime.date(2026, 11, 24))
    assert exists(type(prospect), prospect.pk)
    purge_on(datetime.date(2026, 11, 25))
    assert not exists(type(prospect), prospect.pk)


@pytest.mark.clause("T4")
@pytest.mark.clause("T5")
@pytest.mark.item("O01")
@pytest.mark.parametrize("kind", ["marketing", "service", "fault", "contract", "other"])
def test_a_call_of_29_february_2024_goes_on_1_march_2025_whatever_its_kind(kind: str, purge_on: Purge) -> None:
    call = RecordingFactory.create(kind=kind, last_day=datetime.date(2024, 2, 29))
    purge_on(datetime.date(2025, 2, 28))
    assert exists(type(call), call.pk)
    purge_on(datetime.date(2025, 3, 1))
    assert not exists(type(call), call.pk)


@pytest.mark.clause("T1")
@pytest.mark.item("C13")
def test_a_contract_with_the_end_of_1_march_2024_goes_on_1_march_2034(purge_on: Purge) -> None:
    contract = ContractFactory.create(last_day=datetime.date(2024, 2, 29))
    assert contract.ended_on == datetime.date(2024, 3, 1)
    purge_on(datetime.date(2034, 2, 28))
    assert exists(type(contract), contract.pk)
    purge_on(datetime.date(2034, 3, 1))
    assert not exists(type(contract), contract.pk)


def test_a_call_just_before_midnight_in_helsinki_is_of_that_day(purge_on: Purge) -> None:
    late = RecordingFactory.create(
        called_at=datetime.datetime(2024, 6, 30, 20, 59, tzinfo=datetime.UTC), called_on=datetime.date(2024, 6, 30)
    )
    next_day = RecordingFactory.create(
        called_at=datetime.datetime(2024, 6, 30, 21, 0, tzinfo=datetime.UTC), called_on=datetime.date(2024, 7, 1)
    )
    purge_on(datetime.date(2025, 7, 1))
    assert (exists(type(late), late.pk), exists(type(late), next_day.pk)) == (False, True)


@given(day=st.dates(datetime.date(1990, 1, 1), datetime.date(2080, 1, 1)), period=st.sampled_from(PERIODS))
def test_the_latest_day_that_is_gone_is_the_inverse_of_the_day_of_deletion(day: datetime.date, period: Period) -> None:
    last = period.last_day_gone_by(day)
    assert period.day_of_deletion(last) <= day < period.day_of_deletion(last + DAY)


@given(day=st.dates(datetime.date(1990, 1, 1), datetime.date(2080, 1, 1)))
def test_ten_years_are_ten_calendar_years_and_the_29th_of_february_is_the_28th(day: datetime.date) -> None:
    gone_on = CONTRACT_10_YEARS.day_of_deletion(day)
    assert gone_on - DAY == day + relativedelta(years=10)
