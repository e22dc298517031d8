"""A state folder of its own for tests that start, stop and kill servers."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from embedded.places import CHECKOUT, Places, places
from embedded.processes import wait_until


@dataclass
class State:
    """One set of embedded servers apart from those of the tests themselves."""

    folder: Path

    @property
    def places(self) -> Places:
        return places(self.folder)

    def environment(self, **changes: str) -> dict[str, str]:
        """Return the environment of a process on these servers, as a newcomer would have it."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("REGISTER_", "DJANGO_"))}
        return clean | {"REGISTER_STATE": str(self.folder)} | changes

    def python(self, code: str, **changes: str) -> "subprocess.Popen[str]":
        """Start Python code on these servers, with a pipe to and from it."""
        return subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=CHECKOUT,
            env=self.environment(**changes),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, timeout_s: float = 90, **changes: str) -> "subprocess.CompletedProcess[str]":
        """Run Python with these arguments to its end."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=CHECKOUT,
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )

    def processes(self) -> list[psutil.Process]:
        """Return all that lives on this state folder."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                is_ours = process.environ().get("REGISTER_STATE") == str(self.folder)
                is_server = any(str(self.places.state) in part for part in process.cmdline())
                is_alive = process.status() != psutil.STATUS_ZOMBIE
                if (is_ours or is_server) and is_alive and process.pid != os.getpid():
                    found.append(process)
        return found

    def named(self, part: str) -> list[psutil.Process]:
        """Return those whose command line holds the words."""
        found = []
        for process in self.processes():
            with suppress(psutil.Error):
                if part in " ".join(process.cmdline()):
                    found.append(process)
        return found

    def kill_all(self) -> None:
        """Kill -9 everything at once."""
        for process in self.processes():
            with suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)
        assert self.is_quiet()

    def is_quiet(self, timeout_s: float = 20) -> bool:
        """Return whether no process is left within the time."""
        return wait_until(lambda: not self.processes(), timeout_s, pause_s=0.3)


@pytest.fixture
def state() -> Iterator[State]:
    folder = Path(tempfile.mkdtemp(prefix="register-state-"))
    folder.chmod(0o755)
    made = State(folder)
    yield made
    made.kill_all()
    for rest in (made.places.sockets, made.places.state, folder):
        shutil.rmtree(rest, ignore_errors=True)
