"""Requests: who may ask, what the database guards, the freeze, corrections by the owner's operation, objections."""

import datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from customers.models import Customer, MarketingPermission, Suppression
from customers.operations.marketing import has_objected
from dsar import operations
from dsar.models import Request, RequestEvent
from register.access.scope import Actor, ActorKind, Scope
from register.audit.acting import acting, acting_as_service
from register.audit.models import LogEntry
from retention.models import Hold
from tests.factories.customers import CustomerFactory, DisclosureFactory, PostalCodeFactory

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 25, 9, 0, tzinfo=datetime.UTC)
LATER = NOW + datetime.timedelta(days=3)
AGENT = Actor.staff("01890000-0000-7000-8000-000000000001")
OTHER = Actor.staff("01890000-0000-7000-8000-000000000002")
STAFF = Scope.staff(controllers=(1, 2))


@pytest.fixture
def customer() -> Customer:
    with acting_as_service("test"):
        PostalCodeFactory()
        return CustomerFactory(street_address="Vanhatie 1", phone="+358401234567", email="vanha@example.org")


def as_customer(customer: Customer) -> tuple[Actor, Scope]:
    return Actor(ActorKind.CUSTOMER, str(customer.pk)), Scope.portal(customers=(customer.pk,))


def kinds(request: Request) -> list[str]:
    return list(request.events.order_by("id").values_list("kind", flat=True))


def asked(customer: Customer, **values: Any) -> Request:
    return operations.ask_for_access(customer_id=customer.pk, actor=AGENT, at=NOW, channel="letter", **values)


@pytest.mark.clause("G1")
def test_an_access_request_has_its_last_day_and_freezes_what_it_asks_for(customer: Customer) -> None:
    with acting(actor=AGENT, scope=STAFF):
        request = asked(customer, text="Kaikki tietoni")
        assert (request.state, request.due_on) == ("received", datetime.date(2026, 12, 28))
        hold = Hold.objects.get(target=customer.pk)
        assert (hold.reason, hold.case_number, hold.released_at) == ("request", request.number, None)
        operations.withdraw(request_id=request.pk, actor=AGENT, at=LATER)
        hold.refresh_from_db()
        assert hold.released_at == LATER
        assert kinds(request) == ["received", "frozen", "withdrawn", "released"]


@pytest.mark.clause("G4")
def test_nothing_is_answered_before_the_identity_is_on_record(customer: Customer) -> None:
    with acting(actor=AGENT, scope=STAFF):
        request = asked(customer)
        with pytest.raises(operations.UnableToHandle):
            operations.answer_access(request_id=request.pk, actor=AGENT, at=LATER)
        operations.record_identity(request_id=request.pk, method="document", actor=AGENT, at=LATER)
        with pytest.raises(operations.UnableToHandle):
            operations.answer_access(request_id=request.pk, actor=AGENT, at=LATER)
        done = operations.answer_access(request_id=request.pk, actor=OTHER, at=LATER)
        assert (done.state, done.identity_method, done.closed_on) == ("answered", "document", LATER.date())


@pytest.mark.clause("G4")
@pytest.mark.parametrize(
    "change",
    [
        "state = 'answered', closed_on = '2026-11-26', closed_at = now()",
        "state = 'identified'",
        "due_on = due_on + 30",
        "received_on = received_on - 10",
        "customer_id = gen_random_uuid()",
    ],
)
def test_the_database_lets_no_role_of_staff_skip_a_step(customer: Customer, change: str) -> None:
    with acting(actor=AGENT, scope=STAFF):
        request = asked(customer)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE dsar_request SET {change} WHERE id = %s", [request.pk])


def test_an_identity_on_record_and_a_closed_request_cannot_be_changed(customer: Customer) -> None:
    with acting(actor=AGENT, scope=STAFF):
        request = asked(customer)
        operations.record_identity(request_id=request.pk, method="signature", actor=AGENT, at=LATER)
        with pytest.raises(IntegrityError), transaction.atomic():
            Request.objects.filter(pk=request.pk).update(identity_method="strong")
        operations.refuse(request_id=request.pk, reason="Pyyntö on ilmeisen kohtuuton.", actor=AGENT, at=LATER)
        with pytest.raises(IntegrityError), transaction.atomic():
            Request.objects.filter(pk=request.pk).update(state="identified", closed_on=None, closed_at=None)
        with pytest.raises(DatabaseError), transaction.atomic():
            RequestEvent.objects.filter(request=request).update(note="toisin")


def test_a_request_cannot_be_born_answered(customer: Customer) -> None:
    with acting(actor=AGENT, scope=STAFF), pytest.raises(IntegrityError), transaction.atomic():
        Request.objects.create(
            number="2026-99999", customer_id=customer.pk, kind="access", channel="letter", received_at=NOW,
            received_on=NOW.date(), first_due_on=datetime.date(2026, 12, 28), due_on=datetime.date(2026, 12, 28),
            asked_by="staff:x", state="answered", closed_on=NOW.date(), closed_at=NOW, identity_method="strong",
            identity_checked_at=NOW, identity_checked_by="staff:x",
        )  # fmt: skip


