"""Reads of contracts with their places and products, as the customer page shows them, and of what they tell."""

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Count, Func, Prefetch, Q, QuerySet, Value
from django.utils.formats import number_format

from register.access.scope import Actor, Scope, entered
from register.datamap.schedule import CONTRACT_10_YEARS
from sites.energy import SERIES_OF, Supply, reach_of
from sites.models import Contract, ContractHolder, ContractProduct, HomeDetails, Line, Series, Site


@dataclass(frozen=True)
class HeldContract:
    """A contract of a customer with what is in force of it on a day."""

    contract: Contract
    product: ContractProduct | None
    next_product: ContractProduct | None
    state: str
    last_day: datetime.date | None
    goes_on: datetime.date | None


@dataclass
class Place:
    """An address with its sites and the customer's contracts there."""

    address: str
    sites: list[Site] = field(default_factory=list)
    homes: list[HomeDetails] = field(default_factory=list)
    contracts: list[HeldContract] = field(default_factory=list)

    @property
    def is_ended(self) -> bool:
        """Whether nothing runs here any more."""
        return all(held.state in ("ended", "cancelled") for held in self.contracts)

    @property
    def facts(self) -> str:
        """What one says of the place in a line: kind of home, metering points, fuse, heat power."""
        parts = [str(home.get_housing_display()).capitalize() for home in self.homes if home.housing][:1]
        for site in self.sites:
            parts.append(grouped_gsrn(site.gsrn))
            parts += [connection.main_fuse for connection in site.electricity_connections.all()]
            parts += [
                f"{number_format(connection.contracted_power_kw.normalize())} kW"
                for connection in site.heat_connections.all()
            ]
        return " · ".join(parts)


_DONE = {"ended": 1, "cancelled": 2}


def contracts_of(customer_id: UUID, on: datetime.date) -> list[Place]:
    """Give the customer's contracts by address, running ones first, ended ones last."""
    holders = ContractHolder.objects.filter(customer=customer_id).select_related(
        "contract__site", "contract__controller", "contract__home"
    )
    holders = holders.prefetch_related(
        Prefetch(
            "contract__products", ContractProduct.objects.select_related("product").order_by("started_on"), "agreed"
        ),
        "contract__site__electricity_connections",
        "contract__site__heat_connections",
    )
    places: dict[str, Place] = {}
    for holder in holders:
        contract = holder.contract
        place = places.setdefault(contract.site.address, Place(contract.site.address))
        if contract.site not in place.sites:
            place.sites.append(contract.site)
        if home := _home(contract):
            place.homes.append(home)
        place.contracts.append(_held(contract, on))
    for place in places.values():
        place.contracts.sort(key=lambda held: (_DONE.get(held.state, 0), held.contract.line, held.contract.started_on))
    return sorted(places.values(), key=lambda place: (place.is_ended, place.address))


class IsProtectedPlace(Func):
    """Whether the address of a site is closed on a day (key of the site, day), whoever's contract makes it so."""

    function = "is_protected_place"
    output_field = BooleanField()


def with_protection(rows: QuerySet[Site], on: datetime.date) -> QuerySet[Any]:
    """Mark the sites whose address is closed, as `is_protected`.

    It is where a person with non-disclosure has a contract, is about to have one, or had the last one.
    """
    return rows.annotate(is_protected=IsProtectedPlace("pk", Value(on)))


def is_protected_place(site: Site, on: datetime.date) -> bool:
    """Say whether the address of a site is closed; asks the database only where `with_protection` did not."""
    marked: bool | None = getattr(site, "is_protected", None)
    if marked is None:
        marked = bool(with_protection(Site.objects.filter(pk=site.pk), on).get().is_protected)
    return marked


def state_of(contract: Contract, on: datetime.date) -> str:
    """Say how a contract stands on a day: cancelled, coming, ended, ending or running."""
    if contract.is_cancelled:
        return "cancelled"
    if contract.ended_on is not None and contract.ended_on <= on:
        return "ended"
    if contract.started_on > on:
        return "coming"
    return "running" if contract.ended_on is None else "ending"


def grouped_gsrn(gsrn: str) -> str:
    """Write a metering point in groups of four."""
    return "\N{NO-BREAK SPACE}".join(gsrn[start : start + 4] for start in range(0, len(gsrn), 4))


@dataclass(frozen=True)
class Stretch:
    """A site and the days on which it is the customer's by one of their contracts."""

    site: Site
    first: datetime.date
    end: datetime.date | None


