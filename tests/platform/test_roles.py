"""The roles of the database, as made for the embedded server and for one of the operator's own."""

import os
import subprocess
import sys

import psycopg
import pytest

from embedded import postgres
from embedded.places import CHECKOUT, places
from tests.harness import databases
from tests.harness.committed import CommittedDatabase

LOGINS = ("register_owner", "register_app", "register_purge", "register_backup")


def _connect(login: str, database: str) -> psycopg.Connection:
    return psycopg.connect(postgres.address(places(), database, login), autocommit=True)


def _setting(login: str, database: str, name: str) -> str:
    with _connect(login, database) as connection:
        row = connection.execute(f"SHOW {name}").fetchone()
    assert row
    return row[0]


def test_no_role_is_a_superuser_and_only_the_backup_passes_policies(committed_db: CommittedDatabase):
    with databases.administrator() as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname LIKE %s",
            ["register%"],
        ).fetchall()
    found = {name: flags for name, *flags in rows}
    assert set(found) == {*LOGINS, "register_test"}
    for name, flags in found.items():
        assert flags == [False, name == "register_backup", False, False], name


def test_each_role_has_its_limits(committed_db: CommittedDatabase):
    limits = {
        login: (
            _setting(login, committed_db.name, "statement_timeout"),
            _setting(login, committed_db.name, "lock_timeout"),
        )
        for login in LOGINS
    }
    assert limits == {
        "register_owner": ("0", "5s"),
        "register_app": ("2min", "10s"),
        "register_purge": ("5min", "5s"),
        "register_backup": ("0", "1min"),
    }


@pytest.mark.parametrize("login", ["register_app", "register_purge", "register_backup"])
def test_only_the_owner_changes_the_schema(committed_db: CommittedDatabase, login: str):
    refusals = (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)
    with _connect(login, committed_db.name) as connection:
        for statement in (
            "CREATE TABLE mine (x int)",
            "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "ALTER TABLE django_migrations DISABLE ROW LEVEL SECURITY",
            "TRUNCATE django_migrations",
            "SET ROLE register_owner",
            "CREATE SCHEMA mine",
        ):
            with pytest.raises(refusals):
                connection.execute(statement)


def test_the_backup_only_reads(committed_db: CommittedDatabase):
    assert _setting("register_backup", committed_db.name, "default_transaction_read_only") == "on"


def test_the_application_may_stage_in_temporary_tables(committed_db: CommittedDatabase):
    with _connect("register_app", committed_db.name) as connection:
        connection.execute("CREATE TEMPORARY TABLE staged (x int)")


def _create_roles(**settings: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("REGISTER_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "manage.py", "create_roles"],
        cwd=CHECKOUT,
        env=clean | {f"REGISTER_{name}": value for name, value in settings.items()},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_an_operator_makes_roles_and_database_on_a_server_of_their_own(committed_db: CommittedDatabase):
    name = f"{committed_db.name}_own"
    settings = {
        "DATABASE_URL": f"postgresql://database.example/{name}",
        "ADMIN_DATABASE_URL": postgres.address(places(), "postgres"),
        "APP_PASSWORD": "a" * 20,
        "OWNER_PASSWORD": "o" * 20,
        "PURGE_PASSWORD": "p" * 20,
        "BACKUP_PASSWORD": "b" * 20,
    }
    try:
        for _ in range(2):  # safe to run again
            done = _create_roles(**settings)
            assert done.returncode == 0, done.stderr
        with databases.administrator(name) as inside:
            row = inside.execute(
                "SELECT pg_get_userbyid(datdba), datlocprovider, "
                "(SELECT count(*) FROM pg_extension WHERE extname IN ('btree_gist', 'pg_trgm')), "
                "(SELECT rolpassword LIKE 'SCRAM-SHA-256$%%' FROM pg_authid WHERE rolname = 'register_app') "
                "FROM pg_database WHERE datname = %s",
                [name],
            ).fetchone()
        assert row == ("register_owner", "b", 2, True)
    finally:
        databases.drop(name)


def test_a_missing_password_is_named():
    done = _create_roles(DATABASE_URL="postgresql://x/y", ADMIN_DATABASE_URL="host=/nowhere", APP_PASSWORD="a")
    assert done.returncode == 1
    assert "REGISTER_OWNER_PASSWORD, REGISTER_PURGE_PASSWORD, REGISTER_BACKUP_PASSWORD" in done.stderr


def test_a_server_that_does_not_answer_is_a_sentence():
    passwords = {f"{role}_PASSWORD": "x" for role in ("APP", "OWNER", "PURGE", "BACKUP")}
    done = _create_roles(DATABASE_URL="postgresql://x/y", ADMIN_DATABASE_URL="host=/nowhere", **passwords)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The server refused")


def test_several_processes_make_the_roles_at_one_time(committed_db: CommittedDatabase):
    code = (
        "import sys; from tests.harness import databases; from register.access import roles\n"
        "with databases.administrator() as connection:\n"
        "    for _ in range(40):\n"
        "        roles.create_roles(connection, {})\n"
        "        roles.create_test_login(connection, sys.argv[1])\n"
    )
    makers = [
        subprocess.Popen([sys.executable, "-c", code, committed_db.name], cwd=CHECKOUT, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [(maker.communicate(timeout=120)[1], maker.returncode) for maker in makers] == [(b"", 0)] * 3
