"""Encrypted files: recordings, import sources and documents, each under a data key of its own.

A file is a header of 8 bytes and chunks of 64 KiB, each sealed by AES-256-GCM; the chunk's number
and whether it is the last are in its nonce, so that chunks cannot be moved, dropped or cut off.
The data key stands wrapped in the row that owns the file: without the row every copy of the file,
in backups too, is noise. Names are random. Memory is bounded by a chunk.
"""

import hashlib
import io
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

from register.crypto.sealing import TAG_BYTES, RowId, UnableToOpen, unwrap_key, wrap_key

HEADER = b"regfile\x01"
CHUNK_BYTES = 64 * 1024
_STORED_CHUNK = CHUNK_BYTES + TAG_BYTES
_NAME = re.compile(r"[0-9a-f]{32}")

if TYPE_CHECKING:
    _KeyBase = models.BinaryField[bytes | None, bytes | None]
else:
    _KeyBase = models.BinaryField


class FileMissing(Exception):
    """The row names a file that is not in the storage."""


@dataclass(frozen=True)
class StoredFile:
    """What the owning row keeps of a file that was just written."""

    name: str
    wrapped_key: bytes = field(repr=False)
    size_bytes: int
    sha256: str


class WrappedKeyField(_KeyBase):
    """The column that holds the wrapped data key of a row's file; `rotate_keys` finds it by its class."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Stand in migrations as the plain bytes that it is."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", args, kwargs

    @property
    def place(self) -> tuple[str, str]:
        """Table and column, to which the key is bound."""
        return self.model._meta.db_table, self.column or self.attname


class EncryptedFile:
    """A stored file, opened with the key of its row: read whole, in a stream or in part."""

    def __init__(self, name: str, wrapped_key: bytes, *, table: str, column: str, row_id: RowId) -> None:
        self._path = path_of(name)
        self._cipher = AESGCM(unwrap_key(table, column, row_id, wrapped_key))

    @property
    def size_bytes(self) -> int:
        """The size of the plaintext."""
        body = self._body_bytes()
        return body - TAG_BYTES * _chunk_count(body)

    def chunks(self) -> Iterator[bytes]:
        """Yield the plaintext in order. Raises: UnableToOpen, FileMissing."""
        yield from self.part(0, None)

    def part(self, start: int, stop: int | None) -> Iterator[bytes]:
        """Yield the bytes from `start` to before `stop` (None: the end), for seeking in audio.

        Only the chunks that are touched are read. Raises: UnableToOpen, FileMissing.
        """
        body = self._body_bytes()
        count = _chunk_count(body)
        size = body - TAG_BYTES * count
        stop = size if stop is None else min(stop, size)
        if size and start >= stop:
            return
        first, last = start // CHUNK_BYTES, max(stop - 1, 0) // CHUNK_BYTES
        with self._opened() as stream:
            stream.seek(len(HEADER) + first * _STORED_CHUNK)
            for number in range(first, last + 1):
                plain = _open_chunk(self._cipher, stream, number, is_last=number == count - 1)
                base = number * CHUNK_BYTES
                yield plain[max(start - base, 0) : stop - base]

    def read(self) -> bytes:
        """Return the whole plaintext; for small documents."""
        return b"".join(self.chunks())

    def open(self, mode: Literal["rb"] = "rb") -> io.BufferedReader:
        """Open the plaintext as a stream that can be sought in, as Path.open does.

        Raises: UnableToOpen, FileMissing.
        """
        return io.BufferedReader(_Plain(self), CHUNK_BYTES)

    def _body_bytes(self) -> int:
        with self._opened() as stream:
            body = stream.seek(0, os.SEEK_END) - len(HEADER)
        if body < TAG_BYTES:
            raise UnableToOpen
        return body

    def _opened(self) -> BinaryIO:
        try:
            stream = self._path.open("rb")
        except FileNotFoundError:
            raise FileMissing("The file is not in the storage.") from None
        if stream.read(len(HEADER)) != HEADER:
            stream.close()
            raise UnableToOpen
        return stream


class _Plain(io.RawIOBase):
    """The plaintext as a raw stream; each reading decrypts the chunks that it touches."""

    def __init__(self, stored: EncryptedFile) -> None:
        super().__init__()
        self._stored, self._at, self._size = stored, 0, stored.size_bytes

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        plain = b"".join(self._stored.part(self._at, self._at + len(buffer)))
        buffer[: len(plain)] = plain
        self._at += len(plain)
        return len(plain)


def write_file(content: Iterable[bytes], *, table: str, column: str, row_id: RowId) -> StoredFile:
    """Encrypt a stream into a new file for a row, which appears whole or not at all.

    The caller writes the row afterwards; a file whose row was rolled back has lost its key
    and is found by `stored_names`.

    Raises: OSError when the disk is full.
    """
    key = AESGCM.generate_key(bit_length=256)
    name = secrets.token_hex(16)
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".part")
    digest, size = hashlib.sha256(), 0
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(HEADER)
            cipher = AESGCM(key)
            for number, (plain, is_last) in enumerate(_rechunked(content)):
                digest.update(plain)
                size += len(plain)
                stream.write(cipher.encrypt(_nonce(number, is_last), plain, HEADER))
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(path)
    except BaseException:
        with suppress(FileNotFoundError):
            draft.unlink()
        raise
    _sync(path.parent)
    return StoredFile(name, wrap_key(table, column, row_id, key), size, digest.hexdigest())


def file_of(row: models.Model, *, name_field: str = "stored_as", key_field: str = "wrapped_key") -> EncryptedFile:
    """Open the file of a row by its two columns. Raises: UnableToOpen."""
    key = row._meta.get_field(key_field)
    if not isinstance(key, WrappedKeyField):
        raise TypeError(f"{key_field} is no WrappedKeyField.")
    table, column = key.place
    wrapped = bytes(getattr(row, key_field) or b"")
    return EncryptedFile(getattr(row, name_field), wrapped, table=table, column=column, row_id=row.pk)


def write_file_of(row: models.Model, content: Iterable[bytes], *, key_field: str = "wrapped_key") -> StoredFile:
    """Encrypt a stream into a new file for a row that has its key already."""
    key = row._meta.get_field(key_field)
    if not isinstance(key, WrappedKeyField):
        raise TypeError(f"{key_field} is no WrappedKeyField.")
    table, column = key.place
    return write_file(content, table=table, column=column, row_id=row.pk)


def delete_file(name: str) -> bool:
    """Remove a file for ever and return whether it was there; with its row its key goes too."""
    path = path_of(name)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    _sync(path.parent)
    return True


def stored_names() -> Iterator[str]:
    """Yield the name of each stored file, to compare with the rows that own them."""
    for path in root().glob("??/*"):
        if _NAME.fullmatch(path.name):
            yield path.name


def path_of(name: str) -> Path:
    """Return where a file lies. Raises: ValueError for what is no name of ours."""
    if not _NAME.fullmatch(name):
        raise ValueError("This is no name of a stored file.")
    return root() / name[:2] / name


def root() -> Path:
    """Return the folder of all encrypted files."""
    return Path(settings.REGISTER_FILES_DIR)


def _rechunked(content: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield full chunks and then the last one, which may be short and is empty only for no content."""
    held = bytearray()
    for piece in content:
        held += piece
        while len(held) > CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES]), False
            del held[:CHUNK_BYTES]
    yield bytes(held), True


def _chunk_count(body_bytes: int) -> int:
    return -(-body_bytes // _STORED_CHUNK)


def _open_chunk(cipher: AESGCM, stream: BinaryIO, number: int, *, is_last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, is_last), stream.read(_STORED_CHUNK), HEADER)
    except (InvalidTag, ValueError):
        raise UnableToOpen from None


def _nonce(number: int, is_last: bool) -> bytes:
    # The data key is of this file alone, so numbers never repeat under it.
    return number.to_bytes(11, "big") + bytes((is_last,))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
