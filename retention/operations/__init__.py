"""All writes of retention: runs with their plans, approvals, holds, the stop switch."""

from .asking import ask_for_preview, ask_for_purge
from .erasing import Erasure, erase_imported_days, erase_rows
from .holds import (
    UnableToPlaceHold,
    UnableToStop,
    mark_ended_holds,
    place_hold,
    release_hold,
    resume_purging,
    stop_purging,
)
from .made import FOREIGN, rows_of_others
from .runs import Pace, UnableToApprove, UnableToPurge, approve_run, is_stopped, preview, purge

__all__ = [
    "FOREIGN",
    "Erasure",
    "Pace",
    "UnableToApprove",
    "UnableToPlaceHold",
    "UnableToPurge",
    "UnableToStop",
    "approve_run",
    "ask_for_preview",
    "ask_for_purge",
    "erase_imported_days",
    "erase_rows",
    "is_stopped",
    "mark_ended_holds",
    "place_hold",
    "preview",
    "purge",
    "release_hold",
    "resume_purging",
    "rows_of_others",
    "stop_purging",
]
