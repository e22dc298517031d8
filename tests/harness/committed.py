"""A database for tests that need real commits, other connections or other processes."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from embedded.places import CHECKOUT, places
from embedded.processes import wait_until


@dataclass
class CommittedDatabase:
    """A clone of the template under its own name, and the processes that a test starts on it."""

    name: str
    _processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def environment(self, role: str = "app") -> dict[str, str]:
        """Return the environment of a process of the register on this database."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "register.settings",
            "REGISTER_ROLE": role,
            "REGISTER_EMBEDDED_DATABASE": self.name,
        }

    def manage(self, *arguments: str, role: str = "app") -> "subprocess.CompletedProcess[str]":
        """Run a command of manage.py to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CHECKOUT,
            env=self.environment(role),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def start_worker(self, queue: str = "default", role: str = "app") -> "subprocess.Popen[bytes]":
        """Start a real Celery worker and return when it takes work; the fixture stops it."""
        log = places().logs / f"{self.name}-{queue}-{len(self._processes)}.log"
        command = [sys.executable, "-m", "celery", "-A", "register.celery", "worker", "--loglevel", "INFO"]
        command += ["-Q", queue, "-n", f"{self.name}-{queue}-{len(self._processes)}@tests"]
        command += ["--concurrency", "1", "--without-gossip", "--without-mingle"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=CHECKOUT, env=self.environment(role), stdout=output, stderr=subprocess.STDOUT
            )
        self._processes.append(process)
        if not wait_until(lambda: _is_ready(log) or process.poll() is not None, timeout_s=120):
            raise AssertionError(f"the worker is not ready:\n{log.read_text(encoding='utf-8')}")
        assert process.poll() is None, log.read_text(encoding="utf-8")
        return process

    def stop_processes(self) -> None:
        """Stop what was started, warmly if it will."""
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_ready(log: Path) -> bool:
    return "ready." in log.read_text(encoding="utf-8", errors="replace")
