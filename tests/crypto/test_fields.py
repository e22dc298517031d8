"""Encrypted fields and blind indexes on a model."""

import copy
import json
import pickle
from pathlib import Path
from uuid import UUID

import pytest
from auditlog.diff import model_instance_diff
from django.core.exceptions import FieldError, ValidationError
from django.db import connection, models
from django.db.models import QuerySet

from customers.models import Customer
from register.crypto.fields import blind_index_values
from register.crypto.forms import SealedCharField
from register.crypto.keyring import keyring, read_key_file, write_key_file
from register.crypto.sealed import Sealed
from register.crypto.sealing import UnableToOpen
from tests.crypto.secrets import Numbered, Secret

CODE = "010190-999W"


@pytest.fixture(autouse=True)
def _keys(key_file: Path) -> None:
    """All tests here have keys."""


def saved(row: Secret) -> Secret:
    """Do what a save does with the fields, and nothing in a database."""
    for field in row._meta.concrete_fields:
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
    return row


def code_of(row: Secret) -> Sealed:
    assert row.identity_code is not None
    return row.identity_code


def test_an_assigned_code_is_never_shown() -> None:
    row = Secret(identity_code=CODE)
    for shown in (repr(row.identity_code), str(row.identity_code), f"{row.identity_code:>20}"):
        assert shown == "•••"
    assert CODE not in repr(row.__dict__)


def test_saving_leaves_only_the_sealed_value_in_the_instance() -> None:
    row = saved(Secret(identity_code=CODE))
    held = row.__dict__["identity_code"]
    assert type(held) is Sealed
    assert CODE.encode() not in held.ciphertext
    assert code_of(row).reveal() == CODE


def test_the_index_follows_its_source() -> None:
    row = saved(Secret(identity_code=CODE))
    wanted = blind_index_values(Secret, "identity_code_index", " 010190-999w ")
    assert [row.identity_code_index] == wanted
    row.identity_code = None
    saved(row)
    assert row.identity_code_index is None


def test_a_save_without_change_keeps_the_ciphertext() -> None:
    row = saved(Secret(identity_code=CODE))
    before = (code_of(row).ciphertext, row.identity_code_index)
    saved(row)
    assert (code_of(row).ciphertext, row.identity_code_index) == before


def test_a_value_copied_to_another_row_is_sealed_anew() -> None:
    first = saved(Secret(identity_code=CODE))
    second = saved(Secret(identity_code=first.identity_code))
    assert code_of(second).ciphertext != code_of(first).ciphertext
    assert code_of(second).reveal() == CODE
    assert second.identity_code_index == first.identity_code_index


def test_a_row_that_gets_a_new_key_is_sealed_anew() -> None:
    row = saved(Secret(identity_code=CODE))
    row.pk = UUID(int=5)
    saved(row)
    assert code_of(row).reveal() == CODE
    assert code_of(row).row_id == UUID(int=5)


def test_a_ciphertext_read_without_its_row_opens_only_when_bound_to_it() -> None:
    row = saved(Secret(identity_code=CODE))
    field = Secret._meta.get_field("identity_code")
    loose = field.from_db_value(code_of(row).ciphertext, None, connection)
    assert loose is not None
    with pytest.raises(UnableToOpen):
        loose.reveal()
    with pytest.raises(UnableToOpen):
        loose.bound(UUID(int=1)).reveal()
    assert loose.bound(row.pk).reveal() == CODE


def test_assigning_the_same_code_again_changes_nothing() -> None:
    row = saved(Secret(identity_code=CODE))
    before = code_of(row)
    row.identity_code = CODE
    assert row.__dict__["identity_code"] is before
    row.identity_code = "010190-998V"
    assert row.__dict__["identity_code"] is not before


def test_the_change_log_sees_that_a_code_changed_and_not_from_what_to_what() -> None:
    old, new = Customer(identity_code=CODE), Customer(identity_code="010190-998V")
    for row in (old, new):
        row.pk = UUID(int=1)
        row.__dict__["identity_code"] = row._meta.get_field("identity_code").pre_save(row, add=True)
    assert json.loads(json.dumps(model_instance_diff(old, new))) == {"identity_code": ["•••", "•••"]}
    assert model_instance_diff(old, copy.copy(old)) is None


def test_the_empty_text_is_no_value() -> None:
    row = saved(Secret(identity_code=""))
    assert row.identity_code is None
    assert row.identity_code_index is None


