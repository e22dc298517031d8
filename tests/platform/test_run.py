"""`make run` as a newcomer meets it: one command up, Ctrl-C down, and faults as sentences."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from embedded.places import CHECKOUT
from embedded.processes import wait_until
from tests.platform.conftest import State

CUSTOMERS = "100"


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _status(port: int, path: str = "/health/ready") -> int:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", path)
            return connection.getresponse().status
    except OSError:
        return 0


@contextmanager
def _running(state: State, port: int):
    output = state.folder / "output"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "embedded", "run", "--customers", CUSTOMERS],
            cwd=CHECKOUT,
            env=state.environment(REGISTER_PORT=str(port)),
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    answered = wait_until(lambda: _status(port) == 200 or process.poll() is not None, 240, pause_s=0.2)
    assert answered, output.read_text()
    assert process.poll() is None, output.read_text()
    welcomed = wait_until(lambda: "codes hold" in output.read_text(), 90, pause_s=0.2)
    assert welcomed, output.read_text()
    assert "is written to" in output.read_text()  # where the portal's one-time codes go
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(120)


@pytest.mark.worker
def test_the_register_comes_up_heals_goes_down_and_comes_up_again(state: State):
    port = _free_port()
    with _running(state, port) as process:
        assert wait_until(lambda: _parts(state) == {"web", "worker", "purge", "beat"}, 60, pause_s=0.5)
        _kill_a_worker_and_see_it_come_back(state)
        second = state.run("-m", "embedded", "run", REGISTER_PORT=str(_free_port()))
        assert second.returncode == 1
        assert re.fullmatch(r"The register runs here already, .*\n", second.stderr)
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 0
    assert state.is_quiet(), state.processes()
    assert _status(port) == 0

    with _running(state, port) as process:
        state.kill_all()
        process.wait()
    with _running(state, port):
        assert _status(port, "/") == 200
    assert state.is_quiet()


def _parts(state: State) -> set[str]:
    marks = {"web": "gunicorn", "worker": "-Q default", "purge": "-Q purge", "beat": " beat "}
    return {name for name, mark in marks.items() if state.named(mark)}


def _kill_a_worker_and_see_it_come_back(state: State) -> None:
    killed = {process.pid for process in state.named("-Q default")}
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: bool({process.pid for process in state.named("-Q default")} - killed), 60, 0.2)


def test_a_taken_port_is_one_sentence(state: State):
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = state.run("-m", "embedded", "run", REGISTER_PORT=str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"Port {port} is taken by another program: stop it, or choose another with make run PORT={port + 1}.\n"
    )
    assert state.is_quiet()


@pytest.mark.parametrize("port", ["0", "eighty", "70000"])
def test_a_port_that_is_none_is_one_sentence(state: State, port: str):
    done = state.run("-m", "embedded", "run", REGISTER_PORT=port)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"{port} is no port" in done.stderr


def test_ctrl_c_while_setting_up_leaves_no_process(state: State):
    process = subprocess.Popen(
        [sys.executable, "-m", "embedded", "run", "--customers", "2000"],
        cwd=CHECKOUT,
        env=state.environment(REGISTER_PORT=str(_free_port())),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Migrations"):
            break
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
    assert state.is_quiet()


def _make(*arguments: str, cwd: Path = CHECKOUT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["make", "--no-print-directory", *arguments], cwd=cwd, capture_output=True, text=True)


def test_help_names_every_target():
    shown = _make("help").stdout
    for target in ("run", "test", "check", "bench", "setup", "clean", "help"):
        assert f"make {target} " in shown


def test_a_target_that_does_not_exist_is_one_sentence():
    done = _make("rnu")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "There is no target 'rnu': make help lists them."


def test_an_old_python_is_one_sentence(tmp_path: Path):
    shutil.copy(CHECKOUT / "Makefile", tmp_path)
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = _make("setup", f"PYTHON={old}", cwd=tmp_path)
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("Python 3.11 or newer is needed")
