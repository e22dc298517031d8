"""The roles of the database, their limits, and the database itself; made once by an administrator.

Dangerous if wrong: a role that owns tables or may bypass row-level security sees everything.
Only the backup may bypass it, and it only reads. No Django here: these run before there is a schema.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

# Trusted extensions: the owner of the database makes them, no administrator is asked again.
EXTENSIONS = ("btree_gist", "pg_trgm")


@dataclass(frozen=True)
class Role:
    """A log-in role: its name and how long its statements and its waits may take."""

    name: str
    statement_timeout: str
    lock_timeout: str
    may_bypass_policies: bool = False

    @property
    def login(self) -> str:
        return f"register_{self.name}"


ROLES = (
    Role("owner", statement_timeout="0", lock_timeout="5s"),
    Role("app", statement_timeout="120s", lock_timeout="10s"),
    Role("purge", statement_timeout="300s", lock_timeout="5s"),
    Role("backup", statement_timeout="0", lock_timeout="60s", may_bypass_policies=True),
)
TEST_LOGIN = "register_test"
_ROLES_LOCK = 5_301_226  # of the advisory locks in the server's administrative database


def create_roles(administrator: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """Make the roles, or bring those that exist to what is declared here. Safe to run again.

    A role without a password in `passwords` (by its short name) keeps the one it has.
    """
    with _alone(administrator):
        for role in ROLES:
            _create_role(administrator, role)
            if passwords.get(role.name):
                _set_password(administrator, role.login, passwords[role.name])
        _join_owner(administrator)


def create_test_login(administrator: psycopg.Connection, database: str) -> None:
    """Make the log-in of the tests, which is none of the roles but may become three of them."""
    with _alone(administrator):
        _create_login(administrator, TEST_LOGIN)
        _run(administrator, "ALTER ROLE {} LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS", sql.Identifier(TEST_LOGIN))
        for role in ("owner", "app", "purge"):
            _run(
                administrator,
                "GRANT {} TO {} WITH INHERIT FALSE, SET TRUE",
                sql.Identifier(f"register_{role}"),
                sql.Identifier(TEST_LOGIN),
            )
    _run(administrator, "GRANT CONNECT ON DATABASE {} TO {}", sql.Identifier(database), sql.Identifier(TEST_LOGIN))


def create_database(administrator: psycopg.Connection, name: str) -> None:
    """Make the database of the owner if there is none; the connection must be in autocommit."""
    found = administrator.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if not found:
        _run(
            administrator,
            "CREATE DATABASE {} OWNER register_owner TEMPLATE template0 ENCODING 'UTF8' "
            "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'",
            sql.Identifier(name),
        )
    else:
        _run(administrator, "ALTER DATABASE {} OWNER TO register_owner", sql.Identifier(name))
    _run(administrator, "REVOKE ALL ON DATABASE {} FROM PUBLIC", sql.Identifier(name))
    _run(
        administrator,
        "GRANT CONNECT ON DATABASE {} TO register_app, register_purge, register_backup",
        sql.Identifier(name),
    )
    # Staging tables of the imports and of the purge are temporary ones.
    _run(administrator, "GRANT TEMPORARY ON DATABASE {} TO register_app, register_purge", sql.Identifier(name))


def prepare_database(inside: psycopg.Connection) -> None:
    """Give the owner its schema and extensions; the connection is an administrator's, inside the database."""
    inside.execute("ALTER SCHEMA public OWNER TO register_owner")
    inside.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    inside.execute("SET ROLE register_owner")
    for extension in EXTENSIONS:
        _run(inside, "CREATE EXTENSION IF NOT EXISTS {} SCHEMA public", sql.Identifier(extension))
    inside.execute("RESET ROLE")


@contextmanager
def _alone(administrator: psycopg.Connection) -> Iterator[None]:
    """Wait until nobody else changes roles: they are the whole server's, and it refuses two changes at one time."""
    administrator.execute("SELECT pg_advisory_lock(%s)", [_ROLES_LOCK])
    try:
        yield
    finally:
        administrator.execute("SELECT pg_advisory_unlock(%s)", [_ROLES_LOCK])


def _create_role(administrator: psycopg.Connection, role: Role) -> None:
    _create_login(administrator, role.login)
    _run(
        administrator,
        "ALTER ROLE {} LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION {}",
        sql.Identifier(role.login),
        sql.SQL("BYPASSRLS" if role.may_bypass_policies else "NOBYPASSRLS"),
    )
    _limit(administrator, role)


def _create_login(administrator: psycopg.Connection, name: str) -> None:
    if not administrator.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
        _run(administrator, "CREATE ROLE {} LOGIN", sql.Identifier(name))


def _join_owner(administrator: psycopg.Connection) -> None:
    """Let an administrator that is no superuser (a managed server's) hand the database to the owner."""
    found = administrator.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if found == (False,):
        administrator.execute("GRANT register_owner TO CURRENT_USER")


def _limit(administrator: psycopg.Connection, role: Role) -> None:
    limits = {
        "statement_timeout": role.statement_timeout,
        "lock_timeout": role.lock_timeout,
        "idle_in_transaction_session_timeout": "300s",
        "search_path": "public",
    }
    if role.may_bypass_policies:
        limits["default_transaction_read_only"] = "on"
    for setting, value in limits.items():
        _run(
            administrator,
            "ALTER ROLE {} SET {} = {}",
            sql.Identifier(role.login),
            sql.Identifier(setting),
            sql.Literal(value),
        )


def _set_password(administrator: psycopg.Connection, login: str, password: str) -> None:
    # Only the verifier travels and may stand in a log, never the password.
    verifier = administrator.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    _run(administrator, "ALTER ROLE {} PASSWORD {}", sql.Identifier(login), sql.Literal(verifier.decode()))


def _run(connection: psycopg.Connection, statement: str, *parts: sql.Composable) -> None:
    connection.execute(sql.SQL(statement).format(*parts))
