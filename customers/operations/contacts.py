"""What customers told: contacts, answers on satisfaction, and data given with consent."""

import datetime
from uuid import UUID

from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from customers.models import ConsentedDatum, Contact, Customer, SatisfactionResponse
from register.access.refusing import Refusal, operation
from register.access.scope import Actor
from register.audit.saving import save_changes

from .people import set_relationship
from .standing import keep_representatives


class UnableToRecordContact(Refusal):
    """A contact cannot be recorded."""


@operation(UnableToRecordContact)
def record_contact(
    *,
    customer_id: UUID,
    controller_id: int,
    kind: str,
    happened_at: datetime.datetime,
    actor: Actor,
    at: datetime.datetime,
    topic: str = "",
    text: str = "",
    handled_by: str = "",
) -> Contact:
    """Record a call, visit, message or note and return it (clause R2).

    A person who never had a contract is kept from their last contact on, so it moves their clock.
    Raises: UnableToRecordContact.
    """
    customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
    if customer is None:
        raise UnableToRecordContact(_("There is no such customer."), field="customer")
    if kind not in Contact.Kind.values:
        raise UnableToRecordContact(_("There is no such kind of contact."), field="kind")
    if happened_at > at + datetime.timedelta(minutes=5):
        raise UnableToRecordContact(_("A contact cannot lie in the future."), field="happened_at")
    contact = Contact.objects.create(
        customer=customer,
        controller_id=controller_id,
        kind=kind,
        topic=topic.strip(),
        text=text.strip(),
        happened_at=happened_at,
        handled_by=handled_by,
    )
    _move_clock(customer, localdate(happened_at))
    return contact


class UnableToRecordWord(Refusal):
    """An answer or a consent cannot be recorded."""


@operation(UnableToRecordWord)
def record_satisfaction(
    *,
    customer_id: UUID,
    asked_about: str,
    score: int,
    answered_on: datetime.date,
    actor: Actor,
    at: datetime.datetime,
    comment: str = "",
) -> SatisfactionResponse:
    """Record how satisfied a customer is, from 0 to 10, and return the answer. Raises: UnableToRecordWord."""
    return SatisfactionResponse.objects.create(
        customer_id=customer_id, asked_about=asked_about, score=score, comment=comment, answered_on=answered_on
    )


@operation(UnableToRecordWord)
def record_consented_datum(
    *,
    customer_id: UUID,
    service: str,
    name: str,
    value: str,
    consented_on: datetime.date,
    actor: Actor,
    at: datetime.datetime,
) -> ConsentedDatum:
    """Record a datum that a customer gave with consent for a service, and return it. Raises: UnableToRecordWord."""
    return ConsentedDatum.objects.create(
        customer_id=customer_id, service=service, name=name, value=value, consented_on=consented_on
    )


@operation(UnableToRecordWord)
def withdraw_consent(
    *, datum_id: int, withdrawn_on: datetime.date, actor: Actor, at: datetime.datetime
) -> ConsentedDatum:
    """Record that a consent was withdrawn, and return the datum. Raises: UnableToRecordWord."""
    row = ConsentedDatum.objects.select_for_update().filter(pk=datum_id).first()
    if row is None:
        raise UnableToRecordWord(_("There is no such consent."))
    save_changes(row, {"withdrawn_on": withdrawn_on})
    return row


def _move_clock(customer: Customer, day: datetime.date) -> None:
    if customer.relationship_started_on is not None or customer.relationship_ended_on is None:
        return
    after = day + datetime.timedelta(days=1)
    if after > customer.relationship_ended_on:
        set_relationship(customer_id=customer.pk, started_on=None, ended_on=after)
        keep_representatives(customer.mandates.values_list("representative", flat=True))
