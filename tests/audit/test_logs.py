"""The change log tells what changed, from what to what and by whom; the read log tells who looked and why."""

import datetime

import pytest
from django.db import DatabaseError, transaction

from customers.models import Customer
from register.access.scope import Actor, Scope
from register.audit.acting import acting, acting_as_service
from register.audit.models import LogEntry, ReadEvent
from register.audit.operations import record_look
from sites.models import Contract, ContractHolder
from tests.factories import FACTORIES

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 24, 10, 41, tzinfo=datetime.UTC)


def entries_of(row: object) -> list[LogEntry]:
    return list(LogEntry.objects.filter(object_pk=str(row.pk)).order_by("id"))  # type: ignore[attr-defined]


def test_a_change_is_logged_with_old_and_new_value_and_actor() -> None:
    with acting(actor=Actor.staff("tuulia"), scope=Scope.staff(controllers=(1, 2))):
        customer = FACTORIES[Customer](email="vanha@example.org")
        customer.email = "uusi@example.org"
        customer.save()
        made, changed = entries_of(customer)
    assert (made.action, changed.action) == (LogEntry.Action.CREATE, LogEntry.Action.UPDATE)
    assert changed.changes == {"email": ["vanha@example.org", "uusi@example.org"]}
    assert (changed.actor_kind, changed.actor_id) == ("staff", "tuulia")
    assert changed.subjects == [customer.pk]


def test_a_nested_actor_does_not_take_the_outer_ones_place() -> None:
    with acting(actor=Actor.staff("tuulia"), scope=Scope.staff(controllers=(1, 2))):
        with acting_as_service("inner"):
            inner = FACTORIES[Customer]()
        outer = FACTORIES[Customer]()
        assert entries_of(inner)[0].actor_id == "inner"
        assert entries_of(outer)[0].actor_id == "tuulia"


def test_the_log_keeps_no_text_of_the_object_and_no_address_of_the_actor() -> None:
    names = {field.name for field in LogEntry._meta.get_fields()}
    assert not {"remote_addr", "remote_port", "actor_email", "actor"} & names
    with acting_as_service("test"):
        customer = FACTORIES[Customer](family_name="Kanarianlintu")
        entry = entries_of(customer)[0]
    assert entry.object_repr == ""
    assert entry.serialized_data is None
    assert entry.changes["family_name"] == [None, "Kanarianlintu"]


@pytest.mark.clause("X3")
@pytest.mark.item("C03")
def test_a_secret_stands_masked() -> None:
    with acting_as_service("test"):
        customer = FACTORIES[Customer](identity_code="010190-999W")
        customer.identity_code = "010170-999R"
        customer.save()
        written = str([entry.changes for entry in entries_of(customer)])
    assert "•••" in written
    assert "999W" not in written
    assert "999R" not in written


def test_a_change_of_a_contract_carries_its_controller() -> None:
    with acting_as_service("test"):
        contract = FACTORIES[Contract](controller_id=2)
        holder = FACTORIES[ContractHolder](contract=contract, controller_id=2)
        assert entries_of(holder)[0].controller_id == 2
        assert entries_of(holder)[0].subjects == [holder.customer_id]
        key = entries_of(contract)[0].pk
    with acting(actor=Actor.staff("x"), scope=Scope.staff(controllers=(2,))):
        assert LogEntry.objects.filter(pk=key).exists()
    with acting(actor=Actor.staff("x"), scope=Scope.staff(controllers=(1,))):
        assert not LogEntry.objects.filter(pk=key).exists()


def test_a_look_is_one_event_with_a_row_for_each_person_shown() -> None:
    with acting(actor=Actor.staff("tuulia"), scope=Scope.staff(controllers=(1, 2))):
        maija, oskari = (FACTORIES[Customer]() for _time in (1, 2))
        event = record_look(
            actor=Actor.staff("tuulia"),
            at=NOW,
            unit="customer service",
            reason="call",
            what="customer page",
            customers=[maija.pk, oskari.pk, maija.pk],
        )
        assert set(event.shown.values_list("customer_id", flat=True)) == {maija.pk, oskari.pk}
    with acting(actor=Actor.service("portal"), scope=Scope.portal(customers=(maija.pk,))):
        assert list(ReadEvent.objects.values_list("unit", "reason")) == [("customer service", "call")]
        assert event.shown.count() == 1


def test_a_log_entry_is_rolled_back_with_its_change() -> None:
    with acting_as_service("test"):
        before = LogEntry.objects.count()
        with pytest.raises(DatabaseError), transaction.atomic():
            FACTORIES[Customer]()
            FACTORIES[Customer](family_name="")
        assert LogEntry.objects.count() == before
