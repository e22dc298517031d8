"""Places and releases legal holds, and stops and resumes all purging."""

import datetime
import zlib
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from register.access.scope import Actor
from retention.eligibility import HELSINKI, HOLDABLE
from retention.models import Hold, StopSwitch

_LOCK = zlib.crc32(b"retention.holds") & 0x7FFFFFFF


class UnableToPlaceHold(Exception):
    """What was to be held is not here (any more)."""


class UnableToStop(Exception):
    """Purging is stopped already, or was not stopped."""


def place_hold(
    *,
    kind: str,
    target: UUID,
    reason: str,
    actor: Actor,
    at: datetime.datetime,
    case_number: str = "",
    until_on: datetime.date | None = None,
) -> Hold:
    """Hold what is named, with all that it needs, until it is released or `until_on` has come.

    Waits for the chunk that is being deleted, so that nothing goes after the hold was placed.
    Raises: UnableToPlaceHold.
    """
    model = apps.get_model(HOLDABLE[Hold.Kind(kind)])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if not model._default_manager.filter(pk=target).exists():
            raise UnableToPlaceHold(_("It is not held in the register any more, or never was."))
        return Hold.objects.create(
            kind=kind,
            target=target,
            reason=reason,
            case_number=case_number,
            until_on=until_on,
            placed_by=f"{actor.kind}:{actor.id}",
            placed_at=at,
        )


def release_hold(*, hold: Hold, actor: Actor, at: datetime.datetime) -> Hold:
    """Release a hold; what became due meanwhile goes with the next run."""
    if hold.released_at is None:
        hold.released_at = at
        hold.released_by = f"{actor.kind}:{actor.id}"
        hold.save(update_fields=["released_at", "released_by"])
    return hold


def mark_ended_holds(*, actor: Actor, at: datetime.datetime) -> int:
    """Mark the holds whose last day is over as released, and return how many; run twice it changes nothing.

    They hold nothing since their last day; the mark starts the hold's own period.
    """
    today = at.astimezone(HELSINKI).date()
    with transaction.atomic():
        over = Hold.objects.select_for_update().filter(released_at__isnull=True, until_on__lte=today)
        return len([release_hold(hold=hold, actor=actor, at=at) for hold in over])


def share_holds(cursor: CursorWrapper) -> None:
    """Keep holds from being placed until this transaction ends; for the chunk, which reads them next."""
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])


def stop_purging(*, reason: str, actor: Actor, at: datetime.datetime) -> StopSwitch:
    """Stop all purging: the chunk that is being deleted is finished, the next is not begun.

    Raises: UnableToStop where it is stopped already.
    """
    try:
        with transaction.atomic():
            return StopSwitch.objects.create(reason=reason[:200], stopped_by=f"{actor.kind}:{actor.id}", stopped_at=at)
    except IntegrityError:
        raise UnableToStop(_("Purging is stopped already.")) from None


def resume_purging(*, actor: Actor, at: datetime.datetime) -> StopSwitch:
    """Let purging go on; the run that was stopped continues with the next purge.

    Raises: UnableToStop where it is not stopped.
    """
    switch = StopSwitch.objects.filter(released_at__isnull=True).first()
    if switch is None:
        raise UnableToStop(_("Purging is not stopped."))
    switch.released_at = at
    switch.released_by = f"{actor.kind}:{actor.id}"
    switch.save(update_fields=["released_at", "released_by"])
    return switch
