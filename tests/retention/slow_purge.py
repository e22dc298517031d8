"""A purge of one row a chunk that takes its time: what the tests kill in the middle."""

import sys
import time

import django

django.setup()

from django.utils import timezone  # noqa: E402

from register.access.scope import Actor  # noqa: E402
from retention.models import RetentionRun  # noqa: E402
from retention.operations import Pace, purge  # noqa: E402


def slowly(_run: RetentionRun) -> bool:
    """Go on after a while."""
    time.sleep(0.05)
    return True


run = purge(
    actor=Actor.service("slow purge"), clock=timezone.now, pace=Pace(keys=1, day_rows=1, fixed=True), progress=slowly
)
sys.exit(0 if run.state == RetentionRun.State.DONE else 1)
