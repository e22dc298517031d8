"""The services would start: their environment has no fault in production, and each part of it counts."""

import re
from pathlib import Path
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from django.test import RequestFactory

from register.settings.environment import Environment
from register.settings.production import Process, faults
from register.settings.web import web
from tests.deploy import stack
from tests.deploy.test_secrets import BY_HAND, _run

OPERATOR = {
    "REGISTER_HOST": "register.example.test",
    "REGISTER_MAIL_HOST": "mail.example.test",
    "REGISTER_MAIL_FROM": "register@example.test",
}
PROCESSES = {
    "web": Process.WEB,
    "worker": Process.WORKER,
    "purge": Process.PURGE,
    "beat": Process.BEAT,
    "migrate": Process.COMMAND,
}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("start") / "secrets"
    assert _run(folder).returncode == 0
    for name in BY_HAND:
        (folder / name).write_text("given by hand")
    return folder


def environment_of(service: str, secrets: Path) -> dict[str, str]:
    """Return what a service's process finds in its environment, as Compose would give it."""
    given = stack.read()["services"][service]["environment"]
    return {name: _filled(str(value)).replace("/run/secrets", str(secrets)) for name, value in given.items()}


def _filled(value: str) -> str:
    asked = re.compile(r"\$\{(\w+)(?::\?[^}]*|:-([^}]*))?\}")
    return asked.sub(lambda match: OPERATOR.get(match[1], match[2] or ""), value)


@pytest.mark.parametrize("service", PROCESSES)
def test_a_service_has_all_that_production_asks_of_it(service: str, secrets: Path) -> None:
    environment = Environment(environment_of(service, secrets))
    assert environment.is_production
    assert list(faults(environment, PROCESSES[service])) == []


@pytest.mark.parametrize(
    ("service", "variable"),
    [("web", "REGISTER_SECRET_KEY_FILE"), ("web", "REGISTER_BROKER_URL_FILE"), ("web", "REGISTER_APP_PASSWORD_FILE"),
     ("web", "REGISTER_ALLOWED_HOSTS"), ("worker", "REGISTER_MAIL_HOST"), ("worker", "REGISTER_FILES"),
     ("purge", "REGISTER_PURGE_PASSWORD_FILE"), ("beat", "REGISTER_BROKER_URL_FILE"),
     ("migrate", "REGISTER_OWNER_PASSWORD_FILE")],
)  # fmt: skip
def test_what_is_left_out_is_missed(service: str, variable: str, secrets: Path) -> None:
    given = environment_of(service, secrets)
    del given[variable]
    found = list(faults(Environment(given), PROCESSES[service]))
    assert any(variable.removesuffix("_FILE") in fault for fault in found), found


def test_the_database_is_reached_by_its_verified_name(secrets: Path) -> None:
    for service in PROCESSES:
        given = environment_of(service, secrets)
        assert given["REGISTER_DATABASE_URL"] == "postgresql://database:5432/register"
        assert given["REGISTER_DATABASE_SSLMODE"] == "verify-full"
        assert given["REGISTER_DATABASE_SSLROOTCERT"] == "/internal_ca"
        assert "internal_ca" in stack.read()["services"][service]["configs"]


def test_make_roles_has_all_passwords_that_it_gives(secrets: Path) -> None:
    environment = Environment(environment_of("roles", secrets))
    assert environment.faults == []
    assert environment.is_production
    for name in ("APP_PASSWORD", "OWNER_PASSWORD", "PURGE_PASSWORD", "BACKUP_PASSWORD"):
        assert environment.text(name) == (secrets / name.lower()).read_text()
    assert environment.text("ADMIN_DATABASE_URL").startswith("postgresql://register_admin:")


def test_attempts_to_sign_in_are_counted_by_the_visitors_address(
    secrets: Path, settings: Any, rf: RequestFactory
) -> None:
    """Behind the edge every request comes from the edge: five bad guesses must not lock out everybody."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = web(Environment(environment_of("web", secrets)))[
        "ALLAUTH_TRUSTED_PROXY_COUNT"
    ]
    request = rf.get("/sign-in/", REMOTE_ADDR="172.20.0.2", headers={"X-Forwarded-For": "203.0.113.9"})
    assert get_adapter().get_client_ip(request) == "203.0.113.9"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = web(Environment({}))["ALLAUTH_TRUSTED_PROXY_COUNT"]
    assert get_adapter().get_client_ip(request) == "172.20.0.2"
