"""Reads of the demonstration register: whom the demonstration bank offers."""

import datetime
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Representative
from customers.queries import represented_by

_MOST_TRIED: Final = 40


@dataclass(frozen=True)
class Example:
    """A made-up person whom the bank offers, and why they are worth a look."""

    key: str
    name: str
    why: str | Promise


def examples(on: datetime.date) -> list[Example]:
    """Give a few made-up people who show different things, each once."""
    people = Customer.objects.filter(kind=Customer.Kind.PERSON, identity_code__isnull=False).order_by("number")
    running = people.filter(relationship_ended_on__isnull=True)
    lines = running.filter(_holds("heat")).filter(_holds("network"))
    chosen: list[tuple[QuerySet[Customer], str | Promise]] = [
        (lines.filter(language="fi", is_protected=False), _("district heat and electricity network")),
        (running.filter(language="sv"), _("speaks Swedish")),
        (running.filter(language="en"), _("speaks English")),
        (running.filter(invoices__settled_on__isnull=True, invoices__due_on__lt=on), _("has a late invoice")),
        (people.filter(relationship_ended_on__lt=on, held__isnull=False), _("has moved away")),
        (running.filter(is_protected=True), _("has a non-disclosure")),
    ]
    found: dict[UUID, Example] = {}
    for rows, why in chosen:
        row = rows.exclude(pk__in=found).first()
        if row is not None:
            found[row.pk] = Example(row.number, row.name, why)
    standing = _standing(on)
    return [*found.values(), *([standing] if standing else [])]


def identity_code_of(key: str) -> str | None:
    """Give the identity code of a made-up customer by number, or of a representative by key."""
    row: Customer | Representative | None
    row = Customer.objects.filter(number=key.strip(), kind=Customer.Kind.PERSON).first()
    if row is None:
        try:
            row = Representative.objects.filter(pk=UUID(key)).first()
        except ValueError:
            row = None
    return row.identity_code.reveal() if row is not None and row.identity_code else None


def _holds(line: str) -> Q:
    return Q(held__contract__line=line, held__contract__ended_on__isnull=True)


def _standing(on: datetime.date) -> Example | None:
    rows = Representative.objects.filter(identity_code__isnull=False, mandates__role="attorney").order_by("pk")
    for row in rows[:_MOST_TRIED]:
        if represented_by([row.pk], on=on):
            return Example(str(row.pk), row.name, _("acts for another by a power of attorney"))
    return None
