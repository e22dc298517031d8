"""docker-compose.yml keeps its rules, and each rule notices when it is broken."""

import copy
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from register.settings.environment import DECLARED
from tests.deploy import stack

Change = Callable[[stack.Document], Any]


@pytest.fixture
def document() -> stack.Document:
    return stack.read()


@pytest.mark.parametrize("rule", stack.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.clause("X1")
def test_the_file_keeps_the_rule(rule: Callable[..., Any], document: stack.Document) -> None:
    assert list(rule(document)) == []


def test_every_part_of_the_register_has_its_service(document: stack.Document) -> None:
    wanted = {"edge", "web", "worker", "purge", "beat", "migrate", "roles", "database", "broker"}
    assert set(document["services"]) == wanted
    assert set(document["networks"]) == {"edge", "application", "data"}
    assert set(document["volumes"]) == {"database", "broker", "files", "ledger", "uploads"}


def _service(name: str, **values: Any) -> Change:
    return lambda document: document["services"][name].update(values)


def _without(name: str, key: str) -> Change:
    return lambda document: document["services"][name].pop(key)


def _environment(name: str, variable: str, value: str) -> Change:
    # A merged mapping may be shared between services: the change must not reach the others.
    def change(document: stack.Document) -> None:
        service = document["services"][name]
        service["environment"] = {**service["environment"], variable: value}

    return change


def _holds(name: str, secret: str) -> Change:
    return lambda document: document["services"][name].update(secrets=[*document["services"][name]["secrets"], secret])


BREAKAGES: list[tuple[Callable[..., Any], Change, str]] = [
    (stack.schema_faults, _service("web", restrat="always"), "restrat"),
    (stack.schema_faults, _service("web", healthcheck={"interval": 5}), "healthcheck"),
    (stack.reference_faults, _service("web", networks=["data", "backstage"]), "backstage"),
    (stack.reference_faults, _service("web", volumes=["lost:/var/lib/x"]), "lost"),
    (stack.reference_faults, _holds("web", "unheard_of"), "unheard_of"),
    (stack.reference_faults, _service("beat", depends_on={"cron": {}}), "cron"),
    (stack.reference_faults, lambda d: d["configs"].update(other={"file": "deploy/none"}), "deploy/none"),
    (stack.reference_faults, lambda d: d["volumes"].update(idle={}), "idle"),
    (stack.start_order_faults, _service("web", depends_on={"database": {"condition": "service_started"}}), "database"),
    (stack.start_order_faults, _service("worker", depends_on={}), "migrations"),
    (stack.start_order_faults, _service("database", depends_on={"web": {"condition": "service_healthy"}}), "itself"),
    (stack.reach_faults, lambda d: d["networks"]["data"].update(internal=False), "not internal"),
    (stack.reach_faults, _service("database", ports=["5432:5432"]), "database publishes"),
    (stack.reach_faults, _service("broker", ports=["127.0.0.1:6379:6379"]), "service broker is reached"),
    (stack.reach_faults, _service("edge", networks=["edge", "application", "data"]), "service database is reached"),
    (stack.reach_faults, _service("database", networks=["data", "application"]), "service database is reached"),
    (stack.reach_faults, _service("broker", networks=["data", "edge"]), "service broker is reached"),
    (stack.reach_faults, _service("database", network_mode="host"), "network_mode"),
    (stack.reach_faults, _service("web", networks=["edge", "application", "data"]), "on the network edge"),
    (stack.reach_faults, _service("web", ports=["8000:8000"]), "web publishes"),
    (stack.reach_faults, _service("edge", ports=["443:8443", "2019:2019"]), "other ports"),
    (stack.reach_faults, _without("beat", "networks"), "default"),
    (stack.hardening_faults, _service("web", user="0:0"), "web has no numbered user"),
    (stack.hardening_faults, _service("web", user="root"), "web has no numbered user"),
    (stack.hardening_faults, _without("database", "user"), "database has no numbered user"),
    (stack.hardening_faults, _service("worker", read_only=False), "worker is not read-only"),
    (stack.hardening_faults, _without("edge", "cap_drop"), "edge keeps"),
    (stack.hardening_faults, _service("web", cap_add=["SYS_ADMIN"]), "web adds"),
    (stack.hardening_faults, _service("beat", security_opt=[]), "beat may gain"),
    (stack.hardening_faults, _service("beat", privileged=True), "beat has privileged"),
    (stack.hardening_faults, _service("broker", image="valkey/valkey:latest"), "not pinned"),
    (stack.hardening_faults, _service("broker", image="registry.example.org/valkey:9.1"), "address"),
    (stack.hardening_faults, _service("web", volumes=["/var/run/docker.sock:/var/lib/x"]), "of the host"),
    (stack.hardening_faults, _service("web", tmpfs=["/tmp"]), "tmpfs"),
    (stack.hardening_faults, _service("web", deploy={}), "web has no limits"),
    (stack.hardening_faults, _without("worker", "stop_grace_period"), "worker has no time"),
    (stack.hardening_faults, _without("purge", "healthcheck"), "purge has no health check"),
    (stack.hardening_faults, _service("purge", healthcheck={"disable": True}), "purge has no health check"),
    (stack.hardening_faults, _service("web", restart="no"), "web is not restarted"),
    (stack.hardening_faults, _service("migrate", restart="always"), "would be restarted"),
    (stack.hardening_faults, _service("web", logging={}), "without bound"),
    (stack.secret_faults, _holds("web", "purge_password"), "web must not hold purge_password"),
    (stack.secret_faults, _holds("worker", "owner_password"), "worker must not hold owner_password"),
    (stack.secret_faults, _holds("purge", "app_password"), "purge must not hold app_password"),
    (stack.secret_faults, _holds("migrate", "admin_database_url"), "migrate must not hold"),
    (stack.secret_faults, _environment("web", "REGISTER_SECRET_KEY", "letmein"), "in words"),
    (stack.secret_faults, _environment("database", "POSTGRES_PASSWORD", "letmein"), "in words"),
    (stack.secret_faults, _environment("web", "REGISTER_DATABASE_URL", "postgresql://a:b@c/d"), "user or password"),
    (stack.secret_faults, _environment("web", "REGISTER_APP_PASSWORD_FILE", "/tmp/x"), "does not hold"),
    (stack.secret_faults, _environment("beat", "REGISTER_KEYRING_FILE", "/run/secrets/keyring"), "does not hold"),
    (stack.secret_faults, _environment("purge", "REGISTER_PURGE_PASSWORD_FILE", "/run/secrets/none"), "does not read"),
    (stack.secret_faults, _service("web", env_file=["secrets.env"]), "env_file"),
    (stack.secret_faults, _without("roles", "profiles"), "administrator"),
]


@pytest.mark.parametrize(("rule", "change", "sentence"), BREAKAGES)
def test_a_broken_file_is_noticed(
    rule: Callable[..., Any], change: Change, sentence: str, document: stack.Document
) -> None:
    broken = copy.deepcopy(document)
    change(broken)
    assert any(sentence in fault for fault in rule(broken)), list(rule(broken))


def test_the_environment_has_only_settings_that_the_register_knows(document: stack.Document) -> None:
    known = {setting.variable for setting in DECLARED}
    known |= {f"{setting.variable}_FILE" for setting in DECLARED if setting.secret}
    given = {
        variable
        for service in document["services"].values()
        for variable in service.get("environment", {})
        if variable.startswith("REGISTER_")
    }
    assert given
    assert sorted(given - known) == []


def test_each_process_has_its_own_role(document: stack.Document) -> None:
    roles = {
        name: service["environment"].get("REGISTER_ROLE")
        for name, service in document["services"].items()
        if service["image"].startswith(stack.APPLICATION_IMAGE)
    }
    assert roles == {
        "web": "app", "worker": "app", "beat": "app", "purge": "purge", "migrate": "owner", "roles": "owner",
    }  # fmt: skip


def test_an_upload_has_a_disk_to_lie_on(document: stack.Document) -> None:
    web = document["services"]["web"]
    place = web["environment"]["TMPDIR"]
    assert f"uploads:{place}" in web["volumes"]
    dockerfile = (stack.ROOT / "Dockerfile").read_text(encoding="utf-8")
    for service in document["services"].values():
        for _, target in stack.mounts(service):
            if target.startswith("/var/lib/register"):
                assert target in dockerfile, f"the image has no {target} that its user may write"


def test_two_workers_share_no_queue(document: stack.Document) -> None:
    queues = {name: _after(document["services"][name]["command"], "-Q") for name in ("worker", "purge")}
    assert queues == {"worker": "default", "purge": "purge"}


def test_a_stop_waits_longer_than_what_runs_inside(document: stack.Document) -> None:
    from tests.deploy.serving import configuration

    assert configuration()["graceful_timeout"] < _seconds(document["services"]["web"]["stop_grace_period"])


def test_every_variable_of_the_operator_is_told_in_the_docs() -> None:
    told = (stack.ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    wanted = set(re.findall(r"\$\{(\w+)", stack.FILE.read_text(encoding="utf-8")))
    assert wanted
    assert {name for name in wanted if name not in told} == set()


def test_the_compose_client_reads_the_file(tmp_path: Path, document: stack.Document) -> None:
    """Runs `docker compose config` where the client is there; elsewhere the schema has spoken."""
    values = dict.fromkeys(re.findall(r"\$\{(\w+):\?", stack.FILE.read_text(encoding="utf-8")), "example.test")
    assert values, "nothing is asked of the operator"
    client = shutil.which("docker")
    if client is None or subprocess.run([client, "compose", "version"], capture_output=True).returncode != 0:
        assert list(stack.schema_faults(document)) == []
        return
    command = [client, "compose", "--project-directory", str(stack.ROOT), "-f", str(stack.FILE), "config", "-q"]
    told = subprocess.run(command, env={**os.environ, **values}, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr


def _after(command: list[str], option: str) -> str:
    return command[command.index(option) + 1]


def _seconds(period: str) -> int:
    match = re.fullmatch(r"(\d+)(s|m)", period)
    assert match
    return int(match[1]) * (60 if match[2] == "m" else 1)