def test_the_time_is_extended_once_with_a_reason_and_within_the_first_month(customer: Customer) -> None:
    with acting(actor=AGENT, scope=STAFF):
        request = asked(customer)
        with pytest.raises(operations.UnableToHandle):
            operations.extend(request_id=request.pk, reason=" ", actor=AGENT, at=LATER)
        longer = operations.extend(request_id=request.pk, reason="Aineistoa on paljon.", actor=AGENT, at=LATER)
        assert longer.due_on == datetime.date(2027, 2, 25)
        with pytest.raises(operations.UnableToHandle):
            operations.extend(request_id=request.pk, reason="Vielä.", actor=AGENT, at=LATER)
        late = asked(customer)
        with pytest.raises(operations.UnableToHandle):
            operations.extend(request_id=late.pk, reason="Myöhässä.", actor=AGENT, at=NOW + datetime.timedelta(days=34))


@pytest.mark.clause("G2")
def test_a_correction_is_applied_by_the_operation_of_the_owner_and_told_to_recipients(customer: Customer) -> None:
    with acting(actor=AGENT, scope=STAFF):
        disclosed = DisclosureFactory(customer=customer, ground="energy-market", statute="588/2013")
        request = operations.ask_for_rectification(
            customer_id=customer.pk, actor=AGENT, at=NOW, channel="email",
            corrections={"street_address": "Uusitie 2", "email": "uusi@example.org", "phone": "+358401234567"},
        )  # fmt: skip
        sides = list(request.corrections.order_by("id").values_list("field", "old_value", "new_value"))
        assert sides == [
            ("street_address", "Vanhatie 1", "Uusitie 2"),
            ("email", "vanha@example.org", "uusi@example.org"),
        ]
        with pytest.raises(operations.UnableToHandle):
            operations.accept_rectification(request_id=request.pk, actor=AGENT, at=LATER)
        operations.record_identity(request_id=request.pk, method="hand", actor=AGENT, at=LATER)
        operations.accept_rectification(
            request_id=request.pk, fields=["street_address"], answer="Sähköposti on jo toisella.", actor=AGENT, at=LATER
        )
        customer.refresh_from_db()
        assert (customer.street_address, customer.email) == ("Uusitie 2", "vanha@example.org")
        told = request.events.get(kind="recipients")
        assert told.note == disclosed.recipient.name
        assert LogEntry.objects.filter(object_pk=str(customer.pk), changes__has_key="street_address").exists()


def test_a_correction_that_the_owner_refuses_leaves_the_request_open(customer: Customer) -> None:
    with acting(actor=AGENT, scope=STAFF):
        request = operations.ask_for_rectification(
            customer_id=customer.pk, actor=AGENT, at=NOW, channel="email", corrections={"email": "ei osoite"},
            identified_by="signature",
        )  # fmt: skip
        with pytest.raises(operations.UnableToHandle):
            operations.accept_rectification(request_id=request.pk, actor=AGENT, at=LATER)
        request.refresh_from_db()
        assert request.is_open


@pytest.mark.clause("G3")
def test_an_objection_is_in_force_at_once_on_every_channel_and_list(customer: Customer) -> None:
    actor, scope = as_customer(customer)
    with acting(actor=actor, scope=scope):
        request = operations.object_to_marketing(customer_id=customer.pk, actor=actor, at=NOW)
        assert (request.state, request.closed_on) == ("answered", NOW.date())
        assert not MarketingPermission.objects.filter(is_allowed=True, ended_at__isnull=True).exists()
        assert MarketingPermission.objects.filter(is_allowed=False, ended_at__isnull=True).count() == 16
    with acting_as_service("test"):
        assert has_objected("email", "vanha@example.org")
        assert Suppression.objects.count() == 4


def test_a_customer_asks_and_sees_own_requests_only(customer: Customer) -> None:
    with acting_as_service("test"):
        other = CustomerFactory()
    actor, scope = as_customer(customer)
    with acting(actor=actor, scope=scope):
        mine = operations.ask_for_access(customer_id=customer.pk, actor=actor, at=NOW, identified_by="strong")
        assert mine.state == "identified"
        assert kinds(mine) == ["received", "identified", "frozen"]
        with pytest.raises(operations.UnableToAsk):
            operations.ask_for_access(customer_id=other.pk, actor=actor, at=NOW)
        operations.ask_for_rectification(
            customer_id=customer.pk, actor=actor, at=NOW, corrections={"given_names": "Aino Maria"}
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            Request.objects.filter(pk=mine.pk).update(state="answered", closed_on=NOW.date(), closed_at=NOW)
    other_actor, other_scope = as_customer(other)
    with acting(actor=other_actor, scope=other_scope):
        assert not Request.objects.exists()
        assert not RequestEvent.objects.exists()


def test_numbers_follow_one_another(customer: Customer) -> None:
    with acting(actor=AGENT, scope=STAFF):
        first, second = asked(customer), asked(customer)
        assert int(second.number[5:]) == int(first.number[5:]) + 1