def stretches_of(customer_id: UUID) -> list[Stretch]:
    """Give the sites of a customer with the days of their contracts, for nothing outside them may be shown."""
    rows = Contract.objects.filter(holders__customer=customer_id, is_cancelled=False).select_related("site")
    found: dict[UUID, list[Contract]] = {}
    for row in rows.order_by("started_on"):
        found.setdefault(row.site_id, []).append(row)
    return [stretch for contracts in found.values() for stretch in _joined(contracts)]


@dataclass(frozen=True)
class ContractTurns:
    """How many contracts begin in some days, and how many have their last day in them."""

    beginning: int
    ending: int


def contract_turns(*, first: datetime.date, end: datetime.date) -> ContractTurns:
    """Count the contracts that begin or end from the first day until before the end, in the caller's scope."""
    begins = Q(started_on__gte=first, started_on__lt=end)
    ends = Q(ended_on__gt=first, ended_on__lte=end)
    rows = Contract.objects.filter(begins | ends, is_cancelled=False)
    counted = rows.aggregate(beginning=Count("pk", filter=begins), ending=Count("pk", filter=ends))
    return ContractTurns(**counted)


def _joined(contracts: Iterable[Contract]) -> list[Stretch]:
    """Join days that touch or overlap, such as those of a network and a supply contract of one site."""
    joined: list[Stretch] = []
    for contract in contracts:
        last = joined[-1] if joined else None
        if last is not None and (last.end is None or contract.started_on <= last.end):
            end = None if last.end is None or contract.ended_on is None else max(last.end, contract.ended_on)
            joined[-1] = Stretch(last.site, last.first, end)
        else:
            joined.append(Stretch(contract.site, contract.started_on, contract.ended_on))
    return joined


def _held(contract: Contract, on: datetime.date) -> HeldContract:
    agreed: list[ContractProduct] = contract.agreed  # type: ignore[attr-defined]
    state = state_of(contract, on)
    started = [row for row in agreed if row.started_on <= on]
    coming = [row for row in agreed if row.started_on > on]
    product = started[-1] if started else (coming[0] if coming else None)
    last_day = contract.ended_on - datetime.timedelta(days=1) if contract.ended_on else None
    goes_on = CONTRACT_10_YEARS.day_of_deletion(last_day) if last_day and state == "ended" else None
    following: Any = coming[0] if started and coming and state == "running" else None
    return HeldContract(contract, product, following, state, last_day, goes_on)


def _home(contract: Contract) -> HomeDetails | None:
    return getattr(contract, "home", None)


def supplies_for(customers: Sequence[UUID], *, with_addresses: bool) -> list[Supply]:
    """Give what these customers get or got where and when, heat first; by a code without the addresses."""
    rows = Contract.objects.filter(holders__customer__in=customers, is_cancelled=False)
    days: dict[tuple[UUID, Series], list[tuple[datetime.date, datetime.date | None]]] = {}
    for row in rows.order_by("-started_on").distinct():
        for series in SERIES_OF[Line(row.line)]:
            days.setdefault((row.site_id, series), []).append((row.started_on, row.ended_on))
    addresses = {}
    if with_addresses:
        addresses = {site.pk: site.address for site in Site.objects.filter(pk__in={key for key, _series in days})}
    found = [Supply(key, series, tuple(own), addresses.get(key, "")) for (key, series), own in days.items()]
    shown = [one for one in found if one.series is not Series.ELECTRICITY_PRODUCTION or reach_of(one)]
    return sorted(shown, key=lambda one: (all(end is not None for _start, end in one.days), not one.is_heat))


def relationship_days(
    customer_ids: Collection[UUID], *, actor: Actor
) -> dict[UUID, tuple[datetime.date, datetime.date | None]]:
    """Give the first day of each customer's contracts and the latest end, None while one runs.

    A cancelled contract counts with its end only where there is no other; who has no contract is not in the answer.
    The contracts of both controllers count, also of one that the actor does not see: hence a scope of its own.
    """
    with entered(Scope.service("keep-relationships"), actor), connection.cursor() as cursor:
        cursor.execute(_RELATIONSHIPS, [list(customer_ids)])
        return {key: (started_on, ended_on) for key, started_on, ended_on in cursor.fetchall()}


_RELATIONSHIPS = """
SELECT h.customer_id,
    coalesce(min(c.started_on) FILTER (WHERE NOT c.is_cancelled), min(least(c.started_on, c.ended_on))),
    CASE WHEN NOT bool_or(NOT c.is_cancelled AND c.ended_on IS NULL)
        THEN coalesce(max(c.ended_on) FILTER (WHERE NOT c.is_cancelled), max(c.ended_on)) END
FROM sites_contractholder h JOIN sites_contract c ON c.id = h.contract_id
WHERE h.customer_id = ANY(%s::uuid[]) GROUP BY h.customer_id
"""
