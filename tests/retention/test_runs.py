"""Runs: the same end whatever the chunks, nothing twice, a person's word for a backlog, a switch that stops."""

import datetime
from typing import Any

import pytest
from django.db import connection, transaction

from billing.models import Invoice
from customers.models import Prospect
from register.access.guard import another_role
from retention.aggregates import aggregates
from retention.ledger import BrokenChain, verify_chain
from retention.models import Approval, LedgerEntry, PlanRow, RetentionRun
from retention.operations import (
    Pace,
    UnableToApprove,
    UnableToPurge,
    UnableToStop,
    approve_run,
    place_hold,
    purge,
    release_hold,
    resume_purging,
    stop_purging,
)
from retention.queries import forecast, months_ahead, overdue, status
from sites.models import ConsumptionDay
from tests.factories.billing import InvoiceFactory
from tests.factories.clocks import at_noon
from tests.factories.customers import CustomerFactory, ProspectFactory
from tests.factories.sites import ConsumptionDayFactory, SiteFactory
from tests.harness.roles import as_role

from .conftest import TESTER, Purge
from .graph import dump, full_customer

LONG_AGO = datetime.date(2010, 6, 30)
LATER = datetime.date(2022, 1, 1)
DAY = datetime.timedelta(days=1)
State = RetentionRun.State


def without_runs(tables: dict[str, list[str]]) -> dict[str, list[str]]:
    return {table: sorted(rows) for table, rows in tables.items() if not table.startswith("retention_")}


def test_a_second_run_does_nothing(purge_on: Purge) -> None:
    full_customer(LONG_AGO)
    full_customer(None)
    first = purge_on(LATER)
    before, entries = without_runs(dump()), LedgerEntry.objects.count()
    second = purge_on(LATER)
    assert first.gone_count > 10
    assert (second.state, second.planned_count, second.gone_count, second.chunk_count) == (State.DONE, 0, 0, 0)
    assert without_runs(dump()) == before
    assert LedgerEntry.objects.count() == entries
    assert overdue(on=LATER) == {}


def test_tiny_chunks_end_as_one_big_one_does(purge_on: Purge) -> None:
    for number in range(7):
        full_customer(LONG_AGO + number * DAY)
    full_customer(None)
    sid = transaction.savepoint()
    big = purge_on(LATER, rows=5000)
    after_big = without_runs(dump())
    transaction.savepoint_rollback(sid)
    small = purge_on(LATER, rows=1)
    assert without_ids(without_runs(dump())) == without_ids(after_big)
    assert (small.gone_count, small.part_count, small.copy_count) == (big.gone_count, big.part_count, big.copy_count)
    assert small.chunk_count > big.chunk_count


def without_ids(tables: dict[str, list[str]]) -> dict[str, list[str]]:
    """The outbox numbers its messages as they come."""
    return {table: rows for table, rows in tables.items() if table != "work_outboxmessage"}


def test_a_preview_predicts_what_goes_and_writes_nothing_but_its_plan(purge_on: Purge, preview_on: Purge) -> None:
    full_customer(LONG_AGO)
    full_customer(None)
    before = without_runs(dump())
    foreseen = preview_on(LATER)
    assert without_runs(dump()) == before
    counts = {label: (counted["rows"], counted["parts"]) for label, counted in foreseen.counts.items()}
    run = purge_on(LATER)
    assert counts == {label: (counted["rows"], counted["parts"]) for label, counted in run.counts.items()}
    assert run.gone_count == foreseen.planned_count
    assert run.part_count == sum(sum(parts.values()) for _rows, parts in counts.values())
    assert run.plan_hash == foreseen.plan_hash
    by_table = {label: sum(entry.row_count for entry in LedgerEntry.objects.filter(model=label)) for label in counts}
    assert by_table == {label: rows for label, (rows, _parts) in counts.items()}


def test_a_preview_can_look_into_the_future(preview_on: Purge) -> None:
    ProspectFactory.create(last_day=datetime.date(2026, 1, 1))
    assert preview_on(datetime.date(2027, 1, 1)).planned_count == 0
    foreseen = preview_on(datetime.date(2027, 1, 2))
    assert foreseen.counts["customers.Prospect"]["rules"] == {"marketing": 1}
    assert RetentionRun.objects.filter(kind="preview").count() == 1


def test_the_first_run_over_a_backlog_waits_for_a_persons_word(purge_on: Purge) -> None:
    prospect = ProspectFactory.create(last_day=LONG_AGO)
    run = purge_on(LATER, approve=False)
    assert (run.state, run.asks, run.is_first) == (State.WAITING, RetentionRun.Asks.FIRST, True)
    assert purge_on(LATER, approve=False).state == State.WAITING
    assert Prospect.objects.filter(pk=prospect.pk).exists()
    approve_run(run=run, plan_hash=run.plan_hash, actor=TESTER, at=at_noon(LATER))
    run = purge_on(LATER, approve=False)
    assert (run.state, run.gone_count) == (State.DONE, 1)
    ProspectFactory.create(last_day=LATER - 366 * DAY)
    run = purge_on(LATER + DAY, approve=False)
    assert (run.state, run.gone_count) == (State.DONE, 1), "routine runs ask nobody"


