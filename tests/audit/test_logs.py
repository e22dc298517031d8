"""The change log tells what changed, from what to what and by whom; the read log tells who looked and why."""

import datetime
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from types import SimpleNamespace
from unittest import mock

import pytest
from auditlog.registry import auditlog
from django.db import DatabaseError, connection, models, transaction

from billing.models import Charge, InvoiceRow
from customers.models import Customer
from recordings.models import Listening
from register.access.guard import another_role
from register.access.scope import Actor, Scope
from register.audit.acting import acting, acting_as_service
from register.audit.models import LogEntry, ReadEvent
from register.audit.operations import record_look
from register.audit.subjects import controller_of, controller_path
from sites.models import Contract, ContractHolder, ContractProduct, DiaryEntry, HomeDetails
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


# Places and bank accounts are the group's, as persons are; prices and words are public. A person asks
# of the one register, so requests are both controllers'; so are holds, which may be on a person.
GROUPS = {
    "billing.BankAccount",
    "dsar.Correction",
    "dsar.Package",
    "dsar.PackageDownload",
    "dsar.Request",
    "dsar.RequestEvent",
    "retention.Hold",
    "sites.ProductPrice",
    "sites.QualityWord",
    "sites.Site",
}
PARTS = [ContractProduct, HomeDetails, DiaryEntry, InvoiceRow, Charge, Listening]


@pytest.mark.clause("X2")
@pytest.mark.parametrize("model", PARTS, ids=lambda model: model._meta.label)
def test_a_change_of_a_part_carries_the_controller_of_what_it_belongs_to(model: type[models.Model]) -> None:
    with acting_as_service("test"):
        part = FACTORIES[model]()
        whole = next(getattr(part, name) for name in ("contract", "invoice", "recording") if hasattr(part, name))
        (entry,) = LogEntry.objects.get_for_object(part)
    assert entry.controller_id == whole.controller_id
    for controller, seen in ((whole.controller_id, 1), (3 - whole.controller_id, 0)):
        with acting(actor=Actor.staff("x"), scope=Scope.staff(controllers=(controller,))):
            assert LogEntry.objects.filter(pk=entry.pk).count() == seen


@pytest.mark.clause("X2")
def test_only_what_is_the_groups_is_logged_without_a_controller() -> None:
    groups = {model._meta.label for model in auditlog.get_models() if controller_path(model) is None}
    assert {model._meta.label for model in PARTS} & groups == set()
    assert {label for label in groups if not label.startswith(("customers.", "identity."))} == GROUPS


MIGRATIONS = [
    ("sites.migrations.0005_log_of_parts_names_its_controller", [ContractProduct, HomeDetails, DiaryEntry]),
    ("billing.migrations.0003_log_of_parts_names_its_controller", [InvoiceRow, Charge]),
    ("recordings.migrations.0002_log_of_parts_names_its_controller", [Listening]),
]


@pytest.mark.parametrize(("migration", "parts"), MIGRATIONS, ids=[name for name, _parts in MIGRATIONS])
def test_entries_of_parts_written_before_get_their_controller(
    migration: str, parts: list[type[models.Model]], as_owner: Callable[[], AbstractContextManager[None]]
) -> None:
    with acting_as_service("test"):
        made = [FACTORIES[model]() for model in parts for _time in (1, 2)]
        customer = FACTORIES[Customer]()
        wanted = {(type(part), part.pk): controller_of(part) for part in made}
    with as_owner(), another_role():
        LogEntry.objects.update(controller_id=None)
        with mock.patch.object(import_module(migration), "ROWS_A_BATCH", 1):
            import_module(migration).name_the_controller(None, SimpleNamespace(connection=connection))
        found = {(type(part), part.pk): LogEntry.objects.get_for_object(part).get().controller_id for part in made}
        assert found == wanted
        assert None not in found.values()
        assert LogEntry.objects.get_for_object(customer).get().controller_id is None


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
