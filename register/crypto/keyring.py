"""The keys of the register: versioned secrets, and one derived key for each purpose and column.

All security of identity codes and bank accounts rests on these secrets. They are never in the
database, its backup or a log; whoever has both a dump and the keys has the plaintext.
"""

import base64
import binascii
import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.module_loading import import_string

SECRET_BYTES = 32
NEWEST_VERSION = 255
SUPPRESSION_VERSION = 0
LOOK_AGAIN_S = 5.0
LOCAL_PROVIDER = "register.crypto.keyring.local_provider"


class KeyringFault(Exception):
    """The keys are missing, malformed or of an unknown version; the text never holds a secret."""


class Purpose(StrEnum):
    """What a derived key may be used for; no key serves two purposes."""

    ENCRYPT = "encrypt"
    INDEX = "index"
    WRAP = "wrap"
    SUPPRESS = "suppress"


class KeyProvider(Protocol):
    """Where secrets live. A KMS, Vault or PKCS#11 provider implements these three.

    A provider in a vault derives by a keyed function inside it (Vault transit `hmac`, KMS
    GenerateMac), so that the secret itself never leaves.
    """

    def versions(self) -> tuple[int, tuple[int, ...]]:
        """Return the current version and all versions that can be derived from."""
        ...

    def derive(self, version: int, context: bytes) -> bytes:
        """Return the 32-byte key of this version for the context; version 0 is the suppression key.

        Raises: KeyringFault for a version that is not there.
        """
        ...

    def refresh(self) -> bool:
        """Look at the source again and return whether the versions have changed."""
        ...


