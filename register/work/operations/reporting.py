"""Tells how far a job is while its transaction is open: over a connection of its own, for others to see it at once."""

import datetime
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from django.db import connection

from register.work.models import Job

from .jobs import report_progress

EVERY_S = 1.0


class Reporter:
    """A context manager: `report(count)` writes the progress of a job at most once a second."""

    def __init__(self, job: Job, *, now: Callable[[], datetime.datetime]) -> None:
        self._job, self._now = job, now
        self._next_at = time.monotonic() + EVERY_S
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="progress")
        self._is_busy = threading.Event()

    def __enter__(self) -> "Reporter":
        return self

    def report(self, count: int) -> None:
        """Write down how far the job is, unless that was done a moment ago."""
        if time.monotonic() < self._next_at or self._is_busy.is_set():
            return
        self._next_at = time.monotonic() + EVERY_S
        self._is_busy.set()
        self._pool.submit(self._write, count)

    def _write(self, count: int) -> None:
        try:
            report_progress(job=self._job, progress_count=count, at=self._now())
        finally:
            self._is_busy.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.submit(connection.close)
        self._pool.shutdown()
