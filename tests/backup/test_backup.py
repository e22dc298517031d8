"""A backup holds everything, shows nothing without its key, and comes back as it was."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command

from embedded import postgres
from embedded.places import CHECKOUT, places
from tests.harness import databases

_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1
"""


@dataclass
class Register:
    """A register of its own: a database, its files, and where its backups go."""

    database: str
    folder: Path

    def manage(self, role: str, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "register.settings",
            "REGISTER_ROLE": role,
            "REGISTER_EMBEDDED_DATABASE": self.database,
            "REGISTER_FILES": str(self.folder / "files"),
            "REGISTER_BACKUPS": str(self.folder / "backups"),
            **more,
        }
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Return all rows of all tables, each partition by itself, as an administrator sees them."""
        with databases.administrator(self.database) as connection:
            names = [name for (name,) in connection.execute(_TABLES).fetchall()]
            return {name: sorted(connection.execute(f'SELECT t::text FROM "{name}" t').fetchall()) for name in names}


@pytest.fixture(scope="module")
def register(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    """A small demonstration register."""
    made = Register(f"register_test_{os.getpid()}_backup", tmp_path_factory.mktemp("register"))
    databases.clone(template, made.database)
    done = made.manage("app", "demo", "--customers", "100", "--seed", "4")
    assert done.returncode == 0, done.stderr
    yield made
    databases.drop(made.database)


@pytest.fixture(scope="module")
def backup(register: Register) -> Path:
    """A backup of it."""
    done = register.manage("backup", "backup")
    assert done.returncode == 0, done.stderr
    (folder,) = (register.folder / "backups").iterdir()
    assert str(folder) in done.stdout
    return folder


@pytest.fixture
def copied(backup: Path, tmp_path: Path) -> Path:
    """A copy of the backup, to damage."""
    return Path(shutil.copytree(backup, tmp_path / "copy"))


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Register]:
    """A register of which there is only the empty database."""
    made = Register(f"register_test_{os.getpid()}_restored", tmp_path)
    postgres.reset_database(places(), made.database)
    yield made
    databases.drop(made.database)


def _is_empty(register: Register) -> bool:
    with databases.administrator(register.database) as connection:
        return not connection.execute(_TABLES).fetchall()


def test_a_restored_register_is_the_same_row_by_row_and_works(register: Register, backup: Path, empty: Register):
    done = empty.manage("owner", "restore", str(backup))
    assert done.returncode == 0, done.stderr
    expected, found = register.rows(), empty.rows()
    assert found == expected
    assert sum(map(len, expected.values())) > 30_000
    assert sum(len(rows) for name, rows in expected.items() if name.startswith("sites_consumptionday")) > 10_000
    files = {path.name: path.read_bytes() for path in (register.folder / "files").rglob("*") if path.is_file()}
    assert {path.name: path.read_bytes() for path in (empty.folder / "files").rglob("*") if path.is_file()} == files
    assert len(files) > 10
    again = empty.manage("owner", "migrate")
    assert again.returncode == 0, again.stderr
    with psycopg.connect(postgres.address(places(), empty.database, "register_app")) as app:
        assert app.execute("SELECT count(*) FROM customers_customer").fetchone() == (0,), "policies are there again"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DELETE FROM customers_customer")


def test_nothing_of_a_person_stands_in_the_backup_in_the_clear(register: Register, backup: Path):
    with databases.administrator(register.database) as connection:
        row = connection.execute(
            "SELECT array_agg(email), array_agg(street_address) FROM customers_customer WHERE email <> ''"
        ).fetchone()
    assert row
    values = [value.encode() for values in row for value in values if value]
    for path in backup.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(value in content for value in values), path.name
    assert (backup / "database.age").read_bytes().startswith(b"age-encryption.org/v1")


def test_a_whole_backup_is_called_whole(register: Register, backup: Path):
    done = register.manage("app", "backup_verify", str(backup))
    assert done.returncode == 0, done.stderr
    assert "Varmuuskopio" in done.stdout


DAMAGES = ("byte of the dump", "end of the dump", "byte of a file", "file", "list", "manifest")


def _damage(folder: Path, damage: str) -> None:
    stored = sorted(path for path in (folder / "files").rglob("*") if path.is_file())[0]
    dump, listed, manifest = folder / "database.age", folder / "files.sha256", folder / "manifest.json"
    if damage.startswith("byte"):
        path = dump if "dump" in damage else stored
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "end of the dump":
        dump.write_bytes(dump.read_bytes()[:-100])
    elif damage == "file":
        stored.unlink()
    elif damage == "list":
        listed.write_text("".join(listed.read_text().splitlines(keepends=True)[1:]))
    else:
        manifest.write_text(manifest.read_text()[:-20])


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_called_damaged(copied: Path, damage: str):
    call_command("backup_verify", str(copied))
    _damage(copied, damage)
    with pytest.raises(CommandError):
        call_command("backup_verify", str(copied))


def test_a_damaged_backup_is_refused_and_the_database_stays_empty(copied: Path, empty: Register):
    _damage(copied, "byte of the dump")
    done = empty.manage("owner", "restore", str(copied))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert _is_empty(empty)


def _with(folder: Path, **values: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_backup_of_newer_code_or_unknown_keys_is_refused(copied: Path, empty: Register):
    kept = json.loads((copied / "manifest.json").read_text())
    _with(copied, migrations=[*kept["migrations"], ["customers", "9999_from_the_future"]])
    newer = empty.manage("owner", "restore", str(copied))
    assert newer.returncode == 1 and "customers.9999_from_the_future" in newer.stderr
    _with(copied, migrations=kept["migrations"], key_versions=[1, 77])
    unknown = empty.manage("owner", "restore", str(copied))
    assert unknown.returncode == 1 and "77" in unknown.stderr
    _with(copied, key_versions=kept["key_versions"], format=2)
    assert empty.manage("owner", "restore", str(copied)).returncode == 1
    assert _is_empty(empty)


def test_rows_that_lack_after_a_restore_are_named(copied: Path, empty: Register):
    tables = json.loads((copied / "manifest.json").read_text())["tables"]
    tables["customers_customer"][0] += 1
    _with(copied, tables=tables)
    done = empty.manage("owner", "restore", str(copied))
    assert done.returncode == 1
    assert "customers_customer" in done.stderr and "customers_contact" not in done.stderr


def test_another_secret_key_does_not_open_it(backup: Path, empty: Register):
    made = empty.manage("app", "backup_key", str(empty.folder / "other.key"))
    assert made.returncode == 0 and "REGISTER_BACKUP_RECIPIENT=age1" in made.stdout
    assert (empty.folder / "other.key").stat().st_mode & 0o077 == 0
    done = empty.manage("owner", "restore", str(backup), "--identity", str(empty.folder / "other.key"))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert _is_empty(empty)
    assert empty.manage("app", "backup_key", str(empty.folder / "other.key")).returncode == 1, "never over a key"


def test_a_register_with_data_is_not_written_over(register: Register, backup: Path):
    before = register.rows()
    done = register.manage("owner", "restore", str(backup))
    assert done.returncode == 1
    assert register.rows() == before


def test_a_full_database_is_replaced_only_when_that_is_said(backup: Path, empty: Register):
    assert empty.manage("owner", "restore", str(backup)).returncode == 0
    assert empty.manage("owner", "restore", "--replace", str(backup)).returncode == 0


def test_a_backup_that_fails_leaves_nothing(register: Register, tmp_path: Path):
    fault = "REGISTER_POSTGRES_PROGRAMS"
    (tmp_path / "pg_dump").write_text("#!/bin/sh\necho half; echo 'pg_dump: error: it broke' >&2; exit 1\n")
    (tmp_path / "pg_dump").chmod(0o755)
    done = register.manage("backup", "backup", "--to", str(tmp_path / "to"), **{fault: str(tmp_path)})
    assert done.returncode == 1 and "it broke" in done.stderr
    assert list((tmp_path / "to").iterdir()) == []
    other = register.manage("backup", "backup", REGISTER_BACKUP_RECIPIENT="not a key")
    assert other.returncode == 1 and "age1" in other.stderr


def test_only_the_role_of_the_backup_makes_one(register: Register, tmp_path: Path):
    """Another role would dump no rows of protected tables and might still end well (security.md, R9)."""
    done = register.manage("app", "backup", "--to", str(tmp_path))
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []
