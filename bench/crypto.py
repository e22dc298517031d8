"""Measures encryption, index values, files and the rotation of keys: `python -m bench.crypto`.

Ratios are taken within one run: sealing against AES-GCM alone, rotation against the ORM's save.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import django
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from register.crypto.files import EncryptedFile

VALUES = 300_000
PEOPLE = 50_000
SAVED = 1_000
FILE_BYTES = 256 * 1024 * 1024
PIECE = os.urandom(1024 * 1024)
CODE = "010190-999W"


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, _database(Path(folder)):
        for name, rate, unit in chain(_values(), _files(), _rotation(Path(folder) / "keys.json")):
            print(f"{name:<52} {rate:>14,.0f} {unit}", flush=True)


def _values() -> Iterator[tuple[str, float, str]]:
    from register.crypto.sealing import indexer, open_many, seal, seal_many

    rows = [(uuid7(), CODE) for _ in range(VALUES)]
    cipher, nonce, bound = AESGCM(os.urandom(32)), os.urandom(12), os.urandom(48)
    encoded = CODE.encode()
    yield "AES-GCM alone", _rate(VALUES, lambda: [cipher.encrypt(nonce, encoded, bound) for _ in rows]), "values/s"
    sealed: list[bytes] = []
    yield "seal_many", _rate(VALUES, lambda: sealed.extend(seal_many("person", "code", rows))), "values/s"
    pairs: list[tuple[UUID, bytes]] = [(row_id, value) for (row_id, _), value in zip(rows, sealed, strict=True)]
    yield "open_many", _rate(VALUES, lambda: open_many("person", "code", pairs)), "values/s"
    yield "seal, one at a time", _rate(VALUES, lambda: [seal("person", "code", *row) for row in rows]), "values/s"
    index_of = indexer("person.code_index")
    yield "blind index", _rate(VALUES, lambda: [index_of(code) for _, code in rows]), "values/s"


def _files() -> Iterator[tuple[str, float, str]]:
    from register.crypto.files import EncryptedFile, delete_file, write_file

    place = {"table": "recording", "column": "wrapped_key"}
    count, row_id = FILE_BYTES // len(PIECE), uuid7()
    began = time.perf_counter()
    stored = write_file((PIECE for _ in range(count)), row_id=row_id, **place)
    yield "file written, encrypted and synced", FILE_BYTES / 1e6 / (time.perf_counter() - began), "MB/s"
    file = EncryptedFile(stored.name, stored.wrapped_key, row_id=row_id, **place)
    yield "file read", _rate(FILE_BYTES / 1e6, lambda: sum(len(piece) for piece in file.chunks())), "MB/s"
    middle = FILE_BYTES // 2
    yield "seek to the middle and read 64 KiB", _rate(1000, lambda: [_seek(file, middle) for _ in range(1000)]), "/s"
    delete_file(stored.name)


def _seek(file: "EncryptedFile", start: int) -> int:
    return sum(len(piece) for piece in file.part(start, start + 65536))


def _rotation(key_file: Path) -> Iterator[tuple[str, float, str]]:
    from customers.models import Customer
    from register.audit.acting import acting_as_service
    from register.crypto.keyring import keyring, read_key_file, write_key_file
    from register.identity.rotation import Outcome, rotate, targets

    began = time.perf_counter()
    _add_people()
    yield "customers loaded with sealed codes by COPY", PEOPLE / (time.perf_counter() - began), "rows/s"
    write_key_file(key_file, read_key_file(key_file).with_new_key())
    keyring().refresh()
    with acting_as_service("bench"):
        some = list(Customer.objects.filter(identity_code__isnull=False)[:SAVED])

    def save_each() -> None:
        with acting_as_service("bench"):
            for customer in some:
                customer.identity_code = customer.identity_code and f"{customer.identity_code.reveal()} "
                customer.save()

    plain = _rate(SAVED, save_each)
    yield "sealed anew by save(), with the change log", plain, "rows/s"
    (target,) = (target for target in targets() if target.model is Customer)
    outcome = Outcome()
    rotated = _rate(PEOPLE - SAVED, lambda: list(rotate(target, outcome)))
    assert outcome.rotated == PEOPLE - SAVED, outcome
    yield "rotated in chunks of 5,000, under policies", rotated, "rows/s"
    yield "rotation against save()", rotated / plain, "times"


def _add_people() -> None:
    from django.db import connection

    from customers.models import Customer
    from register.audit.acting import acting_as_service
    from register.crypto.sealing import indexer, seal_many

    ids = [uuid7() for _ in range(PEOPLE)]
    codes = [f"010190-{number:05}" for number in range(PEOPLE)]
    sealed = seal_many("customers_customer", "identity_code", list(zip(ids, codes, strict=True)))
    index_of = indexer("customers_customer.identity_code_index")
    with acting_as_service("bench"), connection.cursor() as cursor:
        pattern = Customer.objects.create(number="pattern", family_name="Testi")
        given = ("id", "number", "identity_code", "identity_code_index")
        others = [field.column for field in Customer._meta.concrete_fields if field.column not in given]
        cursor.execute(
            "CREATE TEMPORARY TABLE fresh (id uuid, number text, code bytea, code_index bytea) ON COMMIT DROP"
        )
        with cursor.copy("COPY fresh FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["uuid", "text", "bytea", "bytea"])
            for at, row in enumerate(zip(ids, sealed, codes, strict=True)):
                copy.write_row((row[0], str(at), row[1], index_of(row[2])))
        rest = ", ".join(f'pattern."{column}"' for column in others)
        names = ", ".join(f'"{column}"' for column in [*given, *others])
        cursor.execute(
            f"INSERT INTO customers_customer ({names}) SELECT fresh.*, {rest} "
            "FROM fresh, customers_customer pattern WHERE pattern.id = %s",
            [pattern.pk],
        )


def _rate(count: float, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


@contextmanager
def _database(folder: Path) -> Iterator[None]:
    """A database and keys of this run alone."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.conf import settings
    from django.db import connections

    from embedded.servers import use
    from register.crypto.keyring import ensure_key_file
    from tests.harness import databases

    use()  # until this process ends
    settings.REGISTER_KEYRING_FILE = str(ensure_key_file(folder / "keys.json"))
    settings.REGISTER_FILES_DIR = folder / "files"
    name = f"register_test_{os.getpid()}_bench"
    databases.clone(databases.make_template(), name)
    connections.settings["default"]["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        databases.drop(name)


if __name__ == "__main__":
    main()