def test_a_deferred_index_is_made_when_its_source_is_assigned() -> None:
    row = Secret.from_db("default", ["id"], [UUID(int=9)])
    assert "identity_code_index" in row.get_deferred_fields()
    row.identity_code = CODE
    assert "identity_code_index" not in row.get_deferred_fields()
    saved(row)
    assert [row.identity_code_index] == blind_index_values(Secret, "identity_code_index", CODE)


def test_an_encrypted_field_refuses_to_be_searched() -> None:
    with pytest.raises(FieldError, match="blind_index_values"):
        QuerySet(Secret).filter(identity_code=CODE)
    with pytest.raises(FieldError, match="blind_index_values"):
        QuerySet(Secret).filter(identity_code__startswith="0")
    assert "IS NULL" in str(QuerySet(Secret).filter(identity_code__isnull=True).query)


def test_an_update_by_query_is_refused() -> None:
    field = Secret._meta.get_field("identity_code")
    with pytest.raises(TypeError, match="assign it on the instance"):
        field.get_db_prep_save(CODE, connection)


def test_something_else_than_a_text_is_refused() -> None:
    with pytest.raises(TypeError, match="takes a text"):
        Secret(identity_code=12)


def test_a_new_plaintext_is_validated_and_a_sealed_one_is_not_opened_for_it() -> None:
    row = Secret(identity_code="far too long to be one")
    with pytest.raises(ValidationError) as caught:
        row.clean_fields()
    assert set(caught.value.message_dict) == {"identity_code"}
    saved(row)
    row.clean_fields()


def test_an_unsealed_value_is_not_pickled_and_a_sealed_one_holds_no_plaintext() -> None:
    row = Secret(identity_code=CODE)
    with pytest.raises(TypeError):
        pickle.dumps(row.identity_code)
    saved(row)
    again = pickle.loads(pickle.dumps(row.identity_code))
    assert CODE.encode() not in pickle.dumps(row.identity_code)
    assert again.reveal() == CODE


def test_a_copy_of_a_value_is_the_value() -> None:
    row = saved(Secret(identity_code=CODE))
    assert copy.deepcopy(row.identity_code) is copy.copy(row.identity_code) is row.identity_code


def test_an_assigned_value_belongs_to_the_copy_of_its_row_too() -> None:
    row = Secret(identity_code=CODE)
    twin = Secret()
    twin.__dict__.update({**row.__dict__, "id": UUID(int=3)})
    field = Secret._meta.get_field("identity_code")
    field.get_db_prep_save(twin.identity_code, connection)
    assert code_of(twin).row_id == UUID(int=3)
    assert code_of(twin).reveal() == CODE


def test_a_mask_shows_what_it_leaves() -> None:
    row = saved(Secret(identity_code=CODE))
    assert code_of(row).masked(lambda code: code[:6]) == "010190"


def test_a_dropped_key_makes_the_value_unreadable(key_file: Path) -> None:
    row = saved(Secret(identity_code=CODE))
    write_key_file(key_file, read_key_file(key_file).with_new_key().without(1))
    keyring().refresh()
    with pytest.raises(UnableToOpen):
        code_of(row).reveal()


def test_a_form_shows_dots_and_the_dots_sent_back_change_nothing() -> None:
    row = saved(Secret(identity_code=CODE))
    field = Secret._meta.get_field("identity_code").formfield()
    assert isinstance(field, SealedCharField)
    assert field.prepare_value(row.identity_code) == "•••"
    assert not field.has_changed(row.identity_code, "•••")
    before = row.identity_code
    row.identity_code = field.clean("•••")
    assert row.identity_code == before
    assert field.has_changed(row.identity_code, "010190-998V")


def test_a_row_key_made_by_the_database_is_an_error_of_the_checks() -> None:
    found = [error.id for field in Numbered._meta.concrete_fields for error in field.check()]
    assert "crypto.E001" in found
    assert "crypto.E002" in found
    assert not [error for field in Secret._meta.concrete_fields for error in field.check()]


def test_migrations_hold_no_code_of_ours_but_the_fields() -> None:
    _, path, _, kwargs = Secret._meta.get_field("identity_code_index").deconstruct()
    assert path == "register.crypto.fields.BlindIndexField"
    assert kwargs == {"source": "identity_code", "null": True}


def test_only_an_index_gives_index_values() -> None:
    with pytest.raises(TypeError, match="no blind index"):
        blind_index_values(Secret, "identity_code", CODE)
    assert isinstance(Secret._meta.get_field("identity_code"), models.Field)
