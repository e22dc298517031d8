"""The desk of an agent: a call gives looks their reason and ends, pinned customers stand in the menu."""

import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import operations
from customers.desk import CALL_LASTS, MOST_PINS, Desk
from customers.models import Customer, Pin, RunningCall
from register.audit.acting import acting_as_service
from register.audit.models import ReadEvent
from register.identity.queries import actor_of
from register.identity.roles import Role
from tests.factories.customers import CustomerFactory
from tests.harness.staff import Staff, make_staff, signed_in

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 11, 24, 10, 0, tzinfo=datetime.UTC)


@pytest.fixture
def people(db: Any) -> list[Customer]:
    with acting_as_service("test"):
        return [CustomerFactory() for _number in range(2)]


@pytest.fixture
def agent(db: Any) -> Staff:
    return make_staff(role=Role.AGENT)


@pytest.fixture
def client(agent: Staff) -> Client:
    return signed_in(agent)


def page(row: Customer) -> str:
    return reverse("staff-customer", args=[row.pk])


def reasons() -> list[str]:
    with acting_as_service("test"):
        return list(ReadEvent.objects.order_by("at", "pk").values_list("reason", flat=True))


def call(client: Client, row: Customer, reason: str = "invoice") -> Any:
    return client.post(reverse("staff-call-start", args=[row.pk]), {"reason": reason})


def test_a_call_gives_looks_their_reason_until_it_ends(client: Client, people: list[Customer]) -> None:
    caller, other = people
    assert call(client, caller)["Location"] == page(caller)
    shown = client.get(page(caller)).content.decode()
    assert "Lopeta puhelu" in shown
    client.get(page(other))
    client.get(reverse("admin:customers_customer_change", args=[caller.pk]))
    assert client.post(reverse("staff-call-end"))["Location"] == page(caller)
    assert "Lopeta puhelu" not in client.get(page(caller)).content.decode()
    # Somebody else's page during the call was looked at in a call, but not for the caller's reason.
    assert reasons() == ["invoice", "invoice", "call", "invoice", "page"]
    assert client.post(reverse("staff-call-end")).status_code == 302


def test_an_opened_value_keeps_the_reason_that_was_given_for_it(client: Client, people: list[Customer]) -> None:
    call(client, people[0])
    client.post(reverse("staff-customer-contact", args=[people[0].pk]), {"open": "address", "reason": "authority"})
    assert reasons()[-1] == "authority"


def test_a_call_without_a_reason_or_with_nobody_does_not_begin(client: Client, people: list[Customer]) -> None:
    call(client, people[0], "curiosity")
    assert call(client, Customer()).status_code == 404
    with acting_as_service("test"):
        assert not RunningCall.objects.exists()


def test_a_call_left_running_ends_by_itself(agent: Staff, people: list[Customer]) -> None:
    actor = actor_of(agent.account)
    with acting_as_service("test"):
        operations.start_call(customer_id=people[0].pk, reason="move", actor=actor, at=AT)
        just_before = Desk(agent.account.pk, AT + CALL_LASTS - datetime.timedelta(seconds=1))
        assert just_before.call is not None
        assert Desk(agent.account.pk, AT + CALL_LASTS).call is None
        other = make_staff(email="toinen@example.org", role=Role.AGENT)
        operations.start_call(
            customer_id=people[1].pk, reason="move", actor=actor_of(other.account), at=AT + CALL_LASTS
        )
        assert RunningCall.objects.count() == 1


def test_a_call_and_pins_are_of_one_account(client: Client, people: list[Customer]) -> None:
    call(client, people[0])
    client.post(reverse("staff-customer-pin", args=[people[1].pk]))
    other = signed_in(make_staff(email="toinen@example.org", role=Role.AGENT))
    shown = other.get(page(people[0])).content.decode()
    assert "Lopeta puhelu" not in shown
    assert people[1].number not in shown


def test_a_pinned_customer_stands_in_the_menu_until_let_go(client: Client, people: list[Customer]) -> None:
    pin = reverse("staff-customer-pin", args=[people[0].pk])
    client.post(pin)
    client.post(pin)
    assert people[0].name in client.get(reverse("admin:index")).content.decode()
    client.post(pin, {"act": "unpin"})
    assert people[0].name not in client.get(reverse("admin:index")).content.decode()


def test_the_oldest_pins_fall_off(agent: Staff, db: Any) -> None:
    actor = actor_of(agent.account)
    with acting_as_service("test"):
        rows = [CustomerFactory() for _number in range(MOST_PINS + 2)]
        for number, row in enumerate(rows):
            at = AT + datetime.timedelta(minutes=number)
            operations.pin_customer(customer_id=row.pk, actor=actor, at=at)
        assert Pin.objects.count() == MOST_PINS
        assert [row.pk for row in Desk(agent.account.pk, at).pins] == [row.pk for row in reversed(rows[2:])]
