"""The four processes of the register and how each is started, stopped and started again."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from embedded.places import CHECKOUT, Places
from embedded.processes import die_with_parent
from embedded.trouble import Trouble

HOST = "127.0.0.1"
# Starts alone, so that the first page does not wait for the others.
FIRST = "web"
_CELERY = ["celery", "-A", "register.celery"]
_WORKER = [*_CELERY, "worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]


@dataclass(frozen=True)
class Program:
    """One process: its command, its database role, and the seconds it may take to end its work."""

    name: str
    arguments: list[str]
    role: str = "app"
    stop_wait_s: int = 10
    environment: Mapping[str, str] = field(default_factory=dict)


def programs() -> list[Program]:
    """Return the processes, the first first; they stop in the opposite order."""
    port = os.environ.get("REGISTER_PORT", "8000")
    web = ["gunicorn", "register.wsgi", "--bind", f"{HOST}:{port}", "--worker-class", "gthread"]
    web += ["--workers", "2", "--threads", "4", "--preload", "--no-control-socket", "--graceful-timeout", "8"]
    return [
        Program("web", web),
        Program("worker", [*_WORKER, "-Q", "default", "-n", "worker@register", "--concurrency", "2"], stop_wait_s=60),
        Program(
            "purge",
            [*_WORKER, "-Q", "purge", "-n", "purge@register", "--concurrency", "1"],
            role="purge",
            stop_wait_s=60,
        ),
        Program("beat", [*_CELERY, "beat", "--loglevel", "INFO", "--pidfile", ""]),
    ]


def launch(name: str) -> int:
    """Become the named process; if the supervisor is killed, the kernel stops it.

    Raises: Trouble for an unknown name.
    """
    program = next((program for program in programs() if program.name == name), None)
    if program is None:
        raise Trouble(f"There is no process {name}; there are: {', '.join(known.name for known in programs())}.")
    die_with_parent(signal.SIGTERM)()
    os.chdir(CHECKOUT)
    os.environ.update({"DJANGO_SETTINGS_MODULE": "register.settings", "REGISTER_ROLE": program.role})
    os.execv(sys.executable, [sys.executable, "-m", *program.arguments])


def supervisor_settings(places: Places) -> str:
    """Return the supervisor's configuration file."""
    parts = [
        _section(
            "supervisord",
            nodaemon="true",
            logfile=str(places.logs / "supervisor.log"),
            pidfile=str(places.locks / "supervisor.pid"),
            childlogdir=str(places.logs),
            **({"user": "root"} if os.geteuid() == 0 else {}),
        ),
        _section("unix_http_server", file=str(control_socket(places)), chmod="0700"),
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n",
    ]
    for priority, program in enumerate(programs(), start=1):
        parts.append(_program_section(places, program, priority))
    return "\n".join(parts)


def control_socket(places: Places) -> Path:
    """Return the socket over which the supervisor is asked."""
    return places.sockets / "supervisor.sock"


def _program_section(places: Places, program: Program, priority: int) -> str:
    return _section(
        f"program:{program.name}",
        command=f"{_quoted(sys.executable)} -m embedded launch {program.name}",
        directory=str(CHECKOUT),
        priority=str(priority),
        autostart="true" if program.name == FIRST else "false",
        autorestart="true",
        startsecs="3",
        startretries="10",
        stopsignal="TERM",
        stopwaitsecs=str(program.stop_wait_s),
        killasgroup="true",
        redirect_stderr="true",
        stdout_logfile=str(places.logs / f"{program.name}.log"),
        stdout_logfile_maxbytes="10MB",
        stdout_logfile_backups="1",
    )


def _section(name: str, **settings: str) -> str:
    lines = [f"{key} = {value.replace('%', '%%')}" for key, value in settings.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path
