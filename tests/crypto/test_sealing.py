"""Sealing: bound to its place, never twice the same, one generic error."""

from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from register.crypto.keyring import keyring, read_key_file, write_key_file
from register.crypto.sealing import (
    UnableToOpen,
    compact,
    index_value,
    index_values,
    indexer,
    open_many,
    open_sealed,
    seal,
    seal_many,
    suppression_value,
    version_of,
)

CODE = "010190-999W"
ROW = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
PLACE = ("customers_person", "identity_code")


@pytest.fixture(autouse=True)
def _keys(key_file: Path) -> None:
    """All tests here have keys."""


def test_what_was_sealed_opens_in_its_place() -> None:
    assert open_sealed(*PLACE, ROW, seal(*PLACE, ROW, CODE)) == CODE


def test_a_row_key_in_writing_is_the_same_row() -> None:
    assert open_sealed(*PLACE, ROW, seal(*PLACE, str(ROW), CODE)) == CODE
    assert open_sealed(*PLACE, 5, seal(*PLACE, "5", CODE)) == CODE


@pytest.mark.parametrize(
    "place",
    [
        ("customers_person", "identity_code", UUID(int=1)),
        ("customers_person", "other", ROW),
        ("customers_representative", "identity_code", ROW),
    ],
)
def test_a_ciphertext_moved_elsewhere_does_not_open(place: tuple[str, str, UUID]) -> None:
    with pytest.raises(UnableToOpen):
        open_sealed(*place, seal(*PLACE, ROW, CODE))


@pytest.mark.parametrize("at", [0, 1, 13, -1])
def test_a_changed_byte_does_not_open_and_the_error_is_the_same(at: int) -> None:
    sealed = bytearray(seal(*PLACE, ROW, CODE))
    sealed[at] ^= 1
    with pytest.raises(UnableToOpen) as caught:
        open_sealed(*PLACE, ROW, bytes(sealed))
    assert str(caught.value) == "The sealed value cannot be opened."
    assert caught.value.__cause__ is None


@given(st.binary(max_size=40))
def test_no_bytes_open_by_chance_or_break_the_opening(junk: bytes) -> None:
    with pytest.raises(UnableToOpen):
        open_sealed(*PLACE, ROW, junk)


@given(st.text())
def test_every_text_opens_as_it_was(text: str) -> None:
    assert open_sealed(*PLACE, ROW, seal(*PLACE, ROW, text)) == text


def test_one_plaintext_sealed_a_million_times_never_repeats() -> None:
    rows: list[tuple[UUID | int | str, str]] = [(ROW, CODE)] * 100_000
    nonces: set[bytes] = set()
    for _ in range(10):
        nonces.update(value[1:13] for value in seal_many(*PLACE, rows))
    assert len(nonces) == 1_000_000


def test_sealing_many_is_sealing_each() -> None:
    rows: list[tuple[UUID | int | str, str]] = [(uuid7(), f"text {at}") for at in range(50)]
    sealed = seal_many(*PLACE, rows)
    pairs = [(row_id, value) for (row_id, _), value in zip(rows, sealed, strict=True)]
    assert open_many(*PLACE, pairs) == [text for _, text in rows]


def test_the_index_of_one_column_is_not_that_of_another() -> None:
    assert index_value("a.code", CODE) == index_value("a.code", CODE)
    assert index_value("a.code", CODE) != index_value("b.code", CODE)
    assert index_value("a.code", CODE) != index_value("a.code", "010190-998V")
    assert indexer("a.code")(CODE) == index_value("a.code", CODE)


def test_a_look_up_asks_under_each_live_key(key_file: Path) -> None:
    old = index_value("a.code", CODE)
    write_key_file(key_file, read_key_file(key_file).with_new_key())
    keyring().refresh()
    new = index_value("a.code", CODE)
    assert index_values("a.code", CODE) == [new, old]
    assert (version_of(new), version_of(old)) == (2, 1)


def test_the_suppression_value_stays_through_rotation(key_file: Path) -> None:
    before = suppression_value("s.value", CODE)
    write_key_file(key_file, read_key_file(key_file).with_new_key().without(1))
    assert suppression_value("s.value", CODE) == before


def test_what_people_write_differently_is_compacted_to_one() -> None:
    assert compact(" 010190-999w\u00a0") == compact("010190 - 999W") == CODE
