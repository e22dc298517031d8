"""Production refuses an unsafe start, with one list of all faults."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connections

from embedded.places import CHECKOUT
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
