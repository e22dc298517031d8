"""Runs of retention with their plans and ledgers, holds, stops."""

import datetime
from typing import Any

import factory
from uuid_utils.compat import uuid7

from retention.models import Approval, Hold, LedgerEntry, PlanRow, RetentionRun, StopSwitch
from tests.harness.roles import as_role

from .clocks import TODAY, day_of, ended_at, moment_of

MOMENT = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)


class WrittenByPurge(factory.django.DjangoModelFactory):
    """What the application may only read."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        with as_role("purge"):
            return super()._create(model_class, *args, **kwargs)


class RetentionRunFactory(WrittenByPurge):
    """A finished run."""

    class Meta:
        model = RetentionRun

    class Params:
        last_day = TODAY

    state = "done"
    as_of = factory.LazyAttribute(day_of)
    asked_by = "service:test"
    plan_hash = "0" * 64
    started_at = factory.LazyAttribute(moment_of)
    finished_at = factory.LazyAttribute(moment_of)


class ApprovalFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Approval

    run = factory.SubFactory(RetentionRunFactory)
    plan_hash = "0" * 64
    approved_by = "staff:test"
    approved_at = MOMENT


class PlanRowFactory(WrittenByPurge):
    class Meta:
        model = PlanRow

    run = factory.SubFactory(RetentionRunFactory)
    model = "customers.Customer"
    key = factory.LazyFunction(uuid7)
    rule = "contract"
    due_on = TODAY


class LedgerEntryFactory(WrittenByPurge):
    class Meta:
        model = LedgerEntry

    run = factory.SubFactory(RetentionRunFactory)
    chunk_number = factory.Sequence(lambda number: number + 1)
    model = "customers.Customer"
    keys = factory.LazyFunction(lambda: [uuid7()])
    row_count = 1
    part_count = 0
    copy_count = 0
    file_count = 0
    previous_hash = factory.Sequence(lambda number: f"{number:064x}")
    hash = "0" * 64
    at = MOMENT


class HoldFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Hold

    class Params:
        last_day = None

    kind = "person"
    target = factory.LazyFunction(uuid7)
    reason = "dispute"
    case_number = factory.Sequence(lambda number: f"KKO {number}/2026")
    placed_by = "staff:test"
    placed_at = factory.LazyAttribute(lambda row: moment_of(row) - datetime.timedelta(days=30))
    released_by = factory.LazyAttribute(lambda row: "staff:test" if row.last_day else "")
    released_at = factory.LazyAttribute(ended_at)


class StopSwitchFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = StopSwitch

    class Params:
        last_day = TODAY

    reason = "harjoitus"
    stopped_by = "staff:test"
    stopped_at = factory.LazyAttribute(lambda row: moment_of(row) - datetime.timedelta(hours=1))
    released_by = "staff:test"
    released_at = factory.LazyAttribute(ended_at)
