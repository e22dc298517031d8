"""The process that owns the embedded servers for as long as anybody uses them.

Whoever uses them holds a share of one lock; the kernel drops it when that process ends,
even by kill -9. The keeper starts the servers, starts again what dies, and stops them
when nobody has held a share for a moment. If the keeper is killed, the kernel stops them.
"""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field

import psycopg

from embedded import postgres, valkey
from embedded.locks import FileLock
from embedded.places import Places, places
from embedded.trouble import Trouble, explain

_LINGER_S = 2.0
_TICK_S = 0.25
_RESTARTS = 5
_RESTARTS_WITHIN_S = 60.0


@dataclass
class Keeper:
    """The two servers and those who use them."""

    places: Places
    is_durable: bool = True
    _restarts: deque[float] = field(default_factory=deque)
    _is_told_to_stop: bool = False

    def run(self, ready: int) -> None:
        """Keep the servers until nobody uses them; write one line to `ready` when they answer."""
        signal.signal(signal.SIGTERM, self._stop_soon)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        users = FileLock(self.places.locks / "users")
        try:
            self._start()
            self._tell(ready, "ready")
            self._watch(users)
        except Exception as error:
            self._tell(ready, explain(error) or f"The embedded servers did not start: {error!r}")
            raise
        finally:
            self._stop()

    def _start(self) -> None:
        postgres.initialise(self.places)
        self._valkey = valkey.start(self.places)
        self._start_postgres()
        valkey.wait(self.places, self._valkey)
        postgres.prepare(self.places)

    def _start_postgres(self, attempts: int = 5) -> None:
        for attempt in range(1, attempts + 1):
            self._postgres = postgres.start(self.places, is_durable=self.is_durable)
            try:
                self._wait_for_postgres()
                return
            except Trouble:
                # Sessions of a killed server may hold its memory for a moment more.
                if attempt == attempts or not postgres.is_held_by_the_dead(self.places):
                    raise
                time.sleep(1)

    def _wait_for_postgres(self, timeout_s: float = 60) -> None:
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                psycopg.connect(postgres.address(self.places, "postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if self._postgres.poll() is not None or time.monotonic() > deadline:
                    raise Trouble(postgres.last_words(self.places)) from None
                time.sleep(0.03)

    def _watch(self, users: FileLock) -> None:
        unused_since: float | None = None
        while not self._is_told_to_stop:
            time.sleep(_TICK_S)
            self._start_again_what_died()
            if not users.try_to_take():
                unused_since = None
                continue
            now = time.monotonic()
            unused_since = unused_since or now
            if now - unused_since >= _LINGER_S:
                return  # the lock stays taken until this process ends: who comes now waits
            users.release()

    def _start_again_what_died(self) -> None:
        if self._postgres.poll() is not None:
            self._count_restart("PostgreSQL")
            self._postgres = postgres.start(self.places, is_durable=self.is_durable)
        if self._valkey.poll() is not None:
            self._count_restart("Valkey")
            self._valkey = valkey.start(self.places)

    def _count_restart(self, name: str) -> None:
        now = time.monotonic()
        self._restarts.append(now)
        while self._restarts[0] < now - _RESTARTS_WITHIN_S:
            self._restarts.popleft()
        print(f"{name} ended and is started again", flush=True)
        if len(self._restarts) > _RESTARTS:
            raise Trouble(f"{name} does not stay up: the logs in {self.places.logs} say why.")

    def _stop(self) -> None:
        for child, stop_signal in self._children():
            if child.poll() is None:
                child.send_signal(stop_signal)
        for child, _ in self._children():
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _children(self) -> list[tuple["subprocess.Popen[bytes]", signal.Signals]]:
        found = []
        if hasattr(self, "_valkey"):
            found.append((self._valkey, valkey.STOP_SIGNAL))
        if hasattr(self, "_postgres"):
            found.append((self._postgres, postgres.STOP_SIGNAL))
        return found

    def _stop_soon(self, *_: object) -> None:
        self._is_told_to_stop = True

    def _tell(self, ready: int, sentence: str) -> None:
        try:
            os.write(ready, sentence.encode() + b"\n")
            os.close(ready)
        except OSError:
            pass  # who waited is gone, or has been told


def main(ready: int, *, is_durable: bool) -> int:
    """Leave the keeper of this checkout behind as a process of its own, unless there is one."""
    if os.fork():
        os._exit(0)
    here = places()
    lock = FileLock(here.locks / "keeper")
    if not lock.try_to_take():
        return 0
    (here.locks / "keeper.pid").write_text(str(os.getpid()), encoding="utf-8")
    try:
        Keeper(here, is_durable=is_durable).run(ready)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    finally:
        (here.locks / "keeper.pid").unlink(missing_ok=True)
    return 0