def test_a_run_that_found_nothing_is_not_the_first_one(purge_on: Purge) -> None:
    assert purge_on(LATER, approve=False).state == State.DONE
    ProspectFactory.create(last_day=LONG_AGO)
    run = purge_on(LATER + DAY, approve=False)
    assert (run.state, run.asks, run.is_first) == (State.WAITING, RetentionRun.Asks.FIRST, True)
    assert Prospect.objects.count() == 1


def test_after_a_month_without_a_run_a_person_is_asked(routine: Purge) -> None:
    ProspectFactory.create(last_day=LATER)
    assert routine(LATER + 366 * DAY).asks == RetentionRun.Asks.GAP


@pytest.fixture
def routine(purge_on: Purge) -> Purge:
    """Purge as a register does that has deleted before, without a person's word."""
    ProspectFactory.create(last_day=LONG_AGO)
    assert purge_on(LATER).gone_count == 1

    def run(day: datetime.date) -> RetentionRun:
        return purge_on(day, approve=False)

    return run


@pytest.mark.parametrize(("days", "asks"), [(31, ""), (32, RetentionRun.Asks.BACKLOG)])
def test_rows_due_more_than_a_month_ago_wait_for_a_persons_word(routine: Purge, days: int, asks: str) -> None:
    due_on = LATER + DAY - days * DAY
    ProspectFactory.create(last_day=due_on - 366 * DAY)
    run = routine(LATER + DAY)
    assert run.asks == asks
    assert Prospect.objects.exists() == bool(asks)


def test_days_of_readings_due_more_than_a_month_ago_wait_too(routine: Purge) -> None:
    ConsumptionDayFactory.create(last_day=LONG_AGO)
    assert routine(LATER + DAY).asks == RetentionRun.Asks.BACKLOG
    assert ConsumptionDay.objects.count() == 1


def test_what_an_approved_run_did_not_get_is_no_new_backlog(routine: Purge, purge_on: Purge) -> None:
    prospect = ProspectFactory.create(last_day=LONG_AGO)
    run = routine(LATER + DAY)
    assert run.asks == RetentionRun.Asks.BACKLOG
    approve_run(run=run, plan_hash=run.plan_hash, actor=TESTER, at=at_noon(LATER))
    other = ProspectFactory.create(last_day=LATER - 366 * DAY)
    Prospect.objects.filter(pk=prospect.pk).update(processed_on=LATER)
    assert routine(LATER + DAY).spared_count == 1
    Prospect.objects.filter(pk=prospect.pk).update(processed_on=LONG_AGO)
    assert (routine(LATER + 2 * DAY).asks, Prospect.objects.count()) == ("", 0)
    assert not Prospect.objects.filter(pk=other.pk).exists()


def test_a_customer_who_waited_for_the_last_invoice_is_no_backlog(routine: Purge) -> None:
    customer = CustomerFactory.create(last_day=LATER.replace(year=LATER.year - 10) - 90 * DAY)
    InvoiceFactory.create(customer=customer, last_day=LATER.replace(year=LATER.year - 10))
    run = routine(LATER + DAY)
    assert (run.asks, run.gone_count) == ("", 2)


def test_what_a_released_hold_kept_goes_with_the_next_run(routine: Purge) -> None:
    customer = CustomerFactory.create(last_day=LONG_AGO)
    hold = place_hold(kind="person", target=customer.pk, reason="dispute", actor=TESTER, at=at_noon(LATER))
    assert routine(LATER + DAY).planned_count == 0
    release_hold(hold=hold, actor=TESTER, at=at_noon(LATER + DAY))
    run = routine(LATER + 2 * DAY)
    assert (run.asks, run.gone_count) == ("", 1)


def test_far_more_rows_than_the_run_before_foresaw_wait_for_a_persons_word(routine: Purge) -> None:
    due_tomorrow = LATER - 365 * DAY
    for _number in range(2):
        ProspectFactory.create(last_day=due_tomorrow)
    foreseeing = routine(LATER)
    goes = (LATER + DAY).isoformat()
    assert foreseeing.days_ahead["customers.Prospect"] == {"marketing": {goes: 2}}
    Prospect.objects.bulk_create(ProspectFactory.build_batch(102, last_day=due_tomorrow))
    run = routine(LATER + DAY)
    assert (run.asks, run.planned_count, Prospect.objects.count()) == (RetentionRun.Asks.FORECAST, 104, 104)


