"""What production refuses to start with: one list of all faults, each a sentence for the operator.

Dangerous if wrong: this is the last look at secrets, TLS and the database role before personal
data are served. Whatever cannot be verified counts as a fault.
"""

import re
import sys
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

from django.db import DatabaseError, connection

from register.crypto.keyring import KeyringFault, keyring
from register.settings.environment import Environment

_LEAST_SECRET = 50
_LEAST_DIFFERENT = 10
_DEFAULT_WORDS = ("insecure", "change", "default", "example", "secret", "password")
_A_YEAR_S = 31_536_000
_DATABASE_SCHEMES = {"postgresql", "postgres"}
_WITH_TLS = {"rediss", "amqps"}
_SOCKETS = {"unix", "redis+socket"}
_UNVERIFIED = {"none", "optional", "cert_none", "cert_optional"}


class Process(StrEnum):
    """What starts, for each has its own needs."""

    WEB = "web"
    WORKER = "worker"
    PURGE = "purge"
    BEAT = "beat"
    COMMAND = "command"


_NEED_BROKER = {Process.WEB, Process.WORKER, Process.PURGE, Process.BEAT}
_NEED_KEYS_AND_MAIL = {Process.WEB, Process.WORKER}
_NEED_FILES = {Process.WEB, Process.WORKER, Process.PURGE}


def refuse_unsafe_start(process: Process) -> None:
    """End this process with one list of all that is wrong, or return.

    In embedded mode only the database role is looked at. Raises: SystemExit.
    """
    environment = Environment()
    found = list(faults(environment, process)) if environment.is_production else list(environment.faults)
    found += list(role_faults(environment.text("ROLE"), process))
    if found:
        sys.exit(listed(found))


def listed(found: list[str]) -> str:
    """Return the faults as the operator reads them."""
    head = "The register does not start: " + ("one fault." if len(found) == 1 else f"{len(found)} faults.")
    return "\n".join([head, *(f" - {sentence}" for sentence in found)])


def faults(environment: Environment, process: Process) -> Iterator[str]:
    """Yield what is wrong with the settings for this process in production."""
    yield from _secret_key(environment)
    yield from _tls(environment)
    yield from _database(environment, process)
    if process in _NEED_BROKER and not environment.text("BROKER_URL"):
        yield "REGISTER_BROKER_URL is missing."
    for name in ("BROKER_URL", "CACHE_URL"):
        yield from _broker(name, environment.text(name))
    if process in _NEED_KEYS_AND_MAIL:
        yield from _keys()
        yield from _mail(environment)
    if process in _NEED_FILES and not environment.is_given("FILES"):
        yield "REGISTER_FILES is missing: the folder of recordings must outlive a restart."
    if environment.flag("DEBUG"):
        yield "REGISTER_DEBUG is on: error pages would show personal data."
    if environment.flag("TEMPORARY_CODES"):
        yield "REGISTER_TEMPORARY_CODES is on: it lets in made-up identity codes, for demonstrations only."
    if environment.flag("DEMO_BANK"):
        yield "REGISTER_DEMO_BANK is on: it would let anybody into the portal as any customer."
    yield from environment.faults


