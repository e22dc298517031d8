"""File locks that the kernel drops when their process ends, however it ends."""

import fcntl
import os
from pathlib import Path
from typing import Self


class FileLock:
    """A lock on a file, shared or exclusive; closing (or dying) lets go of it."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def share(self) -> Self:
        """Wait for a share of the lock."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return self

    def take(self) -> Self:
        """Wait for the whole lock."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        return self

    def try_to_take(self) -> bool:
        """Take the whole lock if nobody else has any of it; a share of our own becomes the whole."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let go of it and keep the file open."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_taken(file: Path) -> bool:
    """Return whether a living process holds the lock."""
    with FileLock(file) as lock:
        return not lock.try_to_take()
