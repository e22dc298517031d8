"""Sealing and opening of single values, and their keyed index values, without any model.

A sealed value is one byte of key version, twelve of nonce, then AES-256-GCM ciphertext and tag.
Table, column, row id and key version are bound in: moved to another place it does not open.
"""

import hmac
import os
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeAlias
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.views.decorators.debug import sensitive_variables

from register.crypto.keyring import Keyring, KeyringFault, Purpose, keyring

NONCE_BYTES = 12
TAG_BYTES = 16
INDEX_BYTES = 16
_BODY = 1 + NONCE_BYTES

RowId: TypeAlias = UUID | int | str


class UnableToOpen(Exception):
    """A sealed value does not open here: wrong key, wrong row or column, or damaged."""

    def __init__(self) -> None:
        super().__init__("The sealed value cannot be opened.")


@sensitive_variables()
def seal(table: str, column: str, row_id: RowId, plaintext: str) -> bytes:
    """Encrypt one value for its place, under the current key."""
    ring, place = keyring(), f"{table}.{column}"
    version = ring.current_version
    nonce = os.urandom(NONCE_BYTES)
    return (
        bytes((version,))
        + nonce
        + ring.cipher(Purpose.ENCRYPT, place, version).encrypt(
            nonce, plaintext.encode(), _bound(place, version) + _row(row_id)
        )
    )


@sensitive_variables()
def seal_many(table: str, column: str, rows: Iterable[tuple[RowId, str]]) -> list[bytes]:
    """Encrypt a column of values, in order: the fast way for a load."""
    ring, place = keyring(), f"{table}.{column}"
    version = ring.current_version
    encrypt = ring.cipher(Purpose.ENCRYPT, place, version).encrypt
    lead, bound = bytes((version,)), _bound(place, version)
    held = rows if isinstance(rows, list) else list(rows)
    noise = os.urandom(NONCE_BYTES * len(held))  # drawn here, so a fork can never draw it twice
    sealed = []
    for at, (row_id, plaintext) in enumerate(held):
        nonce = noise[at * NONCE_BYTES : (at + 1) * NONCE_BYTES]
        sealed.append(lead + nonce + encrypt(nonce, plaintext.encode(), bound + _row(row_id)))
    return sealed


@sensitive_variables()
def open_sealed(table: str, column: str, row_id: RowId, sealed: bytes | memoryview) -> str:
    """Decrypt one value of this place.

    Raises: UnableToOpen, the same for every cause.
    """
    try:
        return _open(keyring(), Purpose.ENCRYPT, f"{table}.{column}", row_id, bytes(sealed)).decode()
    except UnicodeDecodeError:
        raise UnableToOpen from None


@sensitive_variables()
def open_many(table: str, column: str, rows: Iterable[tuple[RowId, bytes]]) -> list[str]:
    """Decrypt a column of values, in order.

    Raises: UnableToOpen at the first that does not open.
    """
    ring, place = keyring(), f"{table}.{column}"
    by_version: dict[int, tuple[Callable[..., bytes], bytes]] = {}
    opened = []
    try:
        for row_id, sealed in rows:
            version = sealed[0]
            if version not in by_version:
                cipher = ring.cipher(Purpose.ENCRYPT, place, version)
                by_version[version] = cipher.decrypt, _bound(place, version)
            decrypt, bound = by_version[version]
            opened.append(decrypt(sealed[1:_BODY], sealed[_BODY:], bound + _row(row_id)).decode())
    except (InvalidTag, KeyringFault, ValueError, IndexError):
        raise UnableToOpen from None
    return opened


@sensitive_variables()
def wrap_key(table: str, column: str, row_id: RowId, data_key: bytes) -> bytes:
    """Encrypt the data key of a file for its row, under the current key."""
    ring, place = keyring(), f"{table}.{column}"
    version, nonce = ring.current_version, os.urandom(NONCE_BYTES)
    cipher = ring.cipher(Purpose.WRAP, place, version)
    return bytes((version,)) + nonce + cipher.encrypt(nonce, data_key, _bound(place, version) + _row(row_id))


@sensitive_variables()
def unwrap_key(table: str, column: str, row_id: RowId, wrapped: bytes | memoryview) -> bytes:
    """Decrypt the data key of a file.

    Raises: UnableToOpen.
    """
    return _open(keyring(), Purpose.WRAP, f"{table}.{column}", row_id, bytes(wrapped))


def version_of(value: bytes | memoryview) -> int:
    """Return the key version that a sealed value or an index value was made with."""
    return value[0]


@sensitive_variables()
def index_value(column: str, normal: str) -> bytes:
    """Return the blind index of a normalised value in a column ("table.column"), current key."""
    ring = keyring()
    return _index(ring, column, ring.current_version, normal)


@sensitive_variables()
def index_values(column: str, normal: str) -> list[bytes]:
    """Return the blind index under each live key, for a look-up during and after rotation."""
    ring = keyring()
    return [_index(ring, column, version, normal) for version in ring.live_versions]


def indexer(column: str) -> Callable[[str], bytes]:
    """Return a function from normalised value to blind index, for set-based loads."""
    ring = keyring()
    version = ring.current_version
    key, lead, digest = ring.index_key(column, version), bytes((version,)), hmac.digest
    return lambda normal: lead + digest(key, normal.encode(), "sha256")[:INDEX_BYTES]


@sensitive_variables()
def suppression_value(column: str, normal: str) -> bytes:
    """Return the keyed value of a suppression list, whose key is never rotated."""
    return hmac.digest(keyring().suppression_key(column), normal.encode(), "sha256")


def compact(text: str) -> str:
    """Return the text in capitals, without spaces, in one Unicode form: what an index is made of."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return "".join(plain.split()).upper()


def _open(ring: Keyring, purpose: Purpose, place: str, row_id: RowId, sealed: bytes) -> bytes:
    try:
        version = sealed[0]
        cipher = ring.cipher(purpose, place, version)
        return cipher.decrypt(sealed[1:_BODY], sealed[_BODY:], _bound(place, version) + _row(row_id))
    except (InvalidTag, KeyringFault, ValueError, IndexError):
        raise UnableToOpen from None


def _index(ring: Keyring, column: str, version: int, normal: str) -> bytes:
    key = ring.index_key(column, version)
    return bytes((version,)) + hmac.digest(key, normal.encode(), "sha256")[:INDEX_BYTES]


def _bound(place: str, version: int) -> bytes:
    return place.encode() + b"\0" + bytes((version,))


def _row(row_id: RowId) -> bytes:
    if isinstance(row_id, UUID):
        return row_id.bytes
    text = str(row_id)
    if len(text) == 36:  # a key from an address or a form is the same row
        with suppress(ValueError):
            return UUID(text).bytes
    return text.encode()
