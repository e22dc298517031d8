"""The keyring: versions, separation of purposes, and the key file."""

import json
import os
import stat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from register.crypto.keyring import (
    KeyringFault,
    KeySet,
    Purpose,
    ensure_key_file,
    keyring,
    read_key_file,
    write_key_file,
)


def test_a_first_key_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = ensure_key_file(tmp_path / "deep" / "keys.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key_file(path).current == 1
    assert os.listdir(path.parent) == ["keys.json"]


def test_a_key_file_that_is_there_is_kept(tmp_path: Path) -> None:
    path = ensure_key_file(tmp_path / "keys.json")
    before = path.read_bytes()
    assert ensure_key_file(path).read_bytes() == before


def test_processes_that_start_at_once_get_one_key_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with get_context("fork").Pool(4) as pool:
        pool.map(ensure_key_file, [path] * 16)
        texts = pool.map(Path.read_text, [path] * 4)
    assert len(set(texts)) == 1
    assert os.listdir(tmp_path) == ["keys.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"current": 1, "keys": {"1": "c2hvcnQ="}, "suppression": "c2hvcnQ="}',
        '{"current": 1, "keys": {"1": "no base64 at all"}, "suppression": "x"}',
    ],
)
def test_malformed_keys_are_refused_without_showing_them(text: str) -> None:
    with pytest.raises(KeyringFault) as caught:
        KeySet.parsed(text)
    assert "c2hvcnQ" not in str(caught.value)


def test_a_current_version_that_is_not_there_is_refused() -> None:
    raw = json.loads(KeySet.made().as_json())
    raw["current"] = 7
    with pytest.raises(KeyringFault, match="7"):
        KeySet.parsed(json.dumps(raw))


def test_two_keys_with_one_secret_are_refused() -> None:
    raw = json.loads(KeySet.made().as_json())
    raw["suppression"] = raw["keys"]["1"]
    with pytest.raises(KeyringFault, match="same secret"):
        KeySet.parsed(json.dumps(raw))


def test_no_key_shows_in_a_repr() -> None:
    keyset = KeySet.made()
    assert repr(keyset) == "KeySet(current=1)"


def test_each_purpose_column_and_version_has_its_own_key(key_file: Path) -> None:
    write_key_file(key_file, read_key_file(key_file).with_new_key())
    ring = keyring()
    keys = {
        ring._key(purpose, column, version)
        for purpose in (Purpose.ENCRYPT, Purpose.INDEX, Purpose.WRAP)
        for column in ("customers_person.identity_code", "customers_representative.identity_code")
        for version in (1, 2)
    }
    assert len(keys) == 12


def test_the_suppression_key_survives_rotation(key_file: Path) -> None:
    before = keyring().suppression_key("customers_suppression.value")
    write_key_file(key_file, read_key_file(key_file).with_new_key().without(1))
    assert keyring().refresh()
    assert keyring().current_version == 2
    assert keyring().suppression_key("customers_suppression.value") == before


def test_a_running_process_sees_a_new_key_when_it_meets_its_version(key_file: Path) -> None:
    ring = keyring()
    assert ring.current_version == 1
    write_key_file(key_file, read_key_file(key_file).with_new_key())
    assert ring.index_key("a.b", 2)
    assert ring.current_version == 2
    assert ring.live_versions == (2, 1)


def test_a_dropped_key_is_gone(key_file: Path) -> None:
    keyring().index_key("a.b", 1)
    write_key_file(key_file, read_key_file(key_file).with_new_key().without(1))
    keyring().refresh()
    with pytest.raises(KeyringFault, match="no key version 1"):
        keyring().index_key("a.b", 1)


def test_the_current_key_cannot_be_dropped() -> None:
    with pytest.raises(KeyringFault, match="current"):
        KeySet.made().without(1)


def test_without_keys_the_keyring_says_what_to_set(settings: Any) -> None:
    settings.REGISTER_KEYRING_FILE = ""
    settings.REGISTER_KEYRING = ""
    with pytest.raises(KeyringFault, match="REGISTER_KEYRING_FILE or REGISTER_KEYRING"):
        keyring()


def test_keys_are_read_from_the_environment_variable(settings: Any) -> None:
    settings.REGISTER_KEYRING_FILE = ""
    settings.REGISTER_KEYRING = KeySet.made().with_new_key().as_json()
    assert keyring().live_versions == (2, 1)


def test_a_key_file_that_is_missing_is_a_plain_sentence(tmp_path: Path) -> None:
    with pytest.raises(KeyringFault, match="cannot be read: No such file"):
        read_key_file(tmp_path / "none.json")
