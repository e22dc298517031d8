"""Databases of the tests: one template made by the real migrations, cloned for whoever needs it."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from embedded import postgres
from embedded.locks import FileLock
from embedded.places import CHECKOUT, places
from register.access import roles

_SHAPED_BY = (
    "register",
    "customers",
    "sites",
    "billing",
    "recordings",
    "retention",
    "dsar",
    "docs/seed",
    "uv.lock",
)


def make_template() -> str:
    """Return the name of a migrated database; it is made anew when the code that shapes it changed."""
    name = f"register_template_{_fingerprint()}"
    with FileLock(places().locks / "template") as lock, administrator() as connection:
        lock.take()
        if not _exists(connection, name):
            _drop_leftovers(connection)
            draft = f"{name}_draft"
            drop(draft)
            roles.create_database(connection, draft)
            with administrator(draft) as inside:
                roles.prepare_database(inside)
            _migrate(draft)
            _run(connection, "ALTER DATABASE {} RENAME TO {}", draft, name)
    return name


def clone(template: str, name: str) -> None:
    """Make a database that is as the template is."""
    with administrator() as connection:
        drop(name)
        _run(connection, "CREATE DATABASE {} OWNER register_owner TEMPLATE {} STRATEGY FILE_COPY", name, template)
        roles.create_database(connection, name)
        roles.create_test_login(connection, name)


def drop(name: str) -> None:
    """Remove a database, whoever is still connected to it."""
    with administrator() as connection:
        _run(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@contextmanager
def administrator(database: str = "postgres") -> Iterator[psycopg.Connection]:
    """Connect as the embedded server's administrator, outside any transaction."""
    with psycopg.connect(postgres.address(places(), database), autocommit=True) as connection:
        yield connection


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for part in _SHAPED_BY:
        path = CHECKOUT / part
        files = sorted(file for file in path.rglob("*") if _shapes(file)) if path.is_dir() else [path]
        for file in files:
            digest.update(str(file.relative_to(CHECKOUT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def _shapes(file: Path) -> bool:
    return file.suffix in {".py", ".sql", ".csv", ".json"} and file.is_file()


def _migrate(database: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"],
        cwd=CHECKOUT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "register.settings",
            "REGISTER_ROLE": "owner",
            "REGISTER_EMBEDDED_DATABASE": database,
        },
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the migrations failed:\n{done.stdout}{done.stderr}")


def _drop_leftovers(connection: psycopg.Connection) -> None:
    """Drop templates of other code and databases of test processes that are gone."""
    found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'register\\_te%'").fetchall()
    for (name,) in found:
        is_used = name.startswith("register_test_") and psutil.pid_exists(int(name.split("_")[2]))
        if not is_used:
            drop(name)


def _exists(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _run(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
