"""Writes the read log: one event for a look, and a row for each person it showed."""

import datetime
from collections.abc import Iterable
from uuid import UUID

from register.access.scope import Actor

from .models import ReadEvent, ReadSubject


def record_look(
    *,
    actor: Actor,
    at: datetime.datetime,
    unit: str,
    reason: str,
    what: str,
    customers: Iterable[UUID],
) -> ReadEvent:
    """Record that `actor` looked at these persons' data.

    `unit` is the role or job that the person is told; `reason` comes from the context (call,
    request, work item); `what` names the page or report.
    Source: GDPR 15(1), CJEU C-579/21; privacy.md I19.
    """
    event = ReadEvent.objects.create(
        at=at, actor_kind=actor.kind, actor_id=actor.id, unit=unit, reason=reason, what=what
    )
    ReadSubject.objects.bulk_create(ReadSubject(event=event, customer_id=key) for key in dict.fromkeys(customers))
    return event
