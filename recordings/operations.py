"""Writes of recordings: each listening is recorded with its reason before a second of it is heard (clause P5)."""

import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from recordings.models import Listening, Recording
from register.access.refusing import Refusal, operation
from register.access.scope import Actor
from register.audit.saving import save_changes


class UnableToListen(Refusal):
    """A recording may not be listened to."""


@operation(UnableToListen)
def listen(*, recording_id: UUID, reason: str, listened_by: str, actor: Actor, at: datetime.datetime) -> Listening:
    """Record that somebody listens to a recording and why, and return the entry (clause P5).

    The page that plays it also writes the read log. Raises: UnableToListen.
    """
    if reason not in Listening.Reason.values:
        raise UnableToListen(_("Choose the reason for listening."), field="reason")
    if not Recording.objects.filter(pk=recording_id).exists():
        raise UnableToListen(_("There is no such recording any more."))
    return Listening.objects.create(recording_id=recording_id, reason=reason, listened_at=at, listened_by=listened_by)


class UnableToChangeRecording(Refusal):
    """A recording cannot be changed."""


@operation(UnableToChangeRecording)
def change_recording(
    *, recording_id: UUID, kind: str, customer_id: UUID | None, actor: Actor, at: datetime.datetime
) -> Recording:
    """Correct the kind of a recorded call or whom it is with, and return it; the call's day never changes.

    Raises: UnableToChangeRecording.
    """
    row = Recording.objects.select_for_update().filter(pk=recording_id).first()
    if row is None:
        raise UnableToChangeRecording(_("There is no such recording any more."))
    if kind not in Recording.Kind.values:
        raise UnableToChangeRecording(_("There is no such kind of call."), field="kind")
    if customer_id is not None and not Customer.objects.filter(pk=customer_id).exists():
        raise UnableToChangeRecording(_("There is no such customer."), field="customer")
    save_changes(row, {"kind": kind, "customer_id": customer_id})
    return row
