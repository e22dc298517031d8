"""An undo that deletes one row a chunk and is slow to commit: two of them write the ledger at one time."""

import sys
import time
from typing import Any

import django

django.setup()

from django.utils import timezone  # noqa: E402

from register.access.scope import Actor  # noqa: E402
from retention.operations import chunks, erase_rows, erasing  # noqa: E402

count_of_run = chunks._count


def count_slowly(*arguments: Any) -> None:
    """Count in the run as usual, then wait a little before the commit."""
    count_of_run(*arguments)
    time.sleep(0.03)


chunks._count = count_slowly  # type: ignore[assignment]
erasing.CHUNK_ROWS = 1
actor = Actor.service(f"erasure {sys.argv[1]}")
erasure = erase_rows(wanted={"customers.Prospect": sys.argv[2:]}, actor=actor, clock=timezone.now)
sys.exit(0 if erasure.gone_count == len(sys.argv[2:]) else 1)
