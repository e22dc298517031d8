"""Secrets on their way to PostgreSQL and back, by each way that the ORM has."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from customers.models import Customer
from register.audit.acting import acting_as_service
from register.crypto.fields import BlindIndexField, blind_index_values
from register.crypto.sealing import UnableToOpen
from tests.crypto.test_callers import ROOMS, ROOT

CODE, OTHER = "010190-999W", "010190-998V"


@pytest.fixture(autouse=True)
def _scope(db: None, key_file: Path) -> Iterator[None]:
    with acting_as_service("test"):
        yield


def person(number: str = "1", code: str | None = CODE) -> Customer:
    return Customer(number=number, family_name="Testi", identity_code=code)


def created(number: str = "1", code: str | None = CODE) -> Customer:
    row = person(number, code)
    row.save()
    return row


def code_of(row: Customer) -> str | None:
    return None if row.identity_code is None else row.identity_code.reveal()


def found(code: str) -> list[str]:
    values = blind_index_values(Customer, "identity_code_index", code)
    return sorted(Customer.objects.filter(identity_code_index__in=values).values_list("number", flat=True))


def raw_row() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_customer::text FROM customers_customer")
        return "\n".join(str(row) for row in cursor.fetchall())


@pytest.mark.item("C03")
@pytest.mark.clause("X3")
def test_a_code_is_stored_encrypted_and_found_exactly() -> None:
    row = created()
    assert "Testi" in raw_row()
    assert CODE not in raw_row()
    assert CODE.encode().hex() not in raw_row()
    assert code_of(Customer.objects.get(pk=row.pk)) == CODE
    assert found(" 010190-999w") == ["1"]
    assert found(OTHER) == []


def test_a_code_survives_each_way_of_writing() -> None:
    Customer.objects.bulk_create([person("1", CODE), person("2", OTHER), person("3", None)])
    assert [code_of(row) for row in Customer.objects.order_by("number")] == [CODE, OTHER, None]
    first, second, third = Customer.objects.order_by("number")
    first.identity_code, second.identity_code, third.identity_code = None, "030303A9991", CODE
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.bulk_update([third], ["identity_code", "identity_code_index"])
    first.save()
    Customer.objects.bulk_update([second, third], ["identity_code", "identity_code_index"])
    assert [code_of(row) for row in Customer.objects.order_by("number")] == [None, "030303A9991", CODE]
    assert (found(OTHER), found("030303A9991"), found(CODE)) == ([], ["2"], ["3"])


def test_a_code_survives_each_way_of_reading() -> None:
    row = created()
    assert code_of(Customer.objects.defer("identity_code").get()) == CODE
    assert code_of(Customer.objects.only("number").get()) == CODE
    row.identity_code = OTHER
    row.refresh_from_db()
    assert code_of(row) == CODE
    (loose,) = Customer.objects.values_list("identity_code", flat=True)
    assert loose is not None
    assert str(loose) == "•••"
    assert loose.bound(row.pk).reveal() == CODE


def test_a_code_assigned_on_a_deferred_row_is_saved_with_its_index() -> None:
    created()
    row = Customer.objects.only("number").get()
    row.identity_code = OTHER
    row.save()
    assert found(OTHER) == ["1"]
    assert found(CODE) == []


def test_a_whole_row_is_validated_with_its_constraints() -> None:
    created()
    row = person("2", OTHER)
    row.full_clean()
    row.save()
    assert found(OTHER) == ["2"]
    with pytest.raises(IntegrityError), transaction.atomic():
        created("3", CODE)


def test_ciphertexts_swapped_between_rows_do_not_open() -> None:
    first, second = created("1", CODE), created("2", OTHER)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_customer a SET identity_code = b.identity_code FROM customers_customer b"
            " WHERE a.id <> b.id AND a.id = ANY(%s) AND b.id = ANY(%s)",
            [[first.pk, second.pk]] * 2,
        )
        assert cursor.rowcount == 2
    for row in Customer.objects.all():
        with pytest.raises(UnableToOpen):
            code_of(row)


def test_wherever_the_columns_of_a_save_are_named_the_index_goes_with_its_source() -> None:
    pairs = {
        field.source: field.name
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, BlindIndexField)
    }
    assert pairs
    for room in ROOMS:
        # A migration names the columns of the table it makes, not those of a save.
        for path in (path for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts):
            for names in named_columns(ast.parse(path.read_text(encoding="utf-8"))):
                assert {pairs[name] for name in names & pairs.keys()} <= names, path


def named_columns(tree: ast.AST) -> Iterator[set[str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in {"update_fields", "fields"}:
            yield {part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)}
