"""The acts of an agent's desk: a call begins and ends, a customer is pinned and let go."""

import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from customers.desk import CALL_LASTS, MOST_PINS, PIN_LASTS
from customers.models import Customer, Pin, RunningCall
from register.access.refusing import Refusal, operation
from register.access.scope import Actor


class UnableToSetDesk(Refusal):
    """A call cannot begin, or a customer cannot be pinned."""


@operation(UnableToSetDesk)
def start_call(*, customer_id: UUID, reason: str, actor: Actor, at: datetime.datetime) -> RunningCall:
    """Begin a call of the actor with a customer for a reason, and return it; the call before ends.

    Whoever's call was left running too long is taken away too. Raises: UnableToSetDesk.
    """
    customer = _customer(customer_id)
    RunningCall.objects.filter(started_at__lte=at - CALL_LASTS).delete()
    RunningCall.objects.filter(account_id=UUID(actor.id)).delete()
    return RunningCall.objects.create(account_id=UUID(actor.id), customer=customer, reason=reason, started_at=at)


@operation(UnableToSetDesk)
def end_call(*, actor: Actor, at: datetime.datetime) -> UUID | None:
    """End the call of the actor, and return the customer with whom it was, or None where none ran."""
    call = RunningCall.objects.filter(account_id=UUID(actor.id)).first()
    if call is None:
        return None
    call.delete()
    return call.customer_id


@operation(UnableToSetDesk)
def pin_customer(*, customer_id: UUID, actor: Actor, at: datetime.datetime) -> None:
    """Pin a customer for the actor; the oldest pins beyond the most fall off, and all that are past their time.

    Raises: UnableToSetDesk.
    """
    customer, account_id = _customer(customer_id), UUID(actor.id)
    Pin.objects.filter(pinned_at__lte=at - PIN_LASTS).delete()
    Pin.objects.filter(account_id=account_id, customer=customer).delete()
    kept = Pin.objects.filter(account_id=account_id).order_by("-pinned_at").values_list("pk", flat=True)
    Pin.objects.filter(account_id=account_id).exclude(pk__in=list(kept[: MOST_PINS - 1])).delete()
    Pin.objects.create(account_id=account_id, customer=customer, pinned_at=at)


@operation(UnableToSetDesk)
def unpin_customer(*, customer_id: UUID, actor: Actor, at: datetime.datetime) -> None:
    """Let a pinned customer of the actor go."""
    Pin.objects.filter(account_id=UUID(actor.id), customer=customer_id).delete()


def _customer(customer_id: UUID) -> Customer:
    customer = Customer.objects.filter(pk=customer_id).only("pk").first()
    if customer is None:
        raise UnableToSetDesk(_("There is no such customer."))
    return customer
