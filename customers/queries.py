"""Reads of customers that span tables: the alerts, the permissions in force, the timeline, who looked."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import ValidationError
from django.db.models import Count, Max, Model, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext

from customers.models import (
    Contact,
    Customer,
    Disclosure,
    Mandate,
    MarketingPermission,
    PowerOfAttorney,
    Representative,
    SearchToken,
)
from customers.models.marketing import Channel
from customers.search.folding import TOKEN_LENGTH
from register.access.scope import ActorKind
from register.audit.models import LogEntry, ReadEvent
from register.crypto.fields import blind_index_values
from register.datamap.formats import clean_identity_code
from register.identity.models import Account

TIMELINE_LENGTH: Final = 60
MOST_OF_AN_ADDRESS: Final = 50


@dataclass(frozen=True)
class Cell:
    """What is in force for one channel and purpose: a row, or None where nobody asked."""

    channel: str
    purpose: str
    row: MarketingPermission | None

    @property
    def is_prohibited(self) -> bool:
        """Whether it is prohibited."""
        return self.row is not None and not self.row.is_allowed


def permissions_in_force(customer: Customer) -> list[tuple[Any, list[Cell]]]:
    """Give the matrix of channels and purposes; a prohibition by statute wins over the customer's word."""
    rows = MarketingPermission.objects.filter(customer=customer, ended_at__isnull=True)
    held: dict[tuple[str, str], MarketingPermission] = {}
    for row in sorted(rows, key=lambda row: row.is_allowed, reverse=True):
        held[row.channel, row.purpose] = row
    purposes = MarketingPermission.Purpose
    return [
        (channel, [Cell(channel, purpose, held.get((channel.value, purpose.value))) for purpose in purposes])
        for channel in Channel
    ]


def running_mandates(customer: Customer, on: datetime.date) -> list[Mandate]:
    """Give the mandates in force on a day, with their representatives and powers of attorney."""
    rows = Mandate.objects.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gt=on), customer=customer, started_on__lte=on
    ).select_related("representative")
    return list(
        rows.defer("representative__identity_code", "representative__identity_code_index").prefetch_related(
            "powers_of_attorney"
        )
    )


@dataclass(frozen=True)
class Change:
    """One column that changed, from what to what."""

    name: Any
    before: str
    after: str


@dataclass(frozen=True)
class Moment:
    """One entry of the timeline."""

    at: datetime.datetime
    kind: str
    icon: str
    title: Any
    text: str = ""
    who: str = ""
    changes: list[Change] = field(default_factory=list)
    is_system: bool = False


_CONTACT_ICONS = {"call": "phone", "email": "mail", "letter": "file-invoice", "visit": "user", "note": "note"}


ADDRESS_COLUMNS: Final = frozenset({"street_address", "postal_code", "post_office", "country"})


def closed_columns(customer: Customer) -> frozenset[str]:
    """Name the columns of a customer that are closed, also in their history: those of a protected address."""
    return ADDRESS_COLUMNS if customer.is_protected else frozenset()


def timeline(customer: Customer, only: str = "") -> list[Moment]:
    """Give what happened with a customer, the latest first: contacts, changes and disclosures; at most sixty."""
    found: list[Moment] = []
    if only in ("", "contacts"):
        contacts = Contact.objects.filter(customer=customer).order_by("-happened_at")[:TIMELINE_LENGTH]
        found += [
            Moment(
                row.happened_at,
                "contacts",
                _CONTACT_ICONS[row.kind],
                ": ".join(filter(None, (str(row.get_kind_display()).capitalize(), row.topic))),
                row.text,
                row.handled_by,
            )
            for row in contacts
        ]
    if only in ("", "disclosures"):
        disclosed = customer.disclosures.select_related("recipient").order_by("-disclosed_at")[:TIMELINE_LENGTH]
        found += [
            Moment(row.disclosed_at, "disclosures", "send", row.recipient.name, row.what, row.get_ground_display())
            for row in disclosed
        ]
    if only in ("", "changes"):
        found += _changes(customer)
    return sorted(found, key=lambda moment: moment.at, reverse=True)[:TIMELINE_LENGTH]


def _changes(customer: Customer) -> list[Moment]:
    """Changes of the customer's row and of its parts, by the index of the log on object and table."""
    rows: list[tuple[type[Model], list[str]]] = [
        (Customer, [str(customer.pk)]),
        (MarketingPermission, _keys(customer.permissions.values_list("pk", flat=True))),
        (Mandate, _keys(customer.mandates.values_list("pk", flat=True))),
        (Disclosure, []),
    ]
    types = {ContentType.objects.get_for_model(model).pk: model for model, _keys_of in rows}
    wanted = Q()
    for model, keys in rows:
        if keys:
            wanted |= Q(content_type=ContentType.objects.get_for_model(model), object_pk__in=keys)
    entries = list(LogEntry.objects.filter(wanted).order_by("-timestamp")[:TIMELINE_LENGTH])
    names = names_of(entry.actor_id for entry in entries)
    closed = closed_columns(customer)
    return [_moment(entry, types[entry.content_type_id], names, closed) for entry in entries]


def _keys(keys: Iterable[Any]) -> list[str]:
    return [str(key) for key in keys]


