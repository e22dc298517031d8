"""Handles requests: identity, work, extension, answer, refusal. The database refuses a step left out."""

import datetime
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from customers.models import Disclosure
from customers.operations import change_customer
from dsar.deadline import extended_due_on
from dsar.models import Request, RequestEvent
from register.access.refusing import Refusal, operation
from register.access.scope import Actor
from register.audit.saving import save_changes

from .steps import add_step, is_checker, may_check_by, name_of, thaw

State, Step = Request.State, RequestEvent.Kind


class UnableToHandle(Refusal):
    """A request is not at the step that was wanted."""


@operation(UnableToHandle)
def record_identity(*, request_id: UUID, method: str, actor: Actor, at: datetime.datetime) -> Request:
    """Record how the identity of the person was checked, and by whom; from now on the answer may leave.

    No copy of a document is kept. Source: clause G4; GDPR 12(6). Raises: UnableToHandle.
    """
    row = _open(request_id)
    if row.is_identified:
        raise UnableToHandle(_("The identity is on record already."))
    if not may_check_by(method, actor):
        raise UnableToHandle(_("Choose how the identity was checked."), field="method")
    save_changes(
        row,
        {
            "state": State.IDENTIFIED,
            "identity_method": method,
            "identity_checked_at": at,
            "identity_checked_by": name_of(actor),
        },
    )
    add_step(row, Step.IDENTIFIED, actor=actor, at=at, note=str(row.get_identity_method_display()))
    return row


@operation(UnableToHandle)
def assign(*, request_id: UUID, actor: Actor, at: datetime.datetime) -> Request:
    """Take a request to work: it is assigned to the actor. Raises: UnableToHandle."""
    row = _open(request_id)
    if save_changes(row, {"assigned_to": name_of(actor)}):
        add_step(row, Step.ASSIGNED, actor=actor, at=at)
    return row


@operation(UnableToHandle)
def extend(*, request_id: UUID, reason: str, actor: Actor, at: datetime.datetime) -> Request:
    """Extend the time by two months, for a reason that the person is told within the first month.

    Source: GDPR 12(3); Regulation 1182/71. Raises: UnableToHandle.
    """
    row = _open(request_id)
    if row.extended_at is not None:
        raise UnableToHandle(_("The time was extended already: it is extended once."))
    if localdate(at) > row.first_due_on:
        raise UnableToHandle(_("The first month is over: the time cannot be extended any more."))
    if not reason.strip():
        raise UnableToHandle(_("Say why the request needs more time."), field="reason")
    until = extended_due_on(row.received_on)
    save_changes(row, {"due_on": until, "extended_at": at, "extension_reason": reason.strip()[:300]})
    add_step(row, Step.EXTENDED, actor=actor, at=at, note=reason.strip())
    return row


@operation(UnableToHandle)
def accept_rectification(
    *, request_id: UUID, answer: str = "", fields: Iterable[str] | None = None, actor: Actor, at: datetime.datetime
) -> Request:
    """Carry out the corrections through the operation of the app that owns the data, and answer.

    `fields` limits it to some of them; what is left out needs its reason in `answer`. Those who got the
    wrong datum are noted, to be told (GDPR 19). Source: clause G2. Raises: UnableToHandle.
    """
    row = _identified(request_id, Request.Kind.RECTIFICATION)
    asked = {one.field: one.new_value for one in row.corrections.all()}
    wanted: dict[str, Any] = {name: asked[name] for name in asked if fields is None or name in set(fields)}
    if len(wanted) < len(asked) and not answer.strip():
        raise UnableToHandle(_("Say why the rest is not corrected."), field="answer")
    if not wanted and not answer.strip():
        raise UnableToHandle(_("Say what was corrected."), field="answer")
    if wanted:
        try:
            change_customer(customer_id=row.customer_id, actor=actor, at=at, **wanted)
        except Refusal as refusal:
            raise UnableToHandle(refusal.sentence, field=refusal.field) from None
        add_step(row, Step.APPLIED, actor=actor, at=at, note=", ".join(wanted))
        told = recipients_to_tell(row.customer_id)
        if told:
            add_step(row, Step.RECIPIENTS, actor=actor, at=at, note=", ".join(told))
    return _close(row, State.ANSWERED, answer, actor, at)


@operation(UnableToHandle)
def answer_access(*, request_id: UUID, answer: str = "", actor: Actor, at: datetime.datetime) -> Request:
    """Write down that the person has been given the data, and return the request.

    The package is in the online service from now on, so whoever checked the identity does not do it.
    Raises: UnableToHandle.
    """
    row = _identified(request_id, Request.Kind.ACCESS)
    if is_checker(row, actor):
        raise UnableToHandle(_("You recorded the identity check: another person hands the data over."))
    return _close(row, State.ANSWERED, answer, actor, at)


@operation(UnableToHandle)
def refuse(*, request_id: UUID, reason: str, actor: Actor, at: datetime.datetime) -> Request:
    """Refuse a request with the reason that the person is told, with the way to complain.

    Source: GDPR 12(4). Raises: UnableToHandle.
    """
    row = _open(request_id)
    if not reason.strip():
        raise UnableToHandle(_("A refusal needs its reason."), field="reason")
    return _close(row, State.REFUSED, reason, actor, at)


@operation(UnableToHandle)
def withdraw(*, request_id: UUID, actor: Actor, at: datetime.datetime) -> Request:
    """Write down that the person took the request back. Raises: UnableToHandle."""
    return _close(_open(request_id), State.WITHDRAWN, "", actor, at)


@operation(UnableToHandle)
def note(*, request_id: UUID, text: str, actor: Actor, at: datetime.datetime) -> RequestEvent:
    """Add a note to the timeline; the person sees it with their data. Raises: UnableToHandle."""
    if not text.strip():
        raise UnableToHandle(_("Write the note."), field="text")
    return add_step(_open(request_id), Step.NOTE, actor=actor, at=at, note=text.strip())


def recipients_to_tell(customer_id: UUID) -> list[str]:
    """Give the names of those to whom data of the person were disclosed, but for the person's own side."""
    own = (Disclosure.Ground.CUSTOMER, Disclosure.Ground.MANDATE)
    found = Disclosure.objects.filter(customer=customer_id).exclude(ground__in=own)
    return list(found.order_by("recipient__name").values_list("recipient__name", flat=True).distinct())


def _open(request_id: UUID) -> Request:
    row = Request.objects.select_for_update().filter(pk=request_id).first()
    if row is None:
        raise UnableToHandle(_("There is no such request."))
    if not row.is_open:
        raise UnableToHandle(_("The request is closed."))
    return row


def _identified(request_id: UUID, kind: str) -> Request:
    row = _open(request_id)
    if row.kind != kind:
        raise UnableToHandle(_("This is another kind of request."))
    if not row.is_identified:
        raise UnableToHandle(_("Record how the identity was checked first."))
    return row


def _close(row: Request, state: str, decision: str, actor: Actor, at: datetime.datetime) -> Request:
    values = {"state": state, "decision": decision.strip(), "closed_at": at, "closed_on": localdate(at)}
    save_changes(row, values)
    add_step(row, state, actor=actor, at=at, note=decision.strip())
    thaw(row, actor=actor, at=at)
    return row