@dataclass(frozen=True)
class KeySet:
    """The secrets as read from the environment or a file."""

    current: int
    keys: Mapping[int, bytes] = field(repr=False)
    suppression: bytes = field(repr=False)

    @classmethod
    def made(cls) -> "KeySet":
        """Make a first set of random secrets."""
        return cls(1, {1: secrets.token_bytes(SECRET_BYTES)}, secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def parsed(cls, text: str) -> "KeySet":
        """Read a set from its JSON.

        Raises: KeyringFault, in words for the operator.
        """
        try:
            raw = json.loads(text)
            keys = {int(version): _secret(value) for version, value in raw["keys"].items()}
            keyset = cls(int(raw["current"]), keys, _secret(raw["suppression"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise KeyringFault(
                "The keys cannot be read: REGISTER_KEYRING wants JSON of the form "
                '{"current": 1, "keys": {"1": "<32 bytes in base64>"}, "suppression": "<the same>"}.'
            ) from None
        if keyset.current not in keys:
            raise KeyringFault(f"The current key version {keyset.current} is not among the keys.")
        if not all(1 <= version <= NEWEST_VERSION for version in keys):
            raise KeyringFault(f"Key versions go from 1 to {NEWEST_VERSION}.")
        if len({*keys.values(), keyset.suppression}) != len(keys) + 1:
            raise KeyringFault("Two keys have the same secret.")
        return keyset

    def as_json(self) -> str:
        """Return the JSON that `parsed` reads: it holds the secrets."""
        return json.dumps(
            {
                "current": self.current,
                "keys": {str(version): _text(key) for version, key in sorted(self.keys.items())},
                "suppression": _text(self.suppression),
            },
            indent=2,
        )

    def with_new_key(self, *, is_current: bool = True) -> "KeySet":
        """Return this set with one more version, which becomes current unless told otherwise."""
        version = max(self.keys) + 1
        if version > NEWEST_VERSION:
            raise KeyringFault("All key versions are used up.")
        keys = {**self.keys, version: secrets.token_bytes(SECRET_BYTES)}
        return KeySet(version if is_current else self.current, keys, self.suppression)

    def without(self, version: int) -> "KeySet":
        """Return this set without a retired version: what only it can open is lost for ever."""
        if version == self.current:
            raise KeyringFault("The current key cannot be dropped.")
        if version not in self.keys:
            raise KeyringFault(f"There is no key version {version}.")
        return KeySet(
            self.current,
            {number: key for number, key in self.keys.items() if number != version},
            self.suppression,
        )


class LocalProvider:
    """Secrets in the memory of the process, from the environment or from a file."""

    def __init__(self, read: Callable[[], str], stamp: Callable[[], object]) -> None:
        self._read = read
        self._stamp = stamp
        self._seen = stamp()
        self._keyset = KeySet.parsed(read())

    def versions(self) -> tuple[int, tuple[int, ...]]:
        """Return the current version and all that are held."""
        return self._keyset.current, tuple(sorted(self._keyset.keys, reverse=True))

    def derive(self, version: int, context: bytes) -> bytes:
        """Derive by HKDF-SHA-256."""
        if version == SUPPRESSION_VERSION:
            secret = self._keyset.suppression
        elif version in self._keyset.keys:
            secret = self._keyset.keys[version]
        else:
            raise KeyringFault(f"There is no key version {version}.")
        return HKDF(SHA256(), SECRET_BYTES, salt=None, info=context).derive(secret)

    def refresh(self) -> bool:
        """Read again if the file has changed since."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen, self._keyset = stamp, KeySet.parsed(self._read())
        return True


class Keyring:
    """Derived keys by purpose, column and version, kept in memory while the source is unchanged."""

    def __init__(self, provider: KeyProvider) -> None:
        self._provider = provider
        self._derived: dict[tuple[Purpose, str, int], bytes] = {}
        self._ciphers: dict[tuple[Purpose, str, int], AESGCM] = {}
        self._look_again_at = 0.0

    @property
    def current_version(self) -> int:
        """The version that new ciphertext and index values are made with."""
        self._look()
        return self._provider.versions()[0]

    @property
    def live_versions(self) -> tuple[int, ...]:
        """All versions that can still be read, newest first."""
        self._look()
        return self._provider.versions()[1]

    def index_key(self, column: str, version: int) -> bytes:
        """Return the key of the blind index of a column ("table.column")."""
        return self._key(Purpose.INDEX, column, version)

    def suppression_key(self, column: str) -> bytes:
        """Return the key of the suppression list, which rotation leaves as it is."""
        return self._key(Purpose.SUPPRESS, column, SUPPRESSION_VERSION)

    def cipher(self, purpose: Purpose, column: str, version: int) -> AESGCM:
        """Return the cipher of a column, or of the file keys that a column holds."""
        wanted = (purpose, column, version)
        found = self._ciphers.get(wanted)
        if found is None:
            found = self._ciphers[wanted] = AESGCM(self._key(*wanted))
        return found

    def refresh(self) -> bool:
        """Look at the source of the keys now; forget what was derived if it has changed."""
        self._look_again_at = time.monotonic() + LOOK_AGAIN_S
        changed = self._provider.refresh()
        if changed:
            self._derived.clear()
            self._ciphers.clear()
        return changed

    def _look(self) -> None:
        if time.monotonic() >= self._look_again_at:
            self.refresh()

    def _key(self, purpose: Purpose, column: str, version: int) -> bytes:
        wanted = (purpose, column, version)
        found = self._derived.get(wanted)
        if found is None:
            if version != SUPPRESSION_VERSION and version not in self._provider.versions()[1]:
                self.refresh()  # another process may have rotated a moment ago
            context = f"register/{purpose}/{column}".encode()
            found = self._derived[wanted] = self._provider.derive(version, context)
        return found


def keyring() -> Keyring:
    """Return the keyring that the settings name.

    Raises: KeyringFault when no keys are set or they cannot be read.
    """
    return _keyring(
        getattr(settings, "REGISTER_KEY_PROVIDER", "") or LOCAL_PROVIDER,
        str(getattr(settings, "REGISTER_KEYRING_FILE", "") or ""),
        str(getattr(settings, "REGISTER_KEYRING", "") or ""),
    )


def local_provider(*, path: str, text: str) -> LocalProvider:
    """Make the provider of a key file, or of the JSON of an environment variable without one."""
    if path:
        return LocalProvider(lambda: _read(Path(path)), lambda: _stamp(Path(path)))
    if text:
        return LocalProvider(lambda: text, lambda: None)
    raise KeyringFault("No keys are set: give REGISTER_KEYRING_FILE or REGISTER_KEYRING.")


def ensure_key_file(path: Path) -> Path:
    """Make a first key file that only its owner can read, unless there is one, and return its path.

    Two processes that start at once get the same file.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = _draft(path, KeySet.made().as_json())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path


def write_key_file(path: Path, keyset: KeySet) -> None:
    """Replace the key file in one step, readable by its owner only."""
    _draft(path, keyset.as_json()).replace(path)
    _sync_folder(path.parent)


def read_key_file(path: Path) -> KeySet:
    """Read the key set of a file.

    Raises: KeyringFault when it is not there or malformed.
    """
    return KeySet.parsed(_read(path))


@lru_cache(maxsize=8)
def _keyring(provider: str, path: str, text: str) -> Keyring:
    return Keyring(import_string(provider)(path=path, text=text))


def _secret(value: str) -> bytes:
    try:
        secret = base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError from error
    if len(secret) != SECRET_BYTES:
        raise ValueError
    return secret


def _text(secret: bytes) -> str:
    return base64.b64encode(secret).decode()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise KeyringFault(f"The key file cannot be read: {error.strerror}.") from None


def _stamp(path: Path) -> object:
    try:
        found = path.stat()
    except OSError as error:
        raise KeyringFault(f"The key file cannot be read: {error.strerror}.") from None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _draft(path: Path, text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix=".keys-", dir=path.parent)  # mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