def _moment(entry: LogEntry, model: type[Model], names: dict[str, str], closed: frozenset[str]) -> Moment:
    changes = [] if entry.action == LogEntry.Action.CREATE else _columns(model, entry.changes or {}, closed)
    return Moment(
        entry.timestamp,
        "changes",
        "plus" if entry.action == LogEntry.Action.CREATE else "pencil",
        str(model._meta.verbose_name).capitalize(),
        who=_who(entry, names),
        changes=changes,
        is_system=entry.actor_kind == "service",
    )


def _who(entry: LogEntry, names: dict[str, str]) -> str:
    """Name who changed something; the customer on the portal, or who acts for them, is known by key only."""
    if entry.actor_kind == ActorKind.CUSTOMER:
        return gettext("the customer, online")
    return names.get(entry.actor_id, entry.actor_id)


def _columns(model: type[Model], changes: dict[str, Any], closed: frozenset[str]) -> list[Change]:
    names = {one.name: one.verbose_name for one in model._meta.concrete_fields}
    return [
        Change(names.get(name, name), *(_value(value, is_closed=name in closed) for value in values[:2]))
        for name, values in changes.items()
        if isinstance(values, list) and not name.endswith("_index")
    ]


def _value(value: Any, *, is_closed: bool) -> str:
    if value in (None, "None", ""):
        return ""
    return gettext("Protected") if is_closed else str(value)


def names_of(actor_ids: Iterable[str]) -> dict[str, str]:
    """Give the names of the members of staff among the actors of log rows."""
    keys = {key for key in actor_ids if len(key) == 36}
    return {str(row.pk): row.display_name for row in Account.objects.filter(pk__in=keys)} if keys else {}


@dataclass(frozen=True)
class Look:
    """One person's looks at a customer for one reason on one day, as the customer's page tells it: the last of them."""

    at: datetime.datetime
    unit: str
    who: str
    reason: str
    what: list[str]
    count: int


def looks_at(customer: Customer, since: datetime.datetime, limit: int = 12) -> tuple[int, list[Look]]:
    """Give how many looks there were at a customer since then, and the latest, by person, reason and day."""
    events = ReadEvent.objects.filter(shown__customer_id=customer.pk, at__gte=since)
    by_day = events.values("unit", "actor_id", "reason", day=TruncDate("at"))
    grouped = by_day.annotate(last=Max("at"), count=Count("pk"), whats=ArrayAgg("what", distinct=True))
    latest = list(grouped.order_by("-last")[:limit])
    names = names_of(row["actor_id"] for row in latest)
    return events.count(), [
        Look(
            row["last"],
            row["unit"],
            names.get(row["actor_id"], row["actor_id"]),
            row["reason"],
            row["whats"],
            row["count"],
        )
        for row in latest
    ]


def customer_or_none(customer_id: UUID) -> Customer | None:
    """Give a customer that the scope shows."""
    return Customer.objects.filter(pk=customer_id).first()


def customers_at(address: str) -> list[UUID]:
    """Give the customers whose e-mail address this is, however its letters are written."""
    folded = address.strip().lower()
    tokens = SearchToken.objects.filter(kind=SearchToken.Kind.EMAIL, token=folded[:TOKEN_LENGTH])
    rows = Customer.objects.filter(pk__in=tokens.values("customer")).order_by("number")
    return [row.pk for row in rows.only("id", "email")[:MOST_OF_AN_ADDRESS] if row.email.lower() == folded]


@dataclass(frozen=True)
class PortalPerson:
    """Somebody whom a bank has identified: who they are here, and whose data they may see, their own first."""

    person_id: UUID
    customers: tuple[UUID, ...]
    language: str


def portal_person(identity_code: str, *, on: datetime.date) -> PortalPerson | None:
    """Find a person by their identity code, with those who gave them a power of attorney that is in force on a day.

    None where the person is no customer and stands for nobody.
    """
    try:
        code = clean_identity_code(identity_code, allow_temporary=settings.REGISTER_ALLOW_TEMPORARY_CODES)
    except ValidationError:
        return None
    own_values = blind_index_values(Customer, "identity_code_index", code)
    own = Customer.objects.filter(identity_code_index__in=own_values, kind=Customer.Kind.PERSON).first()
    their_values = blind_index_values(Representative, "identity_code_index", code)
    standing = list(Representative.objects.filter(identity_code_index__in=their_values).values_list("pk", flat=True))
    represented = represented_by(standing, on=on)
    customers = tuple(dict.fromkeys([*([own.pk] if own else []), *represented]))
    if not customers:
        return None
    return PortalPerson(own.pk if own else standing[0], customers, own.language if own else "")


def represented_by(representatives: Iterable[UUID], *, on: datetime.date) -> list[UUID]:
    """Give the customers for whom these act on a day by a power of attorney that covers all matters and is on file."""
    mandates = Mandate.objects.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gt=on),
        representative__in=list(representatives),
        started_on__lte=on,
        powers_of_attorney__in=PowerOfAttorney.objects.filter(covers_all=True, signed_on__lte=on).exclude(stored_as=""),
    )
    return list(dict.fromkeys(mandates.order_by("customer__number").values_list("customer", flat=True)))


def named_customers(customer_ids: Iterable[UUID]) -> list[Customer]:
    """Give these customers, as far as the scope shows them, by name."""
    return sorted(Customer.objects.filter(pk__in=list(customer_ids)), key=lambda row: row.name.casefold())
