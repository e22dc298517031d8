"""Takes in requests: entered by staff for any channel, or asked by the customer in the online service.

Each works in the scope that is open: of staff, or of the customer, who reaches own rows only. An objection
to direct marketing is carried out at once; access and rectification wait for the identity check.
"""

import datetime
from collections.abc import Mapping
from uuid import UUID

from django.db import connection
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.operations import prohibit_all_marketing
from dsar.deadline import due_on
from dsar.models import Correction, Request, RequestEvent
from dsar.rectifiable import rectifiable
from register.access.refusing import Refusal, operation
from register.access.scope import Actor, Scope
from register.audit.acting import acting

from .steps import add_step, freeze, may_check_by, name_of

_LONGEST_VALUE = 300


class UnableToAsk(Refusal):
    """A request cannot be taken in."""


@operation(UnableToAsk)
def ask_for_access(
    *,
    customer_id: UUID,
    actor: Actor,
    at: datetime.datetime,
    received_at: datetime.datetime | None = None,
    channel: str = Request.Channel.PORTAL,
    text: str = "",
    identified_by: str = "",
) -> Request:
    """Take in a request to see all that the register has of a person, and return it.

    Nothing of the person goes while it is open. `identified_by` names the check where it was made with
    the asking, as in the online service (strong). Source: clauses G1, G4; GDPR 12(3), 15.
    Raises: UnableToAsk.
    """
    _customer(customer_id)
    request = _received(
        customer_id, Request.Kind.ACCESS, actor, at, received_at=received_at, channel=channel, text=text
    )
    row = _made(request, actor, at, identified_by)
    freeze(row, actor=actor, at=at)
    return row


@operation(UnableToAsk)
def ask_for_rectification(
    *,
    customer_id: UUID,
    actor: Actor,
    at: datetime.datetime,
    corrections: Mapping[str, str],
    received_at: datetime.datetime | None = None,
    channel: str = Request.Channel.PORTAL,
    text: str = "",
    identified_by: str = "",
) -> Request:
    """Take in a request to correct data of a person, and return it.

    `corrections` gives the new value by the name of the datum (dsar.rectifiable); what is asked of
    other data stands in `text`. Source: clauses G2, G4; GDPR 16. Raises: UnableToAsk.
    """
    customer = _customer(customer_id)
    changes = _changes(customer, corrections)
    if not changes and not text.strip():
        raise UnableToAsk(_("Say which datum is wrong and what it should be."), field="text")
    request = _received(
        customer_id, Request.Kind.RECTIFICATION, actor, at, received_at=received_at, channel=channel, text=text
    )
    row = _made(request, actor, at, identified_by)
    for name, old, new in changes:
        Correction.objects.create(request=row, field=name, old_value=old, new_value=new)
    return row


@operation(UnableToAsk)
def object_to_marketing(
    *,
    customer_id: UUID,
    actor: Actor,
    at: datetime.datetime,
    received_at: datetime.datetime | None = None,
    channel: str = Request.Channel.PORTAL,
    text: str = "",
) -> Request:
    """Prohibit all marketing and research to a person on every channel and list at once; return the request.

    It is answered with its receipt, and outlives the deletion of the other data.
    Source: clause G3; GDPR 21(2), 21(3). Raises: UnableToAsk.
    """
    _customer(customer_id)
    # The list of objections is reached by no customer: the act itself is done in the scope of a service.
    with acting(actor=actor, scope=Scope.service("object-to-marketing")):
        prohibit_all_marketing(customer_id=customer_id, told_by=str(Request.Channel(channel).label), actor=actor, at=at)
    request = _received(
        customer_id, Request.Kind.OBJECTION, actor, at, received_at=received_at, channel=channel, text=text
    )
    request.state = Request.State.ANSWERED
    request.closed_at, request.closed_on = at, localdate(at)
    row = _made(request, actor, at, "")
    add_step(row, RequestEvent.Kind.APPLIED, actor=actor, at=at)
    add_step(row, RequestEvent.Kind.ANSWERED, actor=actor, at=at)
    return row


def _customer(customer_id: UUID) -> Customer:
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise UnableToAsk(_("There is no such customer."))
    return customer


def _received(
    customer_id: UUID,
    kind: str,
    actor: Actor,
    at: datetime.datetime,
    *,
    received_at: datetime.datetime | None,
    channel: str,
    text: str,
) -> Request:
    moment = received_at or at
    if moment > at:
        raise UnableToAsk(_("A request cannot have come in the future."), field="received_at")
    if channel not in Request.Channel.values:
        raise UnableToAsk(_("There is no such channel."), field="channel")
    day = localdate(moment)
    return Request(
        number=_next_number(day.year),
        customer_id=customer_id,
        kind=kind,
        channel=channel,
        text=text.strip(),
        received_at=moment,
        received_on=day,
        first_due_on=due_on(day),
        due_on=due_on(day),
        asked_by=name_of(actor),
    )


def _made(request: Request, actor: Actor, at: datetime.datetime, identified_by: str) -> Request:
    if identified_by and not may_check_by(identified_by, actor):
        raise UnableToAsk(_("There is no such way to check an identity."), field="identity_method")
    if identified_by:
        request.state = Request.State.IDENTIFIED
        request.identity_method = identified_by
        request.identity_checked_at, request.identity_checked_by = at, name_of(actor)
    request.save(force_insert=True)
    note = str(request.get_channel_display())
    add_step(request, RequestEvent.Kind.RECEIVED, actor=actor, at=request.received_at, note=note)
    if identified_by:
        method = str(request.get_identity_method_display())
        add_step(request, RequestEvent.Kind.IDENTIFIED, actor=actor, at=at, note=method)
    return request


def _changes(customer: Customer, corrections: Mapping[str, str]) -> list[tuple[str, str, str]]:
    known = {datum.name: datum.value for datum in rectifiable(customer)}
    changes = []
    for name, value in corrections.items():
        if name not in known:
            raise UnableToAsk(_("This datum cannot be corrected by a request."), field=name)
        new = value.strip()
        if len(new) > _LONGEST_VALUE:
            raise UnableToAsk(_("This value is too long."), field=name)
        if new != known[name]:
            changes.append((name, known[name], new))
    return changes


def _next_number(year: int) -> str:
    # A sequence, for the customer's scope does not see the numbers of others.
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('dsar_request_number_seq')")
        return f"{year}-{cursor.fetchone()[0]:05d}"
