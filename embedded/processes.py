"""Child processes that do not outlive their parent, and strays of an earlier run."""

import ctypes
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from embedded.trouble import Trouble

_SET_PARENT_DEATH_SIGNAL = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(signal_number: int) -> Callable[[], None]:
    """Return what a child runs before its program, so that its parent's death stops it too.

    Linux only; elsewhere the next start finds and stops the strays.
    """

    def ask_the_kernel() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, signal_number)

    return ask_the_kernel


def pid_in(file: Path) -> int | None:
    """Return the number on the first line of a pid file, or None."""
    try:
        return int(file.read_text(encoding="utf-8").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def is_running(pid: int, program: str) -> bool:
    """Return whether the process lives and is that program, not another with a reused number."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and program in process.name()
    except psutil.Error:
        return False


def stop_stray(pid_file: Path, program: str, stop_signal: signal.Signals, timeout_s: float = 30) -> None:
    """Stop what an earlier run left behind and remove its pid file.

    Raises: Trouble where it does not stop.
    """
    pid = pid_in(pid_file)
    if pid is not None and is_running(pid, program):
        os.kill(pid, stop_signal)
        if not wait_until(lambda: not is_running(pid, program), timeout_s):
            raise Trouble(f"A {program} of an earlier run (process {pid}) does not stop: end it with kill -9 {pid}.")
    pid_file.unlink(missing_ok=True)


def wait_until(is_done: Callable[[], bool], timeout_s: float, pause_s: float = 0.05) -> bool:
    """Return whether `is_done` became true within the time."""
    deadline = time.monotonic() + timeout_s
    while not is_done():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause_s)
    return True


def package_folder(name: str) -> Path:
    """Return the folder of an installed package without running its code.

    Raises: Trouble where it is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise Trouble(f"The package {name} is missing: run make setup.")
    return Path(spec.origin).parent
