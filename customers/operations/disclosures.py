"""Records each disclosure of a customer's data, and refuses one without a ground (clauses D1 to D5, X4)."""

import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from customers.models import Disclosure, Mandate, PowerOfAttorney, Recipient
from customers.search.folding import words
from register.access.refusing import Refusal, operation
from register.access.scope import Actor
from register.audit.saving import save_changes
from register.datamap.formats import is_in_eea

Ground = Disclosure.Ground


class UnableToDisclose(Refusal):
    """Data may not be disclosed."""


@operation(UnableToDisclose)
def record_disclosure(
    *,
    customer_id: UUID,
    controller_id: int,
    recipient_id: int,
    ground: str,
    what: str,
    actor: Actor,
    at: datetime.datetime,
    statute: str = "",
    representative_id: UUID | None = None,
    matter: str = "",
) -> Disclosure:
    """Record that data were disclosed: to whom, on what ground, what and when; return the entry.

    An authority needs its statute; a representative a power of attorney that is on file, in force and
    covers the `matter`; a service provider its contract and commitment; everybody a place within the EEA.
    Source: clauses D1 to D5, X4. Raises: UnableToDisclose.
    """
    recipient = Recipient.objects.filter(pk=recipient_id).first()
    if recipient is None or not is_in_eea(recipient.country):
        raise UnableToDisclose(_("The recipient is not within the European Economic Area."), field="recipient")
    if ground not in Ground.values:
        raise UnableToDisclose(_("A disclosure needs a ground."), field="ground")
    if not what.strip():
        raise UnableToDisclose(_("Say what was disclosed."), field="what")
    if ground in (Ground.AUTHORITY, Ground.ENERGY_MARKET) and not statute.strip():
        raise UnableToDisclose(_("Name the statute that gives the right or the duty."), field="statute")
    if ground == Ground.PROCESSOR and not (recipient.contract_reference and recipient.committed_on):
        raise UnableToDisclose(
            _("A service provider needs a contract and a commitment to confidentiality first."), field="recipient"
        )
    if ground == Ground.MANDATE:
        _check_power_of_attorney(customer_id, representative_id, matter or what, localdate(at))
    return Disclosure.objects.create(
        customer_id=customer_id,
        controller_id=controller_id,
        recipient=recipient,
        representative_id=representative_id,
        ground=ground,
        statute=statute.strip(),
        what=what.strip(),
        disclosed_at=at,
    )


class UnableToSaveRecipient(Refusal):
    """A recipient cannot be saved."""


@operation(UnableToSaveRecipient)
def save_recipient(*, actor: Actor, at: datetime.datetime, recipient_id: int | None = None, **values: Any) -> Recipient:
    """Enter or change a recipient in the register of those to whom data may go, and return it (D4, D5).

    Raises: UnableToSaveRecipient.
    """
    if not is_in_eea(values.get("country", "FI")):
        raise UnableToSaveRecipient(
            _("A recipient must be in a country of the European Economic Area."), field="country"
        )
    row = Recipient.objects.select_for_update().get(pk=recipient_id) if recipient_id else Recipient()
    save_changes(row, values)
    return row


def _check_power_of_attorney(
    customer_id: UUID, representative_id: UUID | None, matter: str, day: datetime.date
) -> None:
    """Refuse unless a document is on file, its mandate runs on that day, and it names the matter."""
    if representative_id is None:
        raise UnableToDisclose(_("Name the representative."), field="representative")
    running = Mandate.objects.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gt=day),
        customer=customer_id,
        representative=representative_id,
        started_on__lte=day,
    )
    documents = list(PowerOfAttorney.objects.filter(mandate__in=running, signed_on__lte=day))
    if not documents:
        raise UnableToDisclose(_("There is no power of attorney in force for this representative."))
    if not any(covers(document.scope, matter) for document in documents):
        raise UnableToDisclose(_("The power of attorney does not cover this matter."), field="what")


def covers(scope: str, matter: str) -> bool:
    """Tell whether the scope of a power of attorney names a matter: by one of its words, or as all matters."""
    named = set(words(scope))
    if named & {"all", "kaikki", "alla", "kaikissa"}:
        return True
    return any(len(word) > 3 and any(_alike(word, other) for other in named) for word in words(matter))


def _alike(one: str, other: str) -> bool:
    # Finnish inflects: laskut, laskuista and lasku are one matter.
    length = min(len(one), len(other), 6)
    return length > 3 and one[:length] == other[:length]
