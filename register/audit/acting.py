"""The one way into a scope: transaction, access scope and audit actor are opened together.

Dangerous if passed by: without it protected tables give no rows, and a change has no actor.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from register.access.scope import Actor, Scope, entered


@contextmanager
def acting(*, actor: Actor, scope: Scope) -> Iterator[None]:
    """Hold a transaction in which `actor` acts within `scope`; nested, the former scope comes back."""
    with transaction.atomic(), entered(scope, actor):
        yield


@contextmanager
def acting_as_service(job: str) -> Iterator[None]:
    """Hold a transaction in which a named job acts on all rows, logged under its name."""
    with acting(actor=Actor.service(job), scope=Scope.service(job)):
        yield
