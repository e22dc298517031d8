"""The nightly check finds relationships that differ from their contracts, mends them, logs it and tells how many."""

import datetime
import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from customers.models import Customer, Representative
from register.audit.acting import acting_as_service
from register.audit.models import LogEntry
from register.identity.roles import Role
from register.work.models import Job
from sites.agreement.operations import check_relationships
from sites.tasks import ask_for_check, check_relationships_with_contracts
from tests.factories.clocks import at_noon
from tests.factories.customers import CustomerFactory, MandateFactory
from tests.factories.sites import ContractFactory, ContractHolderFactory
from tests.harness.staff import make_staff, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.clause("T1")]

START, END = datetime.date(2014, 3, 1), datetime.date(2024, 3, 1)
WRONG, LATE = datetime.date(2016, 1, 1), datetime.date(2025, 1, 1)
HEAT: dict[str, Any] = {"line": "heat", "controller_id": 1, "supplier_name": ""}


def contract_of(customer: Customer, **values: Any) -> Any:
    contract = ContractFactory.create(**{"started_on": START, "ended_on": END} | values)
    ContractHolderFactory.create(contract=contract, customer=customer)
    return contract


@pytest.fixture
def wrong() -> Customer:
    """A customer whose relationship was changed past the operations, with somebody who stands for them."""
    with acting_as_service("test"):
        customer = CustomerFactory.create()
        contract_of(customer)
        MandateFactory.create(customer=customer)
        Customer.objects.update(relationship_started_on=START, relationship_ended_on=WRONG)
        Representative.objects.update(relationship_ended_on=WRONG)
    return customer


def run(**options: Any) -> dict[str, int]:
    out = io.StringIO()
    status = 0
    try:
        call_command("check_relationships", as_json=True, stdout=out, **options)
    except SystemExit as stop:
        status = int(str(stop.code))
    return {**json.loads(out.getvalue()), "status": status}


def days_of(customer: Customer) -> tuple[Any, Any]:
    with acting_as_service("test"):
        customer.refresh_from_db()
    return customer.relationship_started_on, customer.relationship_ended_on


def test_what_differs_is_mended_and_logged_and_the_second_check_finds_nothing(wrong: Customer) -> None:
    assert run(dry_run=True) == {"compared": 1, "differed": 1, "mended": 0, "endless": 0, "status": 1}
    assert days_of(wrong) == (START, WRONG)
    assert run() == {"compared": 1, "differed": 1, "mended": 1, "endless": 0, "status": 0}
    assert days_of(wrong) == (START, END)
    with acting_as_service("test"):
        assert Representative.objects.get().relationship_ended_on == END
        entry = LogEntry.objects.filter(object_pk=str(wrong.pk)).latest("id")
        assert (entry.actor_kind, entry.actor_id) == ("service", "check-relationships")
        assert entry.changes == {"relationship_ended_on": [WRONG.isoformat(), END.isoformat()]}
    assert run() == {"compared": 1, "differed": 0, "mended": 0, "endless": 0, "status": 0}


def test_an_open_contract_of_any_controller_keeps_the_relationship_open(wrong: Customer) -> None:
    with acting_as_service("test"):
        contract_of(wrong, started_on=WRONG, ended_on=None, **HEAT)
    assert run()["mended"] == 1
    assert days_of(wrong) == (START, None)


def test_a_cancelled_contract_counts_only_where_there_is_no_other(wrong: Customer) -> None:
    with acting_as_service("test"):
        contract_of(wrong, started_on=LATE, ended_on=datetime.date(2026, 1, 1), is_cancelled=True, **HEAT)
    assert run()["mended"] == 1
    assert days_of(wrong) == (START, END)


def test_the_first_day_of_a_contract_that_has_gone_stays(wrong: Customer) -> None:
    long_ago = datetime.date(2001, 1, 1)
    with acting_as_service("test"):
        Customer.objects.update(relationship_started_on=long_ago)
    assert run()["mended"] == 1
    assert days_of(wrong) == (long_ago, END)
    assert run()["differed"] == 0


def test_a_representative_alone_that_differs_is_mended(wrong: Customer) -> None:
    with acting_as_service("test"):
        Customer.objects.update(relationship_ended_on=END)
    assert run()["mended"] == 1
    with acting_as_service("test"):
        assert Representative.objects.get().relationship_ended_on == END


def test_who_runs_on_without_any_contract_is_counted_and_not_guessed() -> None:
    with acting_as_service("test"):
        endless = CustomerFactory.create(last_day=None)
        CustomerFactory.create(last_day=WRONG)  # a quotation without a contract has a day of its own
    assert run() == {"compared": 2, "differed": 0, "mended": 0, "endless": 1, "status": 1}
    assert days_of(endless)[1] is None


def test_a_few_at_a_time_come_to_the_same_end(wrong: Customer) -> None:
    with acting_as_service("test"):
        for _number in range(4):
            contract_of(CustomerFactory.create(last_day=WRONG))
    checked = check_relationships(clock=lambda: at_noon(END), most=2)
    assert (checked.compared, checked.differed, checked.mended) == (5, 5, 5)


def test_each_night_a_row_of_work_does_it_and_the_dashboard_shows_the_number(wrong: Customer) -> None:
    ask_for_check()
    job = Job.objects.get(kind="check-relationships")
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    result = check_relationships_with_contracts(job)
    assert result["mended"] == 1
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, result=result, finished_at=at_noon(END))
    text = signed_in(make_staff(role=Role.DPO)).get("/staff/").content.decode()
    tile = text[text.index("Korjattuja asiakkuuksia") :][:200]
    assert "<strong>1</strong>" in tile
    assert (
        "Korjattuja asiakkuuksia"
        not in signed_in(make_staff(role=Role.AGENT, email="asta@example.org")).get("/staff/").content.decode()
    )
