"""Keys of the tests, and a model with secrets that lives outside the app registry."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from register.crypto.keyring import KeySet, write_key_file


@pytest.fixture
def key_file(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """Use a key file of this test alone."""
    path = tmp_path / "keys.json"
    write_key_file(path, KeySet.made())
    settings.REGISTER_KEYRING_FILE = str(path)
    yield path
