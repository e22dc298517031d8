"""Why a row is held and when it goes: for the command, for the customer page, for who may see it."""

import datetime
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.urls import reverse

from register.access.guard import another_role
from register.access.scope import Actor, Scope
from register.audit.acting import acting, acting_as_service
from register.audit.models import ReadEvent
from register.identity.roles import Role
from retention.operations import place_hold
from retention.queries import NoSuchTable, reasons_of, what_goes_when
from tests.factories.billing import InvoiceFactory
from tests.factories.clocks import at_noon
from tests.factories.customers import CustomerFactory, MandateFactory
from tests.factories.recordings import RecordingFactory
from tests.factories.sites import ContractFactory, ContractHolderFactory
from tests.harness.roles import as_role
from tests.harness.staff import make_staff, signed_in

from .conftest import TESTER, Purge
from .graph import full_customer

LAST_DAY = datetime.date(2020, 6, 30)
TODAY = datetime.date(2026, 11, 2)


def why(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with as_role("purge"), another_role():
        call_command("why", *arguments)
    return capsys.readouterr().out


def test_why_names_purpose_ground_clock_and_day(scope: None, capsys: pytest.CaptureFixture[str]) -> None:
    invoice = InvoiceFactory.create(last_day=datetime.date(2016, 12, 1))
    answer = why(capsys, "billing.Invoice", invoice.number)
    assert "P1" in answer
    assert "P4" in answer
    assert "invoiced_on" in answer
    assert "2.12.2026" in answer


def test_why_names_what_refers_and_what_holds(scope: None, capsys: pytest.CaptureFixture[str]) -> None:
    customer = CustomerFactory.create(last_day=LAST_DAY)
    InvoiceFactory.create(customer=customer)
    place_hold(
        kind="person",
        target=customer.pk,
        reason="dispute",
        case_number="KKO 7/2026",
        actor=TESTER,
        at=at_noon(TODAY),
    )
    answer = why(capsys, "customers.Customer", customer.number)
    assert "billing.Invoice" in answer
    assert "KKO 7/2026" in answer
    assert "1.7.2030" in answer


def test_why_of_a_part_tells_of_its_root(scope: None, capsys: pytest.CaptureFixture[str]) -> None:
    mandate = MandateFactory.create()
    answer = why(capsys, "customers.Mandate", str(mandate.pk))
    assert f"customers.Customer {mandate.customer_id}" in answer


def test_what_went_is_no_longer_held(purge_on: Purge, capsys: pytest.CaptureFixture[str]) -> None:
    call = RecordingFactory.create(last_day=datetime.date(2020, 1, 1))
    purge_on(TODAY)
    assert "2.11.2026" in why(capsys, "recordings.Recording", str(call.pk))
    assert "700" in why(capsys, "customers.Customer", "700999")
    with pytest.raises(NoSuchTable):
        reasons_of("customers.Nobody", "1", on=TODAY)
    with pytest.raises(NoSuchTable):
        reasons_of("sites.Product", "1", on=TODAY)


def test_every_table_of_a_customer_can_be_asked_why(scope: None, capsys: pytest.CaptureFixture[str]) -> None:
    for model, row in full_customer(LAST_DAY).items():
        key = "/".join(map(str, row.pk)) if isinstance(row.pk, tuple) else str(row.pk)
        found = reasons_of(model._meta.label, key, on=TODAY)
        assert found.is_there, model
        assert found.keeps or found.goes_with, model


def test_what_goes_when_tells_each_part_with_its_day_and_share(scope: None) -> None:
    rows = full_customer(LAST_DAY)
    customer: Any = next(row for row in rows.values() if type(row).__name__ == "Customer")
    found = {row.label: row for row in what_goes_when(customer.pk, on=TODAY)}
    assert found["recordings.Recording"].goes_on == datetime.date(2021, 7, 1)
    assert found["recordings.Recording"].elapsed == 1.0
    assert found["billing.Invoice"].goes_on == datetime.date(2030, 7, 1)
    assert 0.6 < found["billing.Invoice"].elapsed < 0.7
    assert found["sites.ConsumptionDay"].count == 1
    assert found["customers.Customer"].goes_on == datetime.date(2030, 7, 1)
    assert found["sites.Contract"].rule.clause == "T1"


def test_a_customer_goes_not_before_what_is_kept_for_them(scope: None) -> None:
    customer = CustomerFactory.create(last_day=LAST_DAY)
    invoice = InvoiceFactory.create(customer=customer, last_day=LAST_DAY + datetime.timedelta(days=100))
    found = {row.label: row for row in what_goes_when(customer.pk, on=TODAY)}
    assert found["customers.Customer"].goes_on == invoice.invoiced_on.replace(year=2030) + datetime.timedelta(days=1)
    assert found["customers.Customer"].waits_for == "billing.Invoice"
    InvoiceFactory.create(customer=customer)
    found = {row.label: row for row in what_goes_when(customer.pk, on=TODAY)}
    assert found["customers.Customer"].goes_on is None


def test_an_open_contract_has_no_day(scope: None) -> None:
    customer = CustomerFactory.create()
    ContractHolderFactory.create(customer=customer, contract=ContractFactory.create())
    found = {row.label: row for row in what_goes_when(customer.pk, on=TODAY)}
    assert (found["sites.Contract"].goes_on, found["sites.Contract"].running_count) == (None, 1)


def test_nobody_elses_rows_are_told_and_none_outside_the_scope(db: None) -> None:
    with acting_as_service("test"):
        customer = CustomerFactory.create()
        InvoiceFactory.create(customer=customer)
        InvoiceFactory.create()
    with acting(actor=Actor.staff("x"), scope=Scope.staff(controllers=(2,))):
        found = {row.label: row.count for row in what_goes_when(customer.pk, on=TODAY)}
        assert found["billing.Invoice"] == 1
    with acting(actor=Actor.staff("x"), scope=Scope.staff(controllers=(1,))):
        assert "billing.Invoice" not in {row.label for row in what_goes_when(customer.pk, on=TODAY)}


def test_the_panel_of_the_customer_page_shows_it_and_the_look_is_logged(db: None) -> None:
    agent = signed_in(make_staff(role=Role.AGENT))
    with acting_as_service("test"):
        customer = CustomerFactory.create(last_day=LAST_DAY)
        place_hold(kind="person", target=customer.pk, reason="dispute", actor=TESTER, at=at_noon(TODAY))
    page = agent.get(reverse("staff-customer-goes", args=[customer.pk]), headers={"HX-Request": "true"})
    assert page.status_code == 200
    assert "(T1)" in page.content.decode()
    alerts = agent.get(reverse("staff-customer-retention-alerts", args=[customer.pk]))
    assert "<li" in alerts.content.decode()
    with acting_as_service("test"):
        assert ReadEvent.objects.filter(shown__customer_id=customer.pk).exists()
    nobody = UUID("01890000-0000-7000-8000-000000000000")
    assert agent.get(reverse("staff-customer-goes", args=[nobody])).status_code == 404