def test_as_many_rows_as_the_run_before_foresaw_go_without_a_word(routine: Purge) -> None:
    Prospect.objects.bulk_create(ProspectFactory.build_batch(150, last_day=LATER - 365 * DAY))
    assert routine(LATER).asks == ""
    run = routine(LATER + DAY)
    assert (run.asks, run.gone_count) == ("", 150)


def test_a_plan_that_changed_since_it_was_looked_at_is_not_approved(purge_on: Purge) -> None:
    ProspectFactory.create(last_day=LONG_AGO)
    run = purge_on(LATER, approve=False)
    seen = run.plan_hash
    ProspectFactory.create(last_day=LONG_AGO)
    run = purge_on(LATER + DAY, approve=False)
    assert (run.state, run.planned_count, run.as_of) == (State.WAITING, 2, LATER + DAY)
    with pytest.raises(UnableToApprove):
        approve_run(run=run, plan_hash=seen, actor=TESTER, at=at_noon(LATER))
    assert not Approval.objects.exists()


def test_a_row_that_became_due_after_the_approval_waits_for_the_next_run(purge_on: Purge) -> None:
    ProspectFactory.create(last_day=LONG_AGO)
    run = purge_on(LATER, approve=False)
    approve_run(run=run, plan_hash=run.plan_hash, actor=TESTER, at=at_noon(LATER))
    late = ProspectFactory.create(last_day=LONG_AGO)
    assert purge_on(LATER, approve=False).gone_count == 1
    assert Prospect.objects.filter(pk=late.pk).exists()
    assert purge_on(LATER).gone_count == 1


def test_a_day_that_has_not_come_is_not_purged(scope: None) -> None:
    with as_role("purge"), another_role(), pytest.raises(UnableToPurge):
        purge(actor=TESTER, clock=lambda: at_noon(LATER), as_of=LATER + DAY)
    assert not RetentionRun.objects.exists()


def test_the_switch_stops_between_chunks_and_the_run_goes_on_when_it_is_released(purge_on: Purge) -> None:
    for _number in range(5):
        ProspectFactory.create(last_day=LONG_AGO)
    run = purge_on(LATER, approve=False)
    approve_run(run=run, plan_hash=run.plan_hash, actor=TESTER, at=at_noon(LATER))

    def stop_after_two(run: RetentionRun) -> bool:
        if run.gone_count == 2:
            stop_purging(reason="drill", actor=TESTER, at=at_noon(LATER))
        return True

    with as_role("purge"), another_role():
        run = purge(actor=TESTER, clock=lambda: at_noon(LATER), pace=Pace(keys=1, fixed=True), progress=stop_after_two)
    assert (run.state, run.gone_count, Prospect.objects.count()) == (State.STOPPED, 2, 3)
    assert status(at=at_noon(LATER)).is_stopped
    assert purge_on(LATER).state == State.STOPPED
    with pytest.raises(UnableToStop):
        stop_purging(reason="twice", actor=TESTER, at=at_noon(LATER))
    resume_purging(actor=TESTER, at=at_noon(LATER))
    with pytest.raises(UnableToStop):
        resume_purging(actor=TESTER, at=at_noon(LATER))
    again = purge_on(LATER)
    assert (again.pk, again.state, again.gone_count, Prospect.objects.count()) == (run.pk, State.DONE, 5, 0)


def test_a_table_that_nobody_declared_stops_the_chunk_and_is_named(purge_on: Purge) -> None:
    invoice = InvoiceFactory.create(last_day=LONG_AGO)
    prospect = ProspectFactory.create(last_day=LONG_AGO)
    with as_role("owner"), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE forgotten (invoice uuid REFERENCES billing_invoice DEFERRABLE INITIALLY DEFERRED)")
        cursor.execute("INSERT INTO forgotten VALUES (%s)", [invoice.pk])
    run = purge_on(LATER)
    assert run.state == State.FAILED
    assert "forgotten" in run.error
    assert str(invoice.pk) not in run.error
    assert Invoice.objects.filter(pk=invoice.pk).exists()
    entries = LedgerEntry.objects.filter(run=run)
    assert (
        sum(entry.row_count for entry in entries)
        == run.gone_count
        == 1 - Prospect.objects.filter(pk=prospect.pk).count()
    )


def test_the_ledger_is_a_chain_that_shows_a_change(purge_on: Purge) -> None:
    for number in range(3):
        ProspectFactory.create(last_day=LONG_AGO + number * DAY)
        purge_on(LATER + number * DAY)
    entries = list(LedgerEntry.objects.order_by("id"))
    assert verify_chain(entries) == 3
    assert verify_chain(entries[1:]) == 2, "the oldest go after their own time"
    with pytest.raises(BrokenChain):
        verify_chain([entries[0], entries[2]])
    entries[1].row_count += 1
    with pytest.raises(BrokenChain):
        verify_chain(entries)


