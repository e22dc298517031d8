"""Production refuses an unsafe start, with one list of all faults."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from unittest import mock

import psycopg
import pytest
from django.db import connections

from embedded.places import CHECKOUT, places
from register.settings import production
from register.settings.environment import DECLARED, Environment
from register.settings.page import PAGE, page
from register.settings.production import Process, faults, role_faults
from tests.harness.committed import CommittedDatabase
from tests.harness.production import production_environment


def _faults(folder: Path, process: Process = Process.WEB, **changes: str) -> list[str]:
    return list(faults(Environment(production_environment(folder, **changes)), process))


def test_a_sound_environment_has_no_fault(tmp_path: Path):
    assert _faults(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY_FILE": ""}, "REGISTER_SECRET_KEY is missing."),
        ({"SECRET_KEY_FILE": "", "SECRET_KEY": "short"}, "REGISTER_SECRET_KEY is too weak"),
        ({"SECRET_KEY_FILE": "", "SECRET_KEY": "ab" * 40}, "REGISTER_SECRET_KEY is too weak"),
        ({"SECRET_KEY_FILE": "", "SECRET_KEY": "django-insecure-" + "abcdefghij" * 5}, "looks like a default"),
        ({"SECRET_KEY_FILE": "/nowhere"}, "REGISTER_SECRET_KEY_FILE names /nowhere, which cannot be read"),
        ({"TLS": "no"}, "REGISTER_TLS is off"),
        ({"HSTS_SECONDS": "60"}, "REGISTER_HSTS_SECONDS must be a year or more"),
        ({"HSTS_SECONDS": "long"}, "REGISTER_HSTS_SECONDS must be a whole number"),
        ({"ALLOWED_HOSTS": ""}, "REGISTER_ALLOWED_HOSTS is missing"),
        ({"ALLOWED_HOSTS": "*"}, "REGISTER_ALLOWED_HOSTS must name each host"),
        ({"TRUSTED_ORIGINS": "http://register.example"}, "is no single https:// origin"),
        ({"DATABASE_URL": ""}, "REGISTER_DATABASE_URL is missing"),
        ({"DATABASE_URL": "mysql://x/y"}, "must read postgresql://host:5432/register"),
        ({"DATABASE_URL": "postgresql://x:port/y"}, "must read postgresql://host:5432/register"),
        ({"DATABASE_URL": "postgresql://me:pass@x/y"}, "must hold no user and no password"),
        ({"APP_PASSWORD": ""}, "REGISTER_APP_PASSWORD is missing"),
        ({"OWNER_PASSWORD": "x"}, "REGISTER_OWNER_PASSWORD is given to the web process"),
        ({"PURGE_PASSWORD": "x"}, "REGISTER_PURGE_PASSWORD is given to the web process"),
        ({"ROLE": "test"}, "REGISTER_ROLE is test"),
        ({"BROKER_URL": ""}, "REGISTER_BROKER_URL is missing"),
        ({"MAIL_HOST": ""}, "REGISTER_MAIL_HOST is missing"),
        ({"MAIL_TLS": "none"}, "REGISTER_MAIL_TLS is none"),
        ({"MAIL_FROM": ""}, "REGISTER_MAIL_FROM is missing"),
        ({"FILES": ""}, "REGISTER_FILES is missing"),
        ({"DEBUG": "yes"}, "REGISTER_DEBUG is on"),
        ({"TEMPORARY_CODES": "yes"}, "REGISTER_TEMPORARY_CODES is on"),
        ({"DATABASE_SSLMODE": "verify-ca"}, "REGISTER_DATABASE_SSLMODE must be verify-full"),
        ({"DATABASE_SSLMODE": "prefer"}, "REGISTER_DATABASE_SSLMODE must be verify-full"),
        ({"BROKER_URL": "redis://me:hunter2@broker:6379/0"}, "REGISTER_BROKER_URL goes to another host without TLS"),
        ({"BROKER_URL": "amqp://broker//", "CACHE_URL": "rediss://c/0"}, "REGISTER_BROKER_URL goes to another host"),
        ({"BROKER_URL": "rediss://a/0?ssl_cert_reqs=none"}, "REGISTER_BROKER_URL does not verify"),
        ({"BROKER_URL": "rediss://a/0?ssl_check_hostname=False"}, "REGISTER_BROKER_URL does not verify"),
        ({"BROKER_URL": "amqps://a//", "CACHE_URL": "rediss://c/0"}, "REGISTER_BROKER_URL does not verify"),
        ({"BROKER_URL": "rediss://a/0;redis://b/0"}, "REGISTER_BROKER_URL goes to another host without TLS"),
        ({"CACHE_URL": "redis://cache:6379/1"}, "REGISTER_CACHE_URL goes to another host without TLS"),
        ({"DEMO_BANK": "yes"}, "REGISTER_DEMO_BANK is on"),
        ({"DEBGU": "yes"}, "REGISTER_DEBGU is no setting"),
        ({"LOG_LEVEL": "LOUD"}, "REGISTER_LOG_LEVEL must be one of"),
    ],
)
def test_each_fault_has_its_sentence(tmp_path: Path, changes: dict[str, str], sentence: str):
    found = _faults(tmp_path, **changes)
    # A value is read when its setting is used; reading all shows what cannot be read.
    environment = Environment(production_environment(tmp_path, **changes))
    environment.text("LOG_LEVEL")
    assert any(sentence in fault for fault in found + environment.faults), found


@pytest.mark.parametrize(
    "changes",
    [
        {"DATABASE_URL": "postgresql://localhost/register", "DATABASE_SSLMODE": "disable"},
        {"DATABASE_URL": "postgresql://%2Fvar%2Frun%2Fpostgresql/register", "DATABASE_SSLMODE": "disable"},
        {"DATABASE_URL": "postgresql://[::1]:5432/register", "DATABASE_SSLMODE": "prefer"},
        {"BROKER_URL": "redis://127.0.0.1:6379/0"},
        {"BROKER_URL": "redis+socket:///run/valkey.sock"},
        {"BROKER_URL": "amqps://a//?ssl_cert_reqs=required&ssl_ca_certs=/ca", "CACHE_URL": "rediss://c/0"},
    ],
)
def test_what_stays_on_this_host_or_is_verified_is_let_be(tmp_path: Path, changes: dict[str, str]):
    assert _faults(tmp_path, **changes) == []


def test_a_fault_of_the_broker_tells_no_password(tmp_path: Path):
    (told,) = _faults(tmp_path, BROKER_URL="redis://me:hunter2@broker:6379/0")
    assert "hunter2" not in told


def test_all_faults_are_told_at_once(tmp_path: Path):
    found = _faults(tmp_path, SECRET_KEY_FILE="", TLS="no", MAIL_HOST="", BROKER_URL="")
    assert len(found) == 4


def test_the_purge_worker_needs_neither_keys_nor_mail(tmp_path: Path):
    changes = {"ROLE": "purge", "APP_PASSWORD": "", "PURGE_PASSWORD": "x", "KEYRING_FILE": "", "MAIL_HOST": ""}
    assert _faults(tmp_path, Process.PURGE, **changes) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "process", "sentence"),
    [
        ("owner", Process.WEB, "owns the tables"),
        ("purge", Process.WEB, "runs as app"),
        ("app", Process.PURGE, "runs as purge"),
    ],
)
def test_another_role_is_refused(as_owner, as_purge, role: str, process: Process, sentence: str):
    become = {"owner": as_owner, "purge": as_purge}.get(role)
    if become is None:
        assert any(sentence in fault for fault in role_faults(role, process))
        return
    with become():
        assert any(sentence in fault for fault in role_faults(role, process))


@pytest.mark.django_db
def test_the_application_is_let_in():
    assert list(role_faults("app", Process.WEB)) == []


@pytest.mark.django_db
def test_migrations_are_let_in_as_the_owner(as_owner):
    with as_owner():
        assert list(role_faults("owner", Process.COMMAND)) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "process", "joined"),
    [
        ("app", Process.WEB, "register_owner"),
        ("app", Process.WORKER, "register_purge"),
        ("app", Process.COMMAND, "register_backup"),
        ("app", Process.BEAT, "postgres"),
        ("app", Process.WEB, "pg_write_all_data"),
        ("purge", Process.PURGE, "register_owner"),
    ],
)
def test_a_member_of_another_role_is_refused(as_purge, role: str, process: Process, joined: str):
    become = as_purge if role == "purge" else nullcontext
    with become():
        assert list(role_faults(role, process)) == []
    with _uncommitted_membership(f"register_{role}", joined) as found:
        (fault,) = found(role, process)
    assert fault.startswith(f"The database role register_{role} is a member of {joined}")


@contextmanager
def _uncommitted_membership(login: str, joined: str) -> Iterator[Callable[[str, Process], list[str]]]:
    """Let `login` be a member of another role in a transaction that no one else sees."""
    with psycopg.connect(host=str(places().sockets), user="postgres", dbname="postgres") as administrator:
        administrator.execute(f"GRANT {joined} TO {login}")
        administrator.execute(f"SET LOCAL ROLE {login}")
        with mock.patch.object(production, "connection", administrator):
            yield lambda role, process: list(role_faults(role, process))
        administrator.rollback()


@pytest.mark.parametrize(
    ("login", "sentence"), [("postgres", "is a superuser"), ("register_backup", "may bypass row-level security")]
)
def test_a_role_above_the_policies_is_refused(committed_db: CommittedDatabase, login: str, sentence: str):
    settings = connections.settings["default"]
    usual = settings["USER"], settings["OPTIONS"]
    settings["USER"], settings["OPTIONS"] = login, {}
    connections.close_all()
    try:
        assert any(sentence in fault for fault in role_faults("app", Process.WEB))
    finally:
        connections.close_all()
        settings["USER"], settings["OPTIONS"] = usual


@pytest.mark.worker
def test_a_worker_that_runs_as_owner_ends_with_a_sentence(committed_db: CommittedDatabase):
    done = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "register.celery", "worker", "--pool", "solo"],
        cwd=CHECKOUT,
        env=committed_db.environment("owner"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "The database role register_owner owns the tables" in done.stderr


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("REGISTER_", "DJANGO_"))}


def test_the_web_server_gives_up_with_the_whole_list(tmp_path: Path):
    environment = production_environment(
        tmp_path, SECRET_KEY_FILE="", TLS="no", DATABASE_URL="postgresql://127.0.0.1:1/register"
    )
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "register.wsgi", "--bind", "127.0.0.1:0", "--no-control-socket"],
        cwd=CHECKOUT,
        env=_clean() | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3
    assert "The register does not start: 3 faults." in done.stderr
    assert " - REGISTER_SECRET_KEY is missing." in done.stderr
    assert " - REGISTER_TLS is off" in done.stderr
    assert " - The database does not answer" in done.stderr


def test_a_command_gives_the_list_without_a_traceback(tmp_path: Path):
    environment = production_environment(tmp_path, TLS="no", DATABASE_URL="postgresql://127.0.0.1:1/register")
    done = subprocess.run(
        [sys.executable, "manage.py", "showmigrations"],
        cwd=CHECKOUT,
        env=_clean() | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "REGISTER_TLS is off" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_secret_may_come_from_a_file(tmp_path: Path):
    file = tmp_path / "password"
    file.write_text("hunter2\n", encoding="utf-8")
    environment = Environment({"REGISTER_APP_PASSWORD_FILE": str(file)})
    assert environment.text("APP_PASSWORD") == "hunter2"
    assert environment.faults == []


def test_what_is_no_secret_cannot_come_from_a_file():
    environment = Environment({"REGISTER_ALLOWED_HOSTS_FILE": "/etc/hosts"})
    assert environment.faults == ["REGISTER_ALLOWED_HOSTS_FILE is no setting; see docs/settings.md."]


def test_the_page_of_settings_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "run manage.py settings_doc"
    for setting in DECLARED:
        assert f"`{setting.variable}`" in page()
