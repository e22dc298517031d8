"""Whoever is shown leaves a trace: small answers beside a page, acts that name a customer, rows without a customer."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from register.audit.acting import acting_as_service
from register.audit.models import ReadEvent
from register.identity.roles import Role
from tests.factories.customers import CustomerFactory, ProspectFactory
from tests.factories.recordings import RecordingFactory
from tests.harness.staff import make_staff, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.clause("X2")]


@pytest.fixture
def customer(db: Any) -> Customer:
    with acting_as_service("test"):
        return CustomerFactory.create()


@pytest.fixture
def agent(db: Any) -> Client:
    return signed_in(make_staff(role=Role.AGENT))


def looks_at(row: Customer) -> list[tuple[str, str]]:
    with acting_as_service("test"):
        found = ReadEvent.objects.filter(shown__customer_id=row.pk).order_by("at", "pk")
        return list(found.values_list("what", "reason"))


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("staff-customer-request-alerts", "requests"),
        ("staff-customer-retention-alerts", "what goes when"),
        ("staff-customer-billing-alerts", "invoices"),
        ("staff-customer-contract-alerts", "contracts"),
    ],
)
def test_an_alert_fetched_by_itself_is_a_look(agent: Client, customer: Customer, name: str, what: str) -> None:
    assert agent.get(reverse(name, args=[customer.pk])).status_code == 200
    assert looks_at(customer) == [(what, "page")]


def test_an_alert_of_a_page_just_opened_is_no_look_of_its_own(agent: Client, customer: Customer) -> None:
    shown = agent.get(reverse("staff-customer", args=[customer.pk])).context["look"]
    for name in ("staff-customer-request-alerts", "staff-customer-retention-alerts"):
        agent.get(reverse(name, args=[customer.pk]), {"look": shown})
    assert looks_at(customer) == [("customer page", "page")]


def test_a_call_and_a_pin_name_the_customer_and_are_looks(agent: Client, customer: Customer) -> None:
    agent.post(reverse("staff-customer-pin", args=[customer.pk]))
    assert looks_at(customer) == [("customer pinned", "page")]
    agent.post(reverse("staff-call-start", args=[customer.pk]), {"reason": "invoice"})
    assert looks_at(customer)[1:] == [("call begun", "invoice")]
    agent.post(reverse("staff-customer-pin", args=[customer.pk]), {"act": "unpin"})
    agent.post(reverse("staff-call-start", args=[customer.pk]), {"reason": "curiosity"})
    assert len(looks_at(customer)) == 2


@pytest.mark.parametrize("name", ["recordings_recording", "customers_prospect"])
def test_a_row_without_a_customer_is_looked_at_too(name: str) -> None:
    client = signed_in(make_staff(role=Role.ADMINISTRATOR))
    with acting_as_service("test"):
        row: Any = RecordingFactory(customer=None, controller_id=1) if "recording" in name else ProspectFactory()
    assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200
    with acting_as_service("test"):
        events = list(ReadEvent.objects.filter(what=row._meta.label_lower).order_by("at", "pk"))
        assert [event.reason for event in events] == ["list", "page"]
        assert not any(event.shown.exists() for event in events)


def test_a_table_without_persons_and_an_empty_list_are_no_looks() -> None:
    client = signed_in(make_staff(role=Role.ADMINISTRATOR))
    for name in ("customers_prospect", "recordings_recording", "sites_product"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
    with acting_as_service("test"):
        assert not ReadEvent.objects.exists()
