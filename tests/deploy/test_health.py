"""The health check of the containers says what is, by its exit code."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy import health
from embedded.processes import wait_until
from tests.deploy import stack
from tests.harness.committed import CommittedDatabase


class _Web(BaseHTTPRequestHandler):
    status = 200
    seen: tuple[str, str] = ("", "")

    def do_GET(self) -> None:
        type(self).seen = (self.path, self.headers["Host"])
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Web]]:
    server = HTTPServer(("127.0.0.1", 0), _Web)
    monkeypatch.setenv("PORT", str(server.server_port))
    monkeypatch.setenv("REGISTER_ALLOWED_HOSTS", "register.example.test,other.example.test")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield _Web
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (301, 1), (400, 1)])
def test_web_is_well_when_it_is_ready(web: type[_Web], status: int, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "status", status)
    assert health.main(["web"]) == code
    assert web.seen == ("/health/ready", "register.example.test")


def test_a_web_that_does_not_answer_is_not_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "1")
    assert health.main(["web"]) == 1
    assert capsys.readouterr().out == "ConnectionRefusedError\n"


@pytest.mark.parametrize("arguments", [[], ["edge"], ["web", "worker"]])
def test_a_service_that_is_none_is_a_fault_of_the_caller(arguments: list[str]) -> None:
    assert health.main(arguments) == 2


def test_beat_without_its_pidfile_is_not_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(health, "BEAT_PIDFILE", tmp_path / "beat.pid")
    assert health.main(["beat"]) == 1


def _command(service: str, *changes: tuple[str, str]) -> list[str]:
    """Return what the container of a service would run, by this environment's programs."""
    program, *arguments = stack.read()["services"][service]["command"]
    assert program == "celery"
    for old, new in changes:
        assert old in arguments
        arguments[arguments.index(old)] = new
    return [sys.executable, "-m", "celery", *arguments]


@contextmanager
def _running(command: list[str], database: CommittedDatabase, role: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        command, cwd=stack.ROOT, env=database.environment(role), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _health(service: str, database: CommittedDatabase, role: str) -> int:
    """Check as the container does: a process of its own, so that no application of this one is in the way."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.health", service],
        cwd=stack.ROOT,
        env=database.environment(role),
        capture_output=True,
        timeout=60,
    ).returncode


@pytest.mark.worker
@pytest.mark.parametrize(("service", "role"), [("worker", "app"), ("purge", "purge")])
def test_a_worker_is_well_while_it_answers(service: str, role: str, committed_db: CommittedDatabase) -> None:
    assert health.PING_TIMEOUT_S == 10
    assert _health(service, committed_db, role) == 1
    with _running(_command(service), committed_db, role):
        assert wait_until(lambda: _health(service, committed_db, role) == 0, timeout_s=120)
    assert _health(service, committed_db, role) == 1


@pytest.mark.worker
def test_beat_is_well_while_it_lives_and_starts_things(
    committed_db: CommittedDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "beat.pid"
    monkeypatch.setattr(health, "BEAT_PIDFILE", file)
    with _running(_command("beat", ("--pidfile=/tmp/beat.pid", f"--pidfile={file}")), committed_db, "app"):
        assert wait_until(file.exists, timeout_s=40)
        assert wait_until(lambda: health.main(["beat"]) == 0, timeout_s=20)
        monkeypatch.setattr(health, "BEAT_STANDSTILL", timedelta(0))
        assert health.main(["beat"]) == 1
    monkeypatch.undo()
    monkeypatch.setattr(health, "BEAT_PIDFILE", file)
    assert health.main(["beat"]) == 1
