"""What may go wrong on a newcomer's machine, each as one plain sentence that says what to do."""

import errno
import shutil
from pathlib import Path

LEAST_FREE_MB = 500


class Trouble(Exception):
    """Something that the person at the keyboard can mend; its text is the whole message."""


def check_disk(folder: Path) -> None:
    """Refuse to begin on a disk that the first start would fill.

    Raises: Trouble.
    """
    existing = next(step for step in (folder, *folder.parents) if step.exists())
    free = shutil.disk_usage(existing).free // 1_000_000
    if free < LEAST_FREE_MB:
        raise Trouble(
            f"The disk that holds {folder} is full: {free} MB are free and the register needs "
            f"{LEAST_FREE_MB} MB; free some space and run it again."
        )


def explain(error: Exception) -> str | None:
    """Return the sentence for an error that a newcomer may meet, or None for an unknown one."""
    if isinstance(error, Trouble):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return f"The package {error.name} is missing: run make setup."
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk is full ({error.filename or error}): free some space and run it again."
    if isinstance(error, PermissionError):
        return f"{error.filename} belongs to another user: run as that user, or run make clean as that user."
    return None
