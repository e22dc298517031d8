"""The access scope: who acts, for which controllers and customers, as PostgreSQL sees it.

Dangerous if wrong: the row-level policies read nothing but these settings. They are set only here,
always local to the transaction (a setting that outlives it would leak to the next request).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from django.db import connection


class ActorKind(StrEnum):
    """What kind of actor does something: a member of staff, a customer or a named service."""

    STAFF = "staff"
    CUSTOMER = "customer"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, named by kind and id so that logs need no foreign key."""

    kind: ActorKind
    id: str

    @classmethod
    def service(cls, name: str) -> Self:
        """Name a service (a job, a command) as the actor."""
        return cls(ActorKind.SERVICE, name)

    @classmethod
    def staff(cls, account_id: object) -> Self:
        """Name a member of staff by the account's key."""
        return cls(ActorKind.STAFF, str(account_id))

    @classmethod
    def customer(cls, person_id: object) -> Self:
        """Name whoever signed in to the portal, by the key of the customer or representative."""
        return cls(ActorKind.CUSTOMER, str(person_id))


class ScopeKind(StrEnum):
    """Which of the three policies of a table lets rows through."""

    STAFF = "staff"
    PORTAL = "portal"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be reached: the controllers of a member of staff, the customers of a portal user, or a named job.

    `is_identified` is whether the portal user proved who they are; a one-time code by e-mail does not.
    """

    kind: ScopeKind
    controllers: tuple[int, ...] = ()
    persons: bool = False
    customers: tuple[UUID, ...] = ()
    is_identified: bool = False
    job: str = ""

    @classmethod
    def staff(cls, *, controllers: tuple[int, ...], persons: bool = True) -> Self:
        """Scope of staff: rows of these controllers, and persons' data where the role allows it."""
        return cls(ScopeKind.STAFF, controllers=tuple(sorted(controllers)), persons=persons)

    @classmethod
    def portal(cls, *, customers: tuple[UUID, ...], is_identified: bool = True) -> Self:
        """Scope of a portal user: the rows of these customers, consumption by their contracts' days.

        Without identification only the tables whose access says `by_code` give rows.
        """
        return cls(ScopeKind.PORTAL, customers=customers, is_identified=is_identified)

    @classmethod
    def service(cls, job: str) -> Self:
        """Scope of a named job: all rows; what it does is logged under its name."""
        return cls(ScopeKind.SERVICE, job=job)


class OutsideTransactionError(RuntimeError):
    """A scope was entered outside a transaction, where a local setting would not hold."""


_current: ContextVar[Scope | None] = ContextVar("register_scope", default=None)
_actor: ContextVar[Actor | None] = ContextVar("register_actor", default=None)


def current_scope() -> Scope | None:
    """Give the scope that is open, or None."""
    return _current.get()


def current_actor() -> Actor | None:
    """Give the actor for whom the scope was opened, or None."""
    return _actor.get()


@contextmanager
def entered(scope: Scope, actor: Actor) -> Iterator[None]:
    """Hold `scope` within the open transaction and restore the former one when it closes well.

    After an exception the rollback (to the savepoint or of all) restores the settings.
    Raises: OutsideTransactionError where no transaction is open.
    """
    if not connection.in_atomic_block:
        raise OutsideTransactionError("enter a scope inside a transaction")
    former_scope, former_actor = _current.get(), _actor.get()
    token, actor_token = _current.set(scope), _actor.set(actor)
    try:
        _apply(scope, actor)
        yield
        if not connection.needs_rollback:
            _apply(former_scope, former_actor)
    finally:
        _current.reset(token)
        _actor.reset(actor_token)


def _apply(scope: Scope | None, actor: Actor | None) -> None:
    settings = {
        "register.kind": scope.kind if scope else "",
        "register.controllers": "{" + ",".join(map(str, scope.controllers)) + "}" if scope else "",
        "register.persons": "on" if scope and scope.persons else "",
        "register.customers": "{" + ",".join(map(str, scope.customers)) + "}" if scope else "",
        "register.identified": "on" if scope and scope.is_identified else "",
        "register.actor": f"{actor.kind}:{actor.id}" if actor else "",
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(key, value, true) FROM json_each_text(%s::json)", [json.dumps(settings)])
