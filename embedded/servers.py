"""Using the embedded servers: they run from the first user's coming to the last one's going."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass

from embedded.locks import FileLock, is_taken
from embedded.places import CHECKOUT, Places, places
from embedded.postgres import prepare_folders
from embedded.processes import pid_in, wait_until
from embedded.trouble import Trouble, check_disk

STATES = (".local", ".local/test")


@dataclass
class Use:
    """A share in the servers; it ends with `leave` or with this process."""

    places: Places
    _share: FileLock
    is_durable: bool

    def ensure(self) -> None:
        """Start the servers if they do not run.

        Raises: Trouble where they do not start.
        """
        with FileLock(self.places.locks / "starting") as starting:
            starting.take()
            if not is_taken(self.places.locks / "keeper"):
                _start_keeper(self.places, is_durable=self.is_durable)

    def leave(self) -> None:
        """End the use; where nobody else uses the servers, return when they have stopped."""
        is_last = self._share.try_to_take()
        if is_last:
            stop(self.places)
        self._share.close()


def use(*, is_durable: bool = True) -> Use:
    """Use the servers of this checkout from now on, starting them if they do not run.

    Raises: Trouble where they do not start.
    """
    here = places()
    check_disk(here.state)
    prepare_folders(here)
    share = FileLock(here.locks / "users").share()
    used = Use(here, share, is_durable)
    used.ensure()
    return used


def stop(here: Places) -> None:
    """Stop the servers, whoever uses them, and return when they have stopped.

    Raises: Trouble where they do not stop.
    """
    keeper = pid_in(here.locks / "keeper.pid")
    if keeper is not None and is_taken(here.locks / "keeper"):
        os.kill(keeper, signal.SIGTERM)
    if not wait_until(lambda: not is_taken(here.locks / "keeper"), timeout_s=60):
        raise Trouble(f"The embedded servers do not stop: end process {keeper} with kill -9 {keeper}.")


def stop_all() -> None:
    """Stop the servers of this checkout, those of its tests too."""
    for state in STATES:
        here = places(state)
        if here.locks.exists():
            stop(here)


def clean() -> None:
    """Stop the servers and remove everything that they keep.

    Raises: Trouble where the register runs.
    """
    here = places()
    if (here.locks / "run").exists() and is_taken(here.locks / "run"):
        raise Trouble("The register runs: stop it with Ctrl-C before make clean.")
    stop_all()
    for state in reversed(STATES):
        here = places(state)
        for folder in (here.sockets, here.state):
            shutil.rmtree(folder, ignore_errors=True)


def _start_keeper(here: Places, *, is_durable: bool) -> None:
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "embedded", "keep", str(writing)]
    if not is_durable:
        command.append("--not-durable")
    with (here.logs / "keeper.log").open("ab") as log:
        # It leaves a child behind and returns: the keeper is nobody's child.
        subprocess.run(
            command,
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(writing,),
            start_new_session=True,
        )
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as answer:
        sentence = answer.readline().strip()
    if sentence != "ready":
        raise Trouble(sentence or f"The embedded servers did not start: {here.logs / 'keeper.log'} says why.")
