"""Only the purge role can delete what is mapped; nobody can change the ledger."""

from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import ProtectedError

from register.datamap.map import Kind
from register.datamap.registry import declared_models, own_map
from retention.models import LedgerEntry, PlanRow
from tests.factories import FACTORIES
from tests.factories.customers import CustomerFactory, MandateFactory
from tests.factories.retention import LedgerEntryFactory, RetentionRunFactory
from tests.harness.roles import as_role

MAPPED = [model for model, data_map in declared_models() if data_map.kind in (Kind.ROOT, Kind.PART)]


@pytest.mark.parametrize("model", MAPPED, ids=lambda model: model._meta.label)
def test_the_application_cannot_delete_a_mapped_row_by_sql(model: Any, scope: None) -> None:
    row = FACTORIES[model].create()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(f'DELETE FROM "{model._meta.db_table}"')
    assert model._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", MAPPED, ids=lambda model: model._meta.label)
def test_the_application_cannot_delete_a_mapped_row_by_the_orm(model: Any, scope: None) -> None:
    row = FACTORIES[model].create()
    with pytest.raises((ProgrammingError, ProtectedError)), transaction.atomic():
        row.delete()
    with pytest.raises((ProgrammingError, ProtectedError)), transaction.atomic():
        model._default_manager.filter(pk=row.pk).delete()
    assert model._default_manager.filter(pk=row.pk).exists()


def test_the_application_can_neither_truncate_nor_drop_a_month(scope: None) -> None:
    FACTORIES[next(model for model in MAPPED if model.__name__ == "ConsumptionDay")].create()
    for statement in (
        "TRUNCATE sites_consumptionday",
        "DROP TABLE sites_consumptionday_2026_11",
        "SELECT drop_consumption_month('2026-11-01')",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
            connection.cursor().execute(statement)


def test_nothing_cascades(scope: None) -> None:
    customer = MandateFactory.create().customer
    with as_role("purge"), pytest.raises(Exception, match="violates foreign key"), transaction.atomic():
        connection.cursor().execute(
            "SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM customers_customer WHERE id = %s", [customer.pk]
        )
    assert type(customer).objects.filter(pk=customer.pk).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f' AND confdeltype <> 'a'")
        assert cursor.fetchall() == []


@pytest.mark.parametrize("role", ["app", "purge"])
def test_nobody_changes_the_ledger(role: str, scope: None) -> None:
    entry = LedgerEntryFactory.create()
    with as_role(role), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        LedgerEntry.objects.filter(pk=entry.pk).update(row_count=0)


def test_the_application_writes_neither_plan_nor_ledger(scope: None) -> None:
    run = RetentionRunFactory.create()
    for model in (PlanRow, LedgerEntry):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(f'INSERT INTO "{model._meta.db_table}" (run_id) VALUES (%s)', [run.pk])
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        type(run).objects.filter(pk=run.pk).update(state="running")


def test_a_file_is_named_by_the_row_that_owns_it() -> None:
    owners = [model for model, data_map in declared_models() if data_map.files]
    assert {model.__name__ for model in owners} >= {"Recording", "PowerOfAttorney", "ImportSource"}
    for model in owners:
        columns = {field.name for field in model._meta.concrete_fields}
        data_map = own_map(model)
        assert data_map is not None
        assert set(data_map.files) <= columns
        assert "wrapped_key" in columns, "the key of a file is bound to its one row"


def test_every_foreign_key_to_what_goes_has_an_index(scope: None) -> None:
    CustomerFactory.create()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c
               JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
               WHERE c.contype = 'f' AND c.confrelid = ANY(%s::regclass[]) AND NOT EXISTS (
                   SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])""",
            [[f'"{model._meta.db_table}"' for model in MAPPED if model._meta.managed]],
        )
        assert cursor.fetchall() == []
