"""Who stands for a customer: representatives, their mandates and the powers of attorney behind them."""

import datetime
from collections.abc import Iterable
from typing import NamedTuple, TypedDict, Unpack
from uuid import UUID

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import Max, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from customers.documents import fault_of_document
from customers.models import Mandate, PowerOfAttorney, Representative
from customers.search.tokens import rebuild_search_tokens
from register.access.refusing import Refusal, operation
from register.access.scope import Actor
from register.audit.saving import save_changes
from register.crypto.files import write_file_of
from register.identity.operations import end_portal_sessions_for

from .cleaning import cleaned


class Document(NamedTuple):
    """A file that somebody sent: its name and its content."""

    name: str
    content: bytes


class RepresentativeValues(TypedDict, total=False):
    """The columns of a representative that people fill in."""

    given_names: str
    family_name: str
    identity_code: str | None
    phone: str
    email: str


class UnableToSaveRepresentative(Refusal):
    """A representative cannot be registered or changed."""


@operation(UnableToSaveRepresentative)
def add_representative(
    *, actor: Actor, at: datetime.datetime, **values: Unpack[RepresentativeValues]
) -> Representative:
    """Register somebody who stands for customers, and return them; a mandate says for whom.

    Raises: UnableToSaveRepresentative.
    """
    prepared = cleaned(values, UnableToSaveRepresentative)
    if not prepared.get("family_name"):
        raise UnableToSaveRepresentative(_("A representative needs a family name."), field="family_name")
    row = Representative(relationship_ended_on=localdate(at) + datetime.timedelta(days=1))
    save_changes(row, prepared)
    return row


@operation(UnableToSaveRepresentative)
def change_representative(
    *, representative_id: UUID, actor: Actor, at: datetime.datetime, **values: Unpack[RepresentativeValues]
) -> Representative:
    """Change what is kept of a representative and return them. Raises: UnableToSaveRepresentative."""
    row = Representative.objects.select_for_update().filter(pk=representative_id).first()
    if row is None:
        raise UnableToSaveRepresentative(_("There is no such representative."))
    if save_changes(row, cleaned(values, UnableToSaveRepresentative)):
        rebuild_search_tokens(list(row.mandates.values_list("customer", flat=True)))
    return row


class UnableToSaveMandate(Refusal):
    """A mandate or power of attorney cannot be saved."""


@operation(UnableToSaveMandate)
def add_mandate(
    *,
    customer_id: UUID,
    representative_id: UUID,
    role: str,
    started_on: datetime.date,
    ended_on: datetime.date | None = None,
    actor: Actor,
    at: datetime.datetime,
) -> Mandate:
    """Let a representative stand for a customer from a day on and return the mandate.

    `ended_on` is the first day no longer in force. Raises: UnableToSaveMandate.
    """
    if role not in Mandate.Role.values:
        raise UnableToSaveMandate(_("There is no such role."), field="role")
    same = Mandate.objects.filter(customer=customer_id, representative=representative_id, role=role)
    if same.filter(ended_on__isnull=True).exists():
        raise UnableToSaveMandate(_("This representative has that role for the customer already."))
    mandate = Mandate.objects.create(
        customer_id=customer_id,
        representative_id=representative_id,
        role=role,
        started_on=started_on,
        ended_on=ended_on,
    )
    keep_representatives([representative_id])
    rebuild_search_tokens([customer_id])
    return mandate


@operation(UnableToSaveMandate)
def end_mandate(*, mandate_id: int, ended_on: datetime.date | None, actor: Actor, at: datetime.datetime) -> Mandate:
    """Set the first day on which a mandate is no longer in force (None: until further notice) and return it.

    Raises: UnableToSaveMandate.
    """
    mandate = Mandate.objects.select_for_update().filter(pk=mandate_id).first()
    if mandate is None:
        raise UnableToSaveMandate(_("There is no such mandate."))
    save_changes(mandate, {"ended_on": ended_on})
    keep_representatives([mandate.representative_id])
    end_portal_sessions_for(customer_id=mandate.customer_id)
    return mandate


@operation(UnableToSaveMandate)
def add_power_of_attorney(
    *,
    mandate_id: int,
    scope: str,
    signed_on: datetime.date,
    actor: Actor,
    at: datetime.datetime,
    covers_all: bool = False,
    document: Document | None = None,
) -> PowerOfAttorney:
    """Record the document on which a mandate rests and what it covers, and return it (clause D3).

    The file of it is kept encrypted; it can be added later. One that covers all matters and has its file lets the
    representative see the customer's pages online. Raises: UnableToSaveMandate.
    """
    mandate = Mandate.objects.filter(pk=mandate_id).first()
    if mandate is None:
        raise UnableToSaveMandate(_("There is no such mandate."), field="mandate")
    if not scope.strip():
        raise UnableToSaveMandate(_("Say what the power of attorney covers."), field="scope")
    if signed_on > localdate(at):
        raise UnableToSaveMandate(_("A power of attorney cannot be signed in the future."), field="signed_on")
    row = PowerOfAttorney(
        mandate=mandate,
        customer_id=mandate.customer_id,
        scope=scope.strip(),
        covers_all=covers_all,
        signed_on=signed_on,
    )
    if document is not None:
        _keep_document(row, document)
    row.save(force_insert=True)
    return row


@operation(UnableToSaveMandate)
def add_document(
    *, power_of_attorney_id: UUID, document: Document, actor: Actor, at: datetime.datetime
) -> PowerOfAttorney:
    """Keep the file of a power of attorney that has none yet, encrypted, and return it. Raises: UnableToSaveMandate."""
    row = PowerOfAttorney.objects.select_for_update().filter(pk=power_of_attorney_id).first()
    if row is None:
        raise UnableToSaveMandate(_("There is no such power of attorney."))
    if row.stored_as:
        raise UnableToSaveMandate(_("The document is there already."), field="document")
    _keep_document(row, document)
    row.save(update_fields=["stored_as", "wrapped_key"])
    return row


def _keep_document(row: PowerOfAttorney, document: Document) -> None:
    if fault := fault_of_document(document.name, document.content):
        raise UnableToSaveMandate(fault, field="document")
    stored = write_file_of(row, [document.content])
    row.stored_as, row.wrapped_key = stored.name, stored.wrapped_key


def keep_representatives(representative_ids: Iterable[UUID]) -> None:
    """Set until when representatives are needed: the latest end of those for whom they stand or stood.

    Empty while one of these customers has a contract and the mandate runs, or ended with it.
    """
    rows = list(Representative.objects.select_for_update().filter(pk__in=list(representative_ids)).order_by("pk"))
    mandates = Mandate.objects.filter(representative__in=rows).order_by().values_list("representative")
    is_open = BoolOr(Q(customer__relationship_ended_on=None))
    ends = {
        key: (last, runs) for key, last, runs in mandates.annotate(Max("customer__relationship_ended_on"), runs=is_open)
    }
    for row in rows:
        if row.pk in ends:
            last, runs = ends[row.pk]
            save_changes(row, {"relationship_ended_on": None if runs else last})
