"""Reads of requests: the queue with the days left, one request with what it needs, a person's requests."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.utils.functional import Promise
from django.utils.timezone import localdate

from customers.models import Customer
from customers.queries import names_of
from dsar.models import Package, Request, RequestEvent
from dsar.rectifiable import datum, label_of

QUEUE_LENGTH = 200


@dataclass(frozen=True)
class QueueRow:
    """One request of the queue: whose it is, how many days are left, who works on it."""

    request: Request
    customer: Customer | None
    days_left: int
    worker: str

    @property
    def is_late(self) -> bool:
        """Whether the last day has gone by without an answer."""
        return self.request.is_open and self.days_left < 0

    @property
    def is_soon(self) -> bool:
        """Whether a week or less is left."""
        return self.request.is_open and 0 <= self.days_left <= 7


def queue(*, on: datetime.date, kind: str = "", state: str = "open", worker: str = "") -> list[QueueRow]:
    """Give the requests by their last day, those in `state` (open, closed, or all) and of a kind; or one's own."""
    found = Request.objects.all()
    if kind in Request.Kind.values:
        found = found.filter(kind=kind)
    if state == "open":
        found = found.filter(closed_on__isnull=True)
    elif state == "late":
        found = found.filter(closed_on__isnull=True, due_on__lt=on)
    elif state == "closed":
        found = found.filter(closed_on__isnull=False)
    if worker:
        found = found.filter(assigned_to=worker)
    order = ("due_on", "number") if state in ("open", "late") else ("-received_at",)
    return rows_of(list(found.order_by(*order)[:QUEUE_LENGTH]), on=on)


def requests_of(customer_id: UUID, *, on: datetime.date) -> list[QueueRow]:
    """Give the requests of one person, the latest first."""
    return rows_of(list(Request.objects.filter(customer_id=customer_id).order_by("-received_at")[:50]), on=on)


def rows_of(requests: Iterable[Request], *, on: datetime.date) -> list[QueueRow]:
    """Give the requests with their persons and workers."""
    requests = list(requests)
    people = Customer.objects.in_bulk([row.customer_id for row in requests])
    names = names_of(row.assigned_to.partition(":")[2] for row in requests)
    return [
        QueueRow(row, people.get(row.customer_id), row.days_left(on), names.get(row.assigned_to.partition(":")[2], ""))
        for row in requests
    ]


def counts(*, on: datetime.date) -> dict[str, int]:
    """Count what is open and what is late."""
    due = list(Request.objects.filter(closed_on__isnull=True).values_list("due_on", flat=True))
    return {"open": len(due), "late": sum(day < on for day in due)}


@dataclass(frozen=True)
class Side:
    """One correction side by side: the datum, what it was when asked, what it is now, what it should be."""

    field: str
    label: str | Promise
    old: str
    now: str
    new: str

    @property
    def has_moved(self) -> bool:
        """Whether somebody has changed the datum since it was asked."""
        return self.now not in (self.old, self.new)


def side_by_side(request: Request, customer: Customer | None) -> list[Side]:
    """Give the corrections of a request beside the values that stand in the register now."""
    return [
        Side(
            row.field,
            label_of(row.field),
            row.old_value,
            datum(customer, row.field).value if customer else "",
            row.new_value,
        )
        for row in request.corrections.order_by("id")
    ]


def steps_of(request: Request) -> list[tuple[RequestEvent, str]]:
    """Give the steps of a request, the latest first, with the names of the members of staff."""
    found = list(request.events.order_by("-at", "-id"))
    names = names_of(one.actor.partition(":")[2] for one in found)
    return [(one, names.get(one.actor.partition(":")[2], "")) for one in found]


@dataclass(frozen=True)
class MadePackage:
    """A package of a request with what lies in it, by table for people, and the day on which it goes."""

    package: Package
    parts: list[tuple[str | Promise, int]]
    goes_on: datetime.date


def packages_of(request: Request) -> list[MadePackage]:
    """Give the packages of a request, the latest first."""
    found = request.packages.defer("wrapped_key").prefetch_related("downloads").order_by("-asked_at")
    return [MadePackage(row, _parts_of(row), _goes_on(row)) for row in found]


def given_packages(customer_id: UUID) -> list[MadePackage]:
    """Give the packages that a person may take on the portal: made, of a request that staff have answered."""
    found = Package.objects.filter(
        customer_id=customer_id, made_at__isnull=False, request__state=Request.State.ANSWERED
    ).defer("wrapped_key")
    return [MadePackage(row, _parts_of(row), _goes_on(row)) for row in found.order_by("-asked_at")]


def given_package(customer_id: UUID, package_id: UUID) -> Package | None:
    """Give one of these packages, or None where it is not theirs or not yet given."""
    return next((one.package for one in given_packages(customer_id) if one.package.pk == package_id), None)


def _parts_of(package: Package) -> list[tuple[str | Promise, int]]:
    return [
        (apps.get_model(label)._meta.verbose_name_plural or label, count)
        for label, count in package.counts.items()
        if count
    ]


def _goes_on(package: Package) -> datetime.date:
    (keep,) = Package.data_map.keeps
    return keep.period.day_of_deletion(localdate(package.asked_at))


def request_or_none(request_id: UUID) -> Request | None:
    """Give a request that the scope shows."""
    return Request.objects.filter(pk=request_id).first()


def clock_of(request: Request, *, on: datetime.date) -> dict[str, Any]:
    """Give the places of the days on the line of the deadline, in parts of a thousand."""
    whole = max((request.due_on - request.received_on).days, 1)

    def place(day: datetime.date) -> int:
        return round(1000 * min(max((day - request.received_on).days / whole, 0), 1))

    checked = request.identity_checked_at.date() if request.identity_checked_at else None
    return {
        "now": place(on),
        "checked": place(checked) if checked else None,
        "first_due": place(request.first_due_on) if request.extended_at else None,
    }