def role_faults(role: str, process: Process) -> Iterator[str]:
    """Yield what is wrong with the role that the database knows this process by."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolname, rolsuper, rolbypassrls, "
                "EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND datdba = r.oid) "
                "OR EXISTS (SELECT FROM pg_class WHERE relowner = r.oid AND relkind IN ('r', 'p')), "
                "ARRAY(SELECT o.rolname::text FROM pg_roles o WHERE o.oid <> r.oid AND NOT r.rolsuper "
                "AND o.rolname <> 'pg_database_owner' AND pg_has_role(r.oid, o.oid, 'MEMBER') ORDER BY 1) "
                "FROM pg_roles r WHERE rolname = current_user"
            )
            name, is_superuser, may_bypass, is_owner, joined = cursor.fetchone()
    except DatabaseError:
        yield "The database does not answer as this role, so its rights cannot be verified: is the password right?"
        return
    if is_superuser:
        yield f"The database role {name} is a superuser: row-level security would not hold."
    if may_bypass and (role != "backup" or process is not Process.COMMAND):
        yield f"The database role {name} may bypass row-level security."
    if is_owner and (role != "owner" or process is not Process.COMMAND):
        yield f"The database role {name} owns the tables: only migrations run as the owner."
    if joined:
        yield f"The database role {name} is a member of {', '.join(joined)}: it would have their rights too."
    expected = {Process.PURGE: "purge", Process.COMMAND: role}.get(process, "app")
    if role != expected:
        yield f"REGISTER_ROLE is {role}, but this process ({process}) runs as {expected}."


def _secret_key(environment: Environment) -> Iterator[str]:
    key = environment.text("SECRET_KEY")
    if not key:
        yield "REGISTER_SECRET_KEY is missing."
    elif len(key) < _LEAST_SECRET or len(set(key)) < _LEAST_DIFFERENT:
        yield f"REGISTER_SECRET_KEY is too weak: give {_LEAST_SECRET} random characters or more."
    elif any(word in key.lower() for word in _DEFAULT_WORDS):
        yield "REGISTER_SECRET_KEY looks like a default: give random characters."


def _tls(environment: Environment) -> Iterator[str]:
    hosts = environment.list("ALLOWED_HOSTS")
    if not hosts:
        yield "REGISTER_ALLOWED_HOSTS is missing."
    if any("*" in host for host in hosts):
        yield "REGISTER_ALLOWED_HOSTS must name each host: * would let any name in."
    if not environment.flag("TLS"):
        yield "REGISTER_TLS is off: passwords and personal data would travel readable."
    if environment.number("HSTS_SECONDS") < _A_YEAR_S:
        yield f"REGISTER_HSTS_SECONDS must be a year or more ({_A_YEAR_S})."
    for origin in environment.list("TRUSTED_ORIGINS"):
        if not origin.startswith("https://") or "*" in origin:
            yield f"REGISTER_TRUSTED_ORIGINS holds {origin}, which is no single https:// origin."


def _database(environment: Environment, process: Process) -> Iterator[str]:
    text, role = environment.text("DATABASE_URL"), environment.text("ROLE")
    if not text:
        yield "REGISTER_DATABASE_URL is missing."
        return
    address = urlsplit(text)
    try:
        is_readable = address.scheme in _DATABASE_SCHEMES and bool(address.hostname) and address.port != 0
    except ValueError:
        is_readable = False
    if not is_readable:
        yield "REGISTER_DATABASE_URL must read postgresql://host:5432/register."
    elif address.username or address.password:
        yield "REGISTER_DATABASE_URL must hold no user and no password: each role has its own setting."
    elif environment.text("DATABASE_SSLMODE") != "verify-full" and not _is_here(address.hostname or ""):
        yield "REGISTER_DATABASE_SSLMODE must be verify-full: the database is on another host."
    if role == "test":
        yield "REGISTER_ROLE is test, the log-in of the tests."
    elif not environment.text(f"{role.upper()}_PASSWORD"):
        yield f"REGISTER_{role.upper()}_PASSWORD is missing."
    if process is Process.WEB:
        for other in ("OWNER", "PURGE", "BACKUP"):
            if environment.is_given(f"{other}_PASSWORD"):
                yield f"REGISTER_{other}_PASSWORD is given to the web process, which must not have it."


def _broker(name: str, text: str) -> Iterator[str]:
    """Each address of a list, without ever telling one: it holds a password."""
    for part in filter(None, re.split("[;,]", text)):
        try:
            address = urlsplit(part.strip())
            is_here = address.scheme in _SOCKETS or _is_here(address.hostname or "")
            asked = parse_qs(address.query)
        except ValueError:
            yield f"REGISTER_{name} cannot be read."
            continue
        wanted = {value.lower() for value in asked.get("ssl_cert_reqs", [])}
        skips_name = {value.lower() for value in asked.get("ssl_check_hostname", [])} & {"false", "no", "0"}
        if address.scheme not in _WITH_TLS:
            if not is_here:
                yield f"REGISTER_{name} goes to another host without TLS: use rediss:// or amqps://."
        elif wanted & _UNVERIFIED or skips_name or (address.scheme == "amqps" and not wanted):
            yield f"REGISTER_{name} does not verify the other host: give ssl_cert_reqs=required and ssl_ca_certs."


def _is_here(host: str) -> bool:
    """Tell whether an address stays on this host: a socket's folder, or the loopback."""
    host = unquote(host)
    try:
        return host.startswith("/") or host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _keys() -> Iterator[str]:
    try:
        _ = keyring().current_version
    except KeyringFault as fault:
        yield str(fault)


def _mail(environment: Environment) -> Iterator[str]:
    if not environment.text("MAIL_HOST"):
        yield "REGISTER_MAIL_HOST is missing."
    if environment.text("MAIL_TLS") == "none":
        yield "REGISTER_MAIL_TLS is none: mail would travel readable."
    if not environment.is_given("MAIL_FROM"):
        yield "REGISTER_MAIL_FROM is missing."