def test_the_ledger_names_keys_and_no_person(purge_on: Purge) -> None:
    prospect = ProspectFactory.create(last_day=LONG_AGO, name="Kanarialintu")
    purge_on(LATER)
    (entry,) = LedgerEntry.objects.all()
    assert (entry.model, entry.keys, entry.row_count) == ("customers.Prospect", [prospect.pk], 1)
    assert not any("Kanarialintu" in row for rows in dump().values() for row in rows)


@pytest.mark.clause("T3")
@pytest.mark.item("S09")
def test_consumption_is_planned_by_day_and_an_empty_month_is_dropped(purge_on: Purge) -> None:
    site = SiteFactory.create()
    for number in range(32):
        ConsumptionDayFactory.create(site=site, last_day=datetime.date(2011, 3, 1) + number * DAY)
    purge_on(datetime.date(2021, 3, 20))
    assert ConsumptionDay.objects.count() == 13
    assert months() == ["sites_consumptionday_2011_03", "sites_consumptionday_2011_04"]
    run = purge_on(datetime.date(2021, 4, 1))
    assert months() == ["sites_consumptionday_2011_04"]
    assert run.gone_count == 12
    entry = LedgerEntry.objects.get(run=run)
    assert (entry.keys, len(entry.days), entry.row_count) == ([], 12, 12)


def months() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname ~ '^sites_consumptionday_[0-9_]+$' ORDER BY 1")
        return [name for (name,) in cursor.fetchall() if name.startswith("sites_consumptionday_2011")]


def test_plans_are_forgotten_when_they_are_done(purge_on: Purge) -> None:
    full_customer(LONG_AGO)
    purge_on(LATER)
    assert not PlanRow.objects.exists()


def test_the_months_ahead_are_counted_by_rule(purge_on: Purge, scope: None) -> None:
    ProspectFactory.create(last_day=LATER - 300 * DAY)
    ProspectFactory.create(last_day=LATER - 300 * DAY)
    run = purge_on(LATER)
    day = LATER - 300 * DAY
    assert run.forecast["customers.Prospect"] == {"marketing": {f"{day.year + 1}-{day.month:02}": 2}}
    assert forecast(on=LATER) == run.forecast
    _heads, lines = months_ahead(on=LATER)
    assert [(line.label, line.total) for line in lines] == [("customers.Prospect", 2)]


def test_a_preview_that_looks_ahead_leaves_the_months_as_the_run_counted_them(
    purge_on: Purge, preview_on: Purge
) -> None:
    ProspectFactory.create(last_day=LATER - 300 * DAY)
    ProspectFactory.create(last_day=LATER - 100 * DAY)
    purge_on(LATER)
    heads, before = months_ahead(on=LATER)
    preview_on(LATER + 200 * DAY)
    assert months_ahead(on=LATER) == (heads, before)
    assert [line.total for line in before] == [2]


def test_readings_ahead_are_counted_once_a_month_and_not_each_night(purge_on: Purge) -> None:
    site = SiteFactory.create()
    ConsumptionDayFactory.create(site=site, last_day=LATER.replace(year=2012) + 10 * DAY)
    first = purge_on(LATER).forecast["sites.ConsumptionDay"]
    ConsumptionDayFactory.create(site=site, last_day=LATER.replace(year=2012) + 11 * DAY)
    assert purge_on(LATER + DAY).forecast["sites.ConsumptionDay"] == first == {"metering": {"2022-01": 1}}
    assert forecast(on=LATER + DAY)["sites.ConsumptionDay"] == {"metering": {"2022-01": 2}}
    assert "sites.ConsumptionDay" not in purge_on(LATER + 31 * DAY).forecast


def test_what_refers_goes_before_what_is_referred_to() -> None:
    order = [aggregate.label for aggregate in aggregates()]
    assert order.index("sites.Contract") < order.index("customers.Customer")
    assert order.index("billing.Invoice") < order.index("customers.Customer")
    assert order.index("customers.Customer") < order.index("customers.Representative")


def test_the_status_tells_what_is_overdue_and_who_must_act(purge_on: Purge) -> None:
    ProspectFactory.create(last_day=LONG_AGO)
    purge_on(LATER, approve=False)
    found: Any = status(at=at_noon(LATER))
    assert (found.overdue_count, found.waits_for_approval, found.needs_attention) == (1, True, True)
    assert found.next_purge_at.date() == LATER + DAY
    purge_on(LATER)
    found = status(at=at_noon(LATER))
    assert (found.overdue_count, found.needs_attention, found.is_late) == (0, False, False)
    assert status(at=at_noon(LATER + 3 * DAY)).is_late
