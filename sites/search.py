"""Finds metering points by number and folded address, and contracts by identifier and reference."""

from collections.abc import Callable, Iterable

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.search.folding import after_prefix, digits, words
from customers.search.guessing import KeyKind, Query
from customers.search.hits import LIMIT, Found, Hit, Words, finds
from register.datamap.formats import clean_reference
from sites.models import Contract, ContractHolder, Site
from sites.queries import grouped_gsrn, is_protected_place, state_of, with_protection

GSRN_LENGTH = 18
_SITE_STATUS = {True: ("ok", _("Connected")), False: ("warn", _("No contract"))}
_CONTRACT_STATUS = {
    "running": ("ok", _("In force")),
    "ending": ("info", _("Ending")),
    "coming": ("info", _("Coming")),
    "ended": ("off", _("Ended")),
    "cancelled": ("off", _("Cancelled")),
}


@finds("sites.view_site", "sites.view_contract")
def find_places(query: Query, may: Callable[[str], bool]) -> Found:
    """Find sites by metering point or address, and contracts by identifier or reference."""
    if not query.text or not may("sites.view_site"):
        return Found()
    if query.has(KeyKind.METERING_POINT):
        prefix = metering_point_prefix(query.text)
        found = _site_hits(sites_by_prefix(prefix), query, _("Metering point"), rank=0)
        if found:
            return Found(found, is_exact=len(prefix) == GSRN_LENGTH)
    contracts = _contracts(query) if may("sites.view_contract") else []
    if contracts:
        return Found(contracts, is_exact=True)
    if query.has(KeyKind.ADDRESS) and (typed := words(query.text)):
        found = _site_hits(sites_by_address(typed), query, _("Address of the site"), rank=3, marked=tuple(typed))
        return Found(found[:LIMIT], is_cut=len(found) > LIMIT)
    return Found()


def metering_point_prefix(text: str) -> str:
    """Return the digits of a metering point as it is kept, also where its first two, 64, were left out."""
    figures = digits(text)
    return figures if figures.startswith("64") else f"64{figures}"


def sites_by_prefix(prefix: str) -> QuerySet[Site]:
    """Give the sites whose metering point begins so."""
    return Site.objects.filter(gsrn__gte=prefix, gsrn__lt=after_prefix(prefix))


def sites_by_address(typed: list[str]) -> QuerySet[Site]:
    """Give the sites whose folded address begins with these words in their order."""
    prefix = " ".join(typed)
    return Site.objects.filter(address_key__gte=prefix, address_key__lt=after_prefix(prefix))


def contracts_by_key(text: str) -> QuerySet[Contract]:
    """Give the contracts with this identifier or reference."""
    identifier = text.upper().replace(" ", "")
    try:
        reference = clean_reference(text)
    except ValidationError:
        return Contract.objects.filter(number=identifier)
    return Contract.objects.filter(Q(number=identifier) | (Q(reference=reference) & ~Q(reference="")))


def _site_hits(rows: QuerySet[Site], query: Query, why: Words, *, rank: int, marked: tuple[str, ...] = ()) -> list[Hit]:
    holders = ContractHolder.objects.select_related("customer").defer(
        "customer__identity_code", "customer__identity_code_index"
    )
    contracts = Contract.objects.filter(is_cancelled=False).prefetch_related(Prefetch("holders", holders))
    marked_rows = with_protection(rows, query.on).order_by("address_key", "gsrn")
    if rank:
        marked_rows = marked_rows.exclude(is_protected=True)  # by a place no protected person is found
    chosen = marked_rows[: LIMIT + 1].prefetch_related(Prefetch("contracts", contracts))
    return [_site_hit(site, query, why, rank, marked) for site in chosen]


def _site_hit(site: Site, query: Query, why: Words, rank: int, marked: tuple[str, ...]) -> Hit:
    running = [row for row in site.contracts.all() if state_of(row, query.on) in ("running", "ending")]
    people = _holders(running)
    is_closed = is_protected_place(site, query.on)
    # By an address a protected person is neither named nor opened; by the exact metering point they are.
    shown = [person for person in people if rank == 0 or not person.is_protected]
    names = ", ".join(person.sort_name for person in shown)
    return Hit(
        section="sites",
        icon="map-pin",
        title=grouped_gsrn(site.gsrn) if is_closed else site.address,
        line=" · ".join(filter(None, (str(site.get_commodity_display()).capitalize(), names))),
        why=why,
        key=grouped_gsrn(site.gsrn),
        url=reverse("staff-customer", args=[shown[0].pk]) + "?from=search"
        if len(shown) == 1
        else reverse("admin:sites_site_change", args=[site.pk]),
        status=_SITE_STATUS[bool(running)],
        customers=tuple(person.pk for person in shown),
        marked=marked,
        is_protected=is_closed,
        rank=rank,
    )


def _contracts(query: Query) -> list[Hit]:
    if not (query.has(KeyKind.CONTRACT) or query.has(KeyKind.INVOICE)):
        return []
    rows = contracts_by_key(query.text).select_related("site").prefetch_related("holders__customer")[:LIMIT]
    return [_contract_hit(row, query) for row in rows]


def _contract_hit(row: Contract, query: Query) -> Hit:
    people, state = _holders([row]), state_of(row, query.on)
    url = (
        reverse("staff-customer", args=[people[0].pk]) + "?from=search"
        if len(people) == 1
        else reverse("admin:sites_contract_change", args=[row.pk])
    )
    is_protected = any(person.is_protected for person in people) or is_protected_place(row.site, query.on)
    return Hit(
        section="contracts",
        icon="file-invoice",
        title=", ".join(person.sort_name for person in people) or row.number,
        line="" if is_protected else row.site.address,
        why=_("Contract") if row.number == query.text.upper().replace(" ", "") else _("Reference of the contract"),
        key=row.number,
        url=url,
        status=_CONTRACT_STATUS[state],
        customers=tuple(person.pk for person in people),
        is_ended=state in ("ended", "cancelled"),
        is_protected=is_protected,
        rank=0,
    )


def _holders(contracts: Iterable[Contract]) -> list[Customer]:
    return list({holder.customer_id: holder.customer for row in contracts for holder in row.holders.all()}.values())
