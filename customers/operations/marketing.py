"""Permissions and prohibitions of marketing, which take effect at once, and the direct-marketing register.

Dangerous if loosened: a prohibition must outlive imports and the deletion of the customer, so each
also stands as a keyed digest of the address (clause G3).
"""

import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, MarketingPermission, Prospect, Suppression
from customers.models.marketing import Channel
from register.access.refusing import Refusal, operation
from register.access.scope import Actor
from register.audit.saving import save_changes
from register.crypto.sealing import suppression_value

from .cleaning import cleaned, with_postal_code

Ground, Purpose = MarketingPermission.Ground, MarketingPermission.Purpose


class UnableToSetPermission(Refusal):
    """A permission or prohibition cannot be set."""


@operation(UnableToSetPermission)
def set_marketing_permission(
    *,
    customer_id: UUID,
    channel: str,
    purpose: str,
    is_allowed: bool,
    told_by: str,
    actor: Actor,
    at: datetime.datetime,
    ground: str = Ground.CUSTOMER,
) -> MarketingPermission:
    """Set what is allowed for one purpose on one channel from this moment, and return the row in force.

    The former row is ended and stays as history; the same word again changes nothing. A prohibition
    of advertising or selling is also kept as a digest of the address, and withdrawn with a permission.
    Source: clause G3. Raises: UnableToSetPermission.
    """
    if channel not in Channel.values or purpose not in Purpose.values or ground not in Ground.values:
        raise UnableToSetPermission(_("There is no such channel, purpose or ground."))
    customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
    if customer is None:
        raise UnableToSetPermission(_("There is no such customer."))
    row = _set(customer, channel, purpose, is_allowed, told_by, at, ground)
    _suppress(customer, channel, at)
    return row


@operation(UnableToSetPermission)
def prohibit_all_marketing(
    *, customer_id: UUID, told_by: str, actor: Actor, at: datetime.datetime
) -> list[MarketingPermission]:
    """Prohibit every purpose on every channel from this moment, and return the rows in force (clause G3).

    Raises: UnableToSetPermission.
    """
    customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
    if customer is None:
        raise UnableToSetPermission(_("There is no such customer."))
    rows = [
        _set(customer, channel, purpose, False, told_by, at, Ground.CUSTOMER)
        for channel in Channel.values
        for purpose in Purpose.values
    ]
    for channel in Channel.values:
        _suppress(customer, channel, at)
    return rows


class ProspectValues(TypedDict, total=False):
    """The columns of a prospect that people fill in."""

    name: str
    birth_year: int | None
    phone: str
    email: str
    street_address: str
    postal_code: str
    post_office: str
    interest: str


class UnableToSaveProspect(Refusal):
    """A prospect cannot be registered or changed."""


@operation(UnableToSaveProspect)
def register_prospect(
    *, processed_on: datetime.date, actor: Actor, at: datetime.datetime, **values: Unpack[ProspectValues]
) -> Prospect:
    """Take somebody who is not a customer into the direct-marketing register and return them (clause T2).

    Refused where the phone number, mail or postal address has objected. Raises: UnableToSaveProspect.
    """
    row = Prospect(processed_on=processed_on)
    save_changes(row, _prospect_values(values, row))
    return row


@operation(UnableToSaveProspect)
def change_prospect(
    *, prospect_id: UUID, actor: Actor, at: datetime.datetime, **values: Unpack[ProspectValues]
) -> Prospect:
    """Correct a prospect and return it; the day of collection stays, so that its year is not renewed.

    Raises: UnableToSaveProspect.
    """
    row = Prospect.objects.select_for_update().filter(pk=prospect_id).first()
    if row is None:
        raise UnableToSaveProspect(_("There is no such prospect."))
    save_changes(row, _prospect_values(values, row))
    return row


def has_objected(channel: str, address: str) -> bool:
    """Tell whether an address stands among the objections of its channel."""
    digest = suppression_digest(channel, address)
    return Suppression.objects.filter(channel=channel, digest=digest, withdrawn_on__isnull=True).exists()


def suppression_digest(channel: str, address: str) -> bytes:
    """Return the keyed digest under which an objection to one channel is kept."""
    return suppression_value("customers_suppression.digest", f"{channel}:{' '.join(address.casefold().split())}")


def _prospect_values(values: Any, row: Prospect) -> dict[str, Any]:
    result = cleaned(values, UnableToSaveProspect)
    if not result.get("name", row.name):
        raise UnableToSaveProspect(_("A prospect needs a name."), field="name")
    if result.get("postal_code", row.postal_code) != row.postal_code:
        result = with_postal_code(result, "FI", UnableToSaveProspect)
    for channel, name in ((Channel.PHONE, "phone"), (Channel.SMS, "phone"), (Channel.EMAIL, "email")):
        address = result.get(name)
        if address and has_objected(channel, address):
            raise UnableToSaveProspect(_("This address has objected to marketing: it cannot be taken in."), field=name)
    return result


def _set(
    customer: Customer, channel: str, purpose: str, is_allowed: bool, told_by: str, at: datetime.datetime, ground: str
) -> MarketingPermission:
    in_force = MarketingPermission.objects.select_for_update().filter(
        customer=customer, channel=channel, purpose=purpose, ground=ground, ended_at__isnull=True
    )
    former = in_force.first()
    if former is not None and former.is_allowed == is_allowed:
        return former
    if former is not None:
        save_changes(former, {"ended_at": max(at, former.given_at)})
    return MarketingPermission.objects.create(
        customer=customer,
        channel=channel,
        purpose=purpose,
        is_allowed=is_allowed,
        ground=ground,
        told_by=told_by,
        given_at=at,
    )


def _suppress(customer: Customer, channel: str, at: datetime.datetime) -> None:
    """Keep the objection of a channel in step: it stands while any selling on it is prohibited."""
    address = _address_of(customer, channel)
    if not address:
        return
    is_prohibited = MarketingPermission.objects.filter(
        customer=customer,
        channel=channel,
        purpose__in=[Purpose.ADVERTISING, Purpose.DISTANCE_SELLING],
        is_allowed=False,
        ended_at__isnull=True,
    ).exists()
    day = localdate(at)
    standing = Suppression.objects.filter(
        channel=channel, digest=suppression_digest(channel, address), withdrawn_on__isnull=True
    ).first()
    if is_prohibited and standing is None:
        Suppression.objects.create(channel=channel, digest=suppression_digest(channel, address), objected_on=day)
    elif standing is not None and not is_prohibited:
        save_changes(standing, {"withdrawn_on": max(day, standing.objected_on)})


def _address_of(customer: Customer, channel: str) -> str:
    if channel == Channel.EMAIL:
        return customer.email
    if channel == Channel.POST:
        parts = (customer.name, customer.street_address, customer.postal_code)
        return " ".join(parts) if customer.street_address else ""
    return customer.phone
