"""What every operation on a request shares: its step on the timeline, and the freeze that lasts while it is open."""

import datetime

from dsar.models import Request, RequestEvent
from register.access.scope import Actor, Scope
from register.audit.acting import acting
from retention.models import Hold
from retention.operations import place_hold, release_hold

_FREEZE = "freeze-for-request"


def name_of(actor: Actor) -> str:
    """Give how a column names an actor."""
    return f"{actor.kind}:{actor.id}"


def may_check_by(method: str, actor: Actor) -> bool:
    """Tell whether an actor can have checked an identity so: staff never by strong identification."""
    return method in (Request.METHODS_OF_STAFF if actor.kind == "staff" else Request.IdentityMethod.values)


def is_checker(request: Request, actor: Actor) -> bool:
    """Tell whether it was this member of staff who recorded the identity check; another hands over (four eyes)."""
    return actor.kind == "staff" and request.identity_checked_by == name_of(actor)


def add_step(request: Request, kind: str, *, actor: Actor, at: datetime.datetime, note: str = "") -> RequestEvent:
    """Add a step to the timeline of a request."""
    return RequestEvent.objects.create(request=request, kind=kind, at=at, actor=name_of(actor), note=note[:500])


def freeze(request: Request, *, actor: Actor, at: datetime.datetime) -> None:
    """Hold all that the register has of the person until the request is answered.

    What is asked for may not go on its day before it was given (privacy.md, decision 8422/161/21).
    """
    # The log of a hold names no person, so no customer may write it: it is done in the scope of a service.
    with acting(actor=actor, scope=Scope.service("freeze-for-request")):
        place_hold(
            kind=Hold.Kind.PERSON,
            target=request.customer_id,
            reason=Hold.Reason.REQUEST,
            case_number=request.number,
            actor=actor,
            at=at,
        )
    add_step(request, RequestEvent.Kind.FROZEN, actor=actor, at=at)


def thaw(request: Request, *, actor: Actor, at: datetime.datetime) -> None:
    """End the freeze of a request; what became due meanwhile goes with the next purge."""
    holds = Hold.objects.select_for_update().filter(
        kind=Hold.Kind.PERSON,
        target=request.customer_id,
        reason=Hold.Reason.REQUEST,
        case_number=request.number,
        released_at__isnull=True,
    )
    for hold in holds:
        with acting(actor=actor, scope=Scope.service(_FREEZE)):
            release_hold(hold=hold, actor=actor, at=at)
        add_step(request, RequestEvent.Kind.RELEASED, actor=actor, at=at)
