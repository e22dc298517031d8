"""The command that makes the first keys."""

import io
import stat
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from register.crypto.keyring import KeySet, read_key_file


def make_keys(*options: str) -> str:
    output = io.StringIO()
    call_command("make_keys", *options, stdout=output)
    return output.getvalue()


def test_keys_are_made_in_a_file_of_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    assert str(path) in make_keys("--file", str(path))
    assert read_key_file(path).current == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_keys_that_are_there_are_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    make_keys("--file", str(path))
    before = path.read_bytes()
    with pytest.raises(CommandError, match=r"keys\.json"):
        make_keys("--file", str(path))
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_a_plain_sentence() -> None:
    with pytest.raises(CommandError, match="/proc/keys-of-a-test"):
        make_keys("--file", "/proc/keys-of-a-test/keys.json")


def test_without_a_file_the_keys_are_printed() -> None:
    assert KeySet.parsed(make_keys()).current == 1
