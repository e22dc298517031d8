"""Encrypted files: whole or not at all, read in part, and noise without their row."""

import os
import resource
import stat
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from register.crypto.files import (
    CHUNK_BYTES,
    EncryptedFile,
    FileMissing,
    StoredFile,
    delete_file,
    file_of,
    path_of,
    stored_names,
    write_file,
    write_file_of,
)
from register.crypto.keyring import keyring, read_key_file, write_key_file
from register.crypto.sealing import UnableToOpen
from tests.crypto.secrets import Call

ROW = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
PLACE: dict[str, Any] = {"table": "recordings_recording", "column": "wrapped_key", "row_id": ROW}
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 5]


@pytest.fixture(autouse=True)
def _storage(key_file: Path, tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.REGISTER_FILES_DIR = str(tmp_path / "files")
    yield


def noise(size: int) -> bytes:
    return os.urandom(size)


def opened(stored: StoredFile) -> EncryptedFile:
    return EncryptedFile(stored.name, stored.wrapped_key, **PLACE)


@pytest.mark.item("O01")
@pytest.mark.clause("X3")
@pytest.mark.parametrize("size", SIZES)
def test_a_file_is_read_as_it_was_written(size: int) -> None:
    content = noise(size)
    stored = write_file([content[:7], content[7:]], **PLACE)
    assert opened(stored).read() == content
    assert opened(stored).size_bytes == stored.size_bytes == size


@pytest.mark.parametrize("size", SIZES)
@settings(max_examples=25)
@given(data=st.data())
def test_every_part_is_the_part_of_the_whole(size: int, data: st.DataObject) -> None:
    content = noise(size)
    file = opened(write_file([content], **PLACE))
    start = data.draw(st.integers(0, size + 3))
    stop = data.draw(st.one_of(st.none(), st.integers(0, size + 3)))
    assert b"".join(file.part(start, stop)) == content[start:stop]


def test_what_lies_in_the_storage_holds_nothing_of_the_content_and_no_telling_name() -> None:
    canary = b"010190-999W" * 1000
    stored = write_file([canary], **PLACE)
    path = path_of(stored.name)
    assert b"010190" not in path.read_bytes()
    assert len(stored.name) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("at", [0, 9, CHUNK_BYTES, -1])
def test_a_changed_byte_does_not_open(at: int) -> None:
    stored = write_file([noise(2 * CHUNK_BYTES)], **PLACE)
    path = path_of(stored.name)
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    with pytest.raises(UnableToOpen):
        opened(stored).read()


@pytest.mark.parametrize("kept", [1, 8, 20, 8 + CHUNK_BYTES + 16, 8 + 2 * (CHUNK_BYTES + 16)])
def test_a_file_that_was_cut_off_does_not_open_as_a_shorter_one(kept: int) -> None:
    stored = write_file([noise(3 * CHUNK_BYTES)], **PLACE)
    path = path_of(stored.name)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UnableToOpen):
        opened(stored).read()


def test_chunks_cannot_change_places() -> None:
    stored = write_file([noise(3 * CHUNK_BYTES)], **PLACE)
    path, each = path_of(stored.name), CHUNK_BYTES + 16
    raw = path.read_bytes()
    path.write_bytes(raw[:8] + raw[8 + each : 8 + 2 * each] + raw[8 : 8 + each] + raw[8 + 2 * each :])
    with pytest.raises(UnableToOpen):
        opened(stored).read()


def test_the_key_of_another_row_or_column_opens_nothing() -> None:
    stored = write_file([b"content"], **PLACE)
    for other in ({"row_id": UUID(int=1)}, {"column": "other"}, {"table": "other"}):
        with pytest.raises(UnableToOpen):
            EncryptedFile(stored.name, stored.wrapped_key, **{**PLACE, **other})


def test_the_same_content_twice_is_two_different_files() -> None:
    first, second = (write_file([b"content" * 100], **PLACE) for _ in range(2))
    assert first.sha256 == second.sha256
    assert path_of(first.name).read_bytes() != path_of(second.name).read_bytes()


def test_a_deleted_file_is_gone_and_says_so_once() -> None:
    stored = write_file([b"content"], **PLACE)
    assert list(stored_names()) == [stored.name]
    assert delete_file(stored.name)
    assert not delete_file(stored.name)
    assert list(stored_names()) == []
    with pytest.raises(FileMissing):
        opened(stored).read()


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 31, "A" * 32, "a" * 32 + "\n"])
def test_no_name_leads_out_of_the_storage(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        delete_file(name)


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def breaks() -> Iterator[bytes]:
        yield noise(3 * CHUNK_BYTES)
        raise RuntimeError("the line went dead")

    with pytest.raises(RuntimeError):
        write_file(breaks(), **PLACE)
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * CHUNK_BYTES, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write_file([noise(4 * CHUNK_BYTES)], **PLACE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_a_large_file_passes_in_little_memory() -> None:
    piece = noise(1024 * 1024)
    tracemalloc.start()
    stored = write_file((piece for _ in range(64)), **PLACE)
    total = sum(len(chunk) for chunk in opened(stored).chunks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == 64 * 1024 * 1024
    assert peak < 8 * 1024 * 1024


def test_a_row_owns_its_file() -> None:
    row = Call()
    stored = write_file_of(row, [b"ring"])
    row.stored_as, row.wrapped_key = stored.name, stored.wrapped_key
    assert file_of(row).read() == b"ring"
    row.wrapped_key = None
    with pytest.raises(UnableToOpen):
        file_of(row)


def test_a_dropped_key_makes_the_file_unreadable(key_file: Path) -> None:
    stored = write_file([b"content"], **PLACE)
    write_key_file(key_file, read_key_file(key_file).with_new_key().without(1))
    keyring().refresh()
    with pytest.raises(UnableToOpen):
        opened(stored)
