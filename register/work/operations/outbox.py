"""The outbox: an effect outside the database happens after its row was committed, once or again until it did."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from register.work.handlers import outbox_handler
from register.work.models import OutboxMessage

_FIRST_PAUSE_S = 30
_LONGEST_PAUSE_S = 6 * 3600


def post(*, kind: str, payload: Mapping[str, Any], at: datetime.datetime) -> OutboxMessage:
    """Write down an effect that is due when this transaction commits; `payload` names rows and files by key."""
    return OutboxMessage.objects.create(kind=kind, payload=dict(payload), made_at=at, next_try_at=at)


def deliver_due(*, at: datetime.datetime, most: int = 500) -> tuple[int, int]:
    """Carry out due effects, each in a transaction of its own; give how many were done and how many failed.

    A handler must bear being called twice: a crash after the effect and before the commit repeats it.
    """
    done = failed = 0
    for _number in range(most):
        outcome = _deliver_one(at)
        if outcome is None:
            break
        done, failed = done + outcome, failed + (not outcome)
    return done, failed


def _deliver_one(at: datetime.datetime) -> bool | None:
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(sent_at__isnull=True, next_try_at__lte=at)
            .order_by("next_try_at", "id")
            .first()
        )
        if message is None:
            return None
        message.attempt_count += 1
        try:
            with transaction.atomic():
                outbox_handler(message.kind)(message.payload, at)
        except Exception as error:
            pause_s = min(_FIRST_PAUSE_S * 2**message.attempt_count, _LONGEST_PAUSE_S)
            message.next_try_at = at + datetime.timedelta(seconds=pause_s)
            message.error = type(error).__name__
            message.save(update_fields=["attempt_count", "next_try_at", "error"])
            return False
        message.sent_at = at
        message.error = ""
        message.save(update_fields=["attempt_count", "sent_at", "error"])
        return True
