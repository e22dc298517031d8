"""A member of staff at work: the scope of both controllers, and a moment."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from register.access.scope import Actor, Scope
from register.audit.acting import acting

ASTA = Actor.staff("0193a000-0000-7000-8000-000000000001")
NOON = datetime.datetime(2026, 11, 24, 10, 0, tzinfo=datetime.UTC)


@pytest.fixture
def at_work(db: Any) -> Iterator[None]:
    """Within the scope of an agent of both controllers."""
    with acting(actor=ASTA, scope=Scope.staff(controllers=(1, 2))):
        yield
