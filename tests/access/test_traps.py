"""The traps of row-level security, each held against the real catalogue and by trying."""

import datetime
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from customers.models import Customer
from register.access.guard import another_role
from register.access.policies import REPLACE
from register.access.schema import declared_access, protected_tables, secure_schema
from register.audit.acting import acting_as_service
from register.datamap.map import Kind
from register.datamap.registry import declared_models
from tests.factories import FACTORIES

pytestmark = [pytest.mark.django_db, pytest.mark.clause("X2")]
Become = Callable[[], AbstractContextManager[None]]

DEFINER_FUNCTIONS = {"add_consumption_month", "drop_consumption_month", "is_protected_place"}


def rows(sql: str, *params: Any) -> list[Any]:
    with another_role(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def refused(sql: str) -> str:
    with pytest.raises(DatabaseError) as caught, another_role(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    return str(caught.value)


def test_each_protected_table_is_forced_and_has_all_policies() -> None:
    found = dict(
        rows(
            """SELECT relname, array_agg(polname::text ORDER BY polname) FROM pg_class
            JOIN pg_policy ON polrelid = pg_class.oid WHERE relrowsecurity AND relforcerowsecurity GROUP BY relname"""
        )
    )
    for table in protected_tables():
        assert found[table] == ["owner", "portal", "purge", "service", "staff"], table


def test_securing_the_schema_again_changes_nothing(as_owner: Become) -> None:
    with as_owner(), another_role():
        assert secure_schema(connection) == []


def test_copy_into_a_protected_table_is_refused() -> None:
    assert "COPY FROM not supported" in refused("COPY customers_customer FROM STDIN")


def test_the_application_has_no_privilege_on_any_month(as_owner: Become) -> None:
    soon = datetime.date.today() + datetime.timedelta(days=40)
    with connection.cursor() as cursor:
        cursor.execute("SELECT add_consumption_month(%s)", [soon])
    children = [name for (name,) in rows("SELECT inhrelid::regclass::text FROM pg_inherits")]
    assert f"sites_consumptionday_{soon:%Y_%m}" in children
    for child in children:
        for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            assert not rows("SELECT has_table_privilege('register_app', %s, %s)", child, privilege)[0][0], child


def test_the_application_deletes_only_from_gate_and_derived_tables() -> None:
    for model, data_map in declared_models():
        may_delete = rows("SELECT has_table_privilege('register_app', %s, 'DELETE')", model._meta.db_table)[0][0]
        if may_delete:
            assert declared_access(model).app == REPLACE
            assert data_map.kind in (Kind.GATE, Kind.DERIVED, Kind.NO_PERSON), model._meta.label


def test_the_application_may_not_truncate_refer_or_add_triggers() -> None:
    for table in protected_tables():
        for privilege in ("TRUNCATE", "REFERENCES", "TRIGGER"):
            assert not rows("SELECT has_table_privilege('register_app', %s, %s)", table, privilege)[0][0], table


def test_a_log_cannot_be_changed_by_the_application() -> None:
    assert "permission denied" in refused("UPDATE audit_logentry SET actor_id = 'nobody'")
    assert "permission denied" in refused("DELETE FROM audit_readevent")


def test_the_application_cannot_delete_a_customer_whatever_it_tries() -> None:
    with acting_as_service("test"):
        customer = FACTORIES[Customer]()
    assert "permission denied" in refused("DELETE FROM customers_customer")
    assert "permission denied" in refused("TRUNCATE customers_customer CASCADE")
    with pytest.raises(DatabaseError), acting_as_service("test"):
        Customer.objects.filter(pk=customer.pk)._raw_delete("default")


def test_the_application_cannot_make_functions_or_tables() -> None:
    assert "permission denied" in refused("CREATE FUNCTION leak() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    assert "permission denied" in refused("CREATE TABLE public.elsewhere (id int)")


def test_no_view_runs_as_its_owner_and_definer_functions_are_pinned() -> None:
    assert rows("SELECT relname FROM pg_class WHERE relkind = 'm' AND relnamespace = 'public'::regnamespace") == []
    assert (
        rows(
            """SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
            AND NOT coalesce(reloptions::text[] @> '{security_invoker=true}', false)"""
        )
        == []
    )
    definers = rows(
        """SELECT proname, proconfig::text FROM pg_proc
        WHERE prosecdef AND pronamespace = 'public'::regnamespace"""
    )
    assert {name for name, _config in definers} == DEFINER_FUNCTIONS
    assert all("search_path" in (config or "") for _name, config in definers)


def test_no_role_of_the_application_passes_by_the_policies() -> None:
    for role in ("register_app", "register_purge", "register_owner"):
        assert rows("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s", role) == [(False, False)]


def test_a_data_migration_of_the_owner_reaches_every_row(as_owner: Become) -> None:
    with acting_as_service("test"):
        FACTORIES[Customer]()
        FACTORIES[Customer]()
    with as_owner(), another_role(), connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET country = 'FI'")
        assert cursor.rowcount == 2


def test_every_foreign_key_takes_no_action() -> None:
    found = rows(
        """SELECT conname FROM pg_constraint WHERE contype = 'f' AND confdeltype <> 'a'
        AND conrelid::regclass::text ~ '^(customers|sites|billing|recordings|register|audit|work|identity)_'"""
    )
    assert found == []


def test_every_foreign_key_of_a_purged_table_has_an_index() -> None:
    missing = rows(
        """SELECT conrelid::regclass::text, conname FROM pg_constraint c WHERE contype = 'f'
        AND conrelid::regclass::text ~ '^(customers|sites|billing|recordings|audit)_'
        AND NOT EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indpred IS NULL
            AND (i.indkey::int2[])[0] = c.conkey[1]
        )"""
    )
    assert missing == []


def test_a_unique_violation_never_shows_the_hidden_value() -> None:
    with acting_as_service("test"):
        customer = FACTORIES[Customer]()
    answer = refused(
        "INSERT INTO customers_customer (id, number) VALUES ('01890000-0000-7000-8000-000000000000', "
        f"'{customer.number}')"
    )
    assert "policy" in answer or "null value" in answer
