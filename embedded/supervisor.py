"""The supervisor as a child of `make run`: started, watched, stopped."""

import http.client
import signal
import socket
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from embedded.places import CHECKOUT, Places
from embedded.processes import die_with_parent, stop_stray
from embedded.programs import control_socket, supervisor_settings

_LONGEST_STOP_S = 75


class Supervisor:
    """Keeps the processes of the register up, and says what happened to them."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._starts: dict[str, int] = {}

    def start(self) -> None:
        """Start the first process, after stopping those of a run that was killed."""
        stop_stray(self._places.locks / "supervisor.pid", "python", signal.SIGTERM, _LONGEST_STOP_S)
        control_socket(self._places).unlink(missing_ok=True)
        file = self._places.state / "supervisord.conf"
        file.write_text(supervisor_settings(self._places), encoding="utf-8")
        with (self._places.logs / "supervisor.out").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "-c", str(file)],
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def start_the_others(self) -> None:
        """Start what the first page need not wait for."""
        self._proxy().supervisor.startAllProcesses(False)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def events(self) -> Iterator[str]:
        """Yield a sentence for each process that died or gave up since the last call."""
        for state in self._states():
            name, started = state["name"], state["start"]
            if state["statename"] == "FATAL":
                yield f"{name} does not stay up: {self._places.logs / (name + '.log')} says why."
            elif self._starts.get(name, 0) not in (0, started):
                yield f"{name} ended and was started again."
            self._starts[name] = started

    def stop(self) -> None:
        """Let each process end its work, in the opposite order of their start."""
        if self.is_running:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_LONGEST_STOP_S * 2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _states(self) -> list[dict[str, Any]]:
        try:
            return self._proxy().supervisor.getAllProcessInfo()  # type: ignore[return-value]
        except (OSError, xmlrpc.client.Error, http.client.HTTPException):
            return []

    def _proxy(self) -> xmlrpc.client.ServerProxy:
        return xmlrpc.client.ServerProxy("http://localhost", transport=_SocketTransport(control_socket(self._places)))


class _SocketTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _SocketConnection(self._path)


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=5)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(5)
        self.sock.connect(str(self._path))
