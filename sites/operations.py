"""All writes of places, their things and the contracts. The consumption store has writes of its own.

Dangerous if loosened: these keep the clocks of customers and representatives. Ends are exclusive:
the first day on which a contract is no longer in effect.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.operations.people import set_relationship
from customers.operations.standing import keep_representatives
from customers.search.folding import words
from register.access.refusing import Refusal, keep_controller, operation
from register.access.scope import Actor
from register.audit.saving import save_changes
from register.datamap.formats import clean_gsrn, clean_reference
from register.identity.models import Controller
from sites.models import (
    Contract,
    ContractHolder,
    ContractProduct,
    DeliveredDevice,
    DiaryEntry,
    ElectricityConnection,
    HeatConnection,
    HomeDetails,
    Line,
    Meter,
    Product,
    ProductPrice,
    Site,
)
from sites.queries import relationship_days

_CONTRACT_NUMBERING_LOCK = 7_310_002
_FIRST_CONTRACT = 1_000_001
_LETTERS = {Line.SUPPLY: "S", Line.NETWORK: "V", Line.HEAT: "L"}
NETWORK_CONTROLLER, ENERGY_CONTROLLER = "network", "energy"


class UnableToSavePlace(Refusal):
    """A site, connection or meter cannot be saved."""


@operation(UnableToSavePlace)
def save_site(*, actor: Actor, at: datetime.datetime, site_id: UUID | None = None, **values: Any) -> Site:
    """Register a site, or change the one named, and return it; it is found by its folded address.

    Raises: UnableToSavePlace.
    """
    if "gsrn" in values:
        values["gsrn"] = _clean(clean_gsrn, values["gsrn"], "gsrn")
    row = _row(Site, site_id)
    places = [str(values.get(name, getattr(row, name))) for name in ("street_address", "postal_code", "post_office")]
    save_changes(row, {**values, "address_key": " ".join(words(" ".join(places)))})
    return row


@operation(UnableToSavePlace)
def save_electricity_connection(
    *, actor: Actor, at: datetime.datetime, connection_id: UUID | None = None, **values: Any
) -> ElectricityConnection:
    """Register an electricity connection of a site, or change the one named. Raises: UnableToSavePlace."""
    row = _row(ElectricityConnection, connection_id)
    save_changes(row, values)
    return row


@operation(UnableToSavePlace)
def save_heat_connection(
    *, actor: Actor, at: datetime.datetime, connection_id: UUID | None = None, **values: Any
) -> HeatConnection:
    """Register a district heating connection of a site, or change the one named. Raises: UnableToSavePlace."""
    row = _row(HeatConnection, connection_id)
    save_changes(row, values)
    return row


@operation(UnableToSavePlace)
def install_meter(*, actor: Actor, at: datetime.datetime, meter_id: UUID | None = None, **values: Any) -> Meter:
    """Install a meter at a site from a day on, or correct the one named, and return it.

    Raises: UnableToSavePlace, where another meter is at the site on one of these days.
    """
    row = _row(Meter, meter_id)
    save_changes(row, values)
    return row


@operation(UnableToSavePlace)
def remove_meter(*, meter_id: UUID, removed_on: datetime.date, actor: Actor, at: datetime.datetime) -> Meter:
    """Take a meter away: `removed_on` is the first day without it. Raises: UnableToSavePlace."""
    row = _row(Meter, meter_id)
    save_changes(row, {"removed_on": removed_on})
    return row


class UnableToSaveProduct(Refusal):
    """A product or its price cannot be saved."""


@operation(UnableToSaveProduct)
def save_product(*, actor: Actor, at: datetime.datetime, product_id: int | None = None, **values: Any) -> Product:
    """Enter a product, or change the one named, and return it. Raises: UnableToSaveProduct."""
    row = _row(Product, product_id)
    keep_controller(row, values, UnableToSaveProduct)
    save_changes(row, values)
    return row


@operation(UnableToSaveProduct)
def save_product_price(
    *, actor: Actor, at: datetime.datetime, price_id: int | None = None, **values: Any
) -> ProductPrice:
    """Enter the price of a product from a day on, or change the one named. Raises: UnableToSaveProduct."""
    row = _row(ProductPrice, price_id)
    save_changes(row, values)
    return row


class UnableToConcludeContract(Refusal):
    """A contract cannot be concluded."""


@operation(UnableToConcludeContract)
def conclude_contract(
    *,
    site_id: UUID,
    line: str,
    holders: Collection[UUID],
    started_on: datetime.date,
    actor: Actor,
    at: datetime.datetime,
    product_id: int | None = None,
    energy_c_kwh: Decimal | None = None,
    basic_eur_month: Decimal | None = None,
    number: str = "",
    reference: str = "",
    signed_on: datetime.date | None = None,
    supplier_name: str = "",
) -> Contract:
    """Conclude a contract of one line for a site with its holders and product, and return it.

    The line says whose it is: network is the network company's, heat and supply the energy company's.
    The price is the product's on the first day unless one is agreed. The holders' relationship goes on.
    Raises: UnableToConcludeContract.
    """
    if line not in Line.values:
        raise UnableToConcludeContract(_("There is no such line of business."), field="line")
    if not holders:
        raise UnableToConcludeContract(_("A contract needs a holder."), field="holder")
    controller = Controller.objects.get(code=NETWORK_CONTROLLER if line == Line.NETWORK else ENERGY_CONTROLLER)
    contract = Contract(
        number=number or _next_contract_number(Line(line)),
        reference=_clean(clean_reference, reference, "reference") if reference else "",
        line=line,
        controller=controller,
        site_id=site_id,
        supplier_name=supplier_name,
        signed_on=signed_on,
        started_on=started_on,
    )
    contract.save(force_insert=True)
    for customer_id in dict.fromkeys(holders):
        ContractHolder.objects.create(contract=contract, controller=controller, customer_id=customer_id)
    if product_id:
        _agree_product(contract, product_id, started_on, energy_c_kwh, basic_eur_month)
    _keep_relationships(holders, actor)
    return contract


class UnableToChangeContract(Refusal):
    """A contract cannot be changed, ended or reopened."""


@operation(UnableToChangeContract)
def change_contract(
    *,
    contract_id: UUID,
    actor: Actor,
    at: datetime.datetime,
    reference: str = "",
    signed_on: datetime.date | None = None,
    supplier_name: str = "",
) -> Contract:
    """Change what may be changed of a running contract: reference, day of signature, supplier.

    Raises: UnableToChangeContract.
    """
    contract = _contract(contract_id)
    code = _clean(clean_reference, reference, "reference", UnableToChangeContract) if reference else ""
    save_changes(contract, {"reference": code, "signed_on": signed_on, "supplier_name": supplier_name})
    return contract


@operation(UnableToChangeContract)
def end_contract(*, contract_id: UUID, ended_on: datetime.date, actor: Actor, at: datetime.datetime) -> Contract:
    """End a contract: `ended_on` is the first day on which it is no longer in effect.

    An end on or before its start cancels it. Its products and devices keep their days, and the clocks
    of its holders and their representatives are set. Source: clause T1. Raises: UnableToChangeContract.
    """
    contract = _contract(contract_id)
    if contract.is_cancelled:
        raise UnableToChangeContract(_("The contract was cancelled before it started."))
    is_cancelled = ended_on <= contract.started_on
    save_changes(contract, {"ended_on": ended_on, "is_cancelled": is_cancelled})
    for product in contract.products.filter(ended_on__isnull=True, started_on__lt=ended_on):
        save_changes(product, {"ended_on": ended_on})
    _keep_relationships(contract.holders.values_list("customer", flat=True), actor)
    return contract


@operation(UnableToChangeContract)
def reopen_contract(*, contract_id: UUID, actor: Actor, at: datetime.datetime) -> Contract:
    """Take back the end of a contract, also of a cancelled one, and return it.

    Raises: UnableToChangeContract, where it has no end or another contract has followed.
    """
    contract = _contract(contract_id)
    if contract.ended_on is None:
        raise UnableToChangeContract(_("The contract has no end to take back."))
    former = contract.ended_on
    save_changes(contract, {"ended_on": None, "is_cancelled": False})
    for product in contract.products.filter(ended_on=former):
        save_changes(product, {"ended_on": None})
    _keep_relationships(contract.holders.values_list("customer", flat=True), actor)
    return contract


@operation(UnableToChangeContract)
def change_product(
    *,
    contract_id: UUID,
    product_id: int,
    started_on: datetime.date,
    actor: Actor,
    at: datetime.datetime,
    energy_c_kwh: Decimal | None = None,
    basic_eur_month: Decimal | None = None,
) -> ContractProduct:
    """Give a contract another product from a day on; the former one ends that day.

    Raises: UnableToChangeContract.
    """
    contract = _contract(contract_id)
    if started_on < contract.started_on:
        raise UnableToChangeContract(_("The product cannot start before the contract."), field="started_on")
    for former in contract.products.filter(ended_on__isnull=True, started_on__lt=started_on):
        save_changes(former, {"ended_on": started_on})
    return _agree_product(contract, product_id, started_on, energy_c_kwh, basic_eur_month, UnableToChangeContract)


@operation(UnableToChangeContract)
def describe_home(*, contract_id: UUID, actor: Actor, at: datetime.datetime, **values: Any) -> HomeDetails:
    """Keep what a resident tells of the home, on the contract. Raises: UnableToChangeContract."""
    contract = _contract(contract_id)
    row = HomeDetails.objects.filter(contract=contract).first() or HomeDetails(contract=contract)
    save_changes(row, values)
    return row


@operation(UnableToChangeContract)
def write_diary(
    *,
    contract_id: UUID,
    customer_id: UUID,
    happened_on: datetime.date,
    title: str,
    actor: Actor,
    at: datetime.datetime,
    text: str = "",
) -> DiaryEntry:
    """Save what a customer notes of the site: an event or a task. Raises: UnableToChangeContract."""
    if not ContractHolder.objects.filter(contract=contract_id, customer=customer_id).exists():
        raise UnableToChangeContract(_("The customer does not hold this contract."), field="customer")
    return DiaryEntry.objects.create(
        contract_id=contract_id, customer_id=customer_id, happened_on=happened_on, title=title, text=text
    )


class UnableToSaveDevice(Refusal):
    """A delivered device cannot be saved."""


@operation(UnableToSaveDevice)
def deliver_device(
    *, actor: Actor, at: datetime.datetime, device_id: UUID | None = None, **values: Any
) -> DeliveredDevice:
    """Record a device delivered to the site of a contract, or correct the one named, and return it.

    Raises: UnableToSaveDevice.
    """
    row = _row(DeliveredDevice, device_id)
    if contract := values.get("contract"):
        values["controller"] = contract.controller
    save_changes(row, values)
    return row


def _agree_product(
    contract: Contract,
    product_id: int,
    started_on: datetime.date,
    energy_c_kwh: Decimal | None,
    basic_eur_month: Decimal | None,
    error: type[Refusal] = UnableToConcludeContract,
) -> ContractProduct:
    product = Product.objects.filter(pk=product_id, line=contract.line).first()
    if product is None:
        raise error(_("The product is of another line of business."), field="product")
    price = product.prices.filter(started_on__lte=started_on).order_by("-started_on").first()
    if price is None and (energy_c_kwh is None or basic_eur_month is None):
        raise error(_("The product has no price on that day: agree one."), field="product")
    energy = energy_c_kwh if energy_c_kwh is not None else price.energy_c_kwh if price else Decimal(0)
    basic = basic_eur_month if basic_eur_month is not None else price.basic_eur_month if price else Decimal(0)
    return ContractProduct.objects.create(
        contract=contract,
        product=product,
        energy_c_kwh=energy,
        basic_eur_month=basic,
        started_on=started_on,
        ended_on=contract.ended_on,
    )


def mend_relationships(*, customer_ids: Iterable[UUID], actor: Actor, at: datetime.datetime) -> int:
    """Set the relationships of customers from their contracts anew, with the change log; return how many they were.

    For the nightly check, which found them to differ. A first day of a contract that has gone since stays.
    """
    keys = sorted(set(customer_ids))
    first_days = dict(Customer.objects.filter(pk__in=keys).values_list("pk", "relationship_started_on"))
    _keep_relationships(keys, actor, first_days)
    return len(keys)


def _keep_relationships(
    customer_ids: Iterable[UUID], actor: Actor, first_days: Mapping[UUID, datetime.date | None] | None = None
) -> None:
    """Set the relationship of each customer from the contracts of both controllers, then their representatives'."""
    keys = sorted(set(customer_ids))
    for customer_id, (started_on, ended_on) in sorted(relationship_days(keys, actor=actor).items()):
        first_on = min(started_on, (first_days or {}).get(customer_id) or started_on)
        set_relationship(customer_id=customer_id, started_on=first_on, ended_on=ended_on)
    representatives = Customer.objects.filter(pk__in=keys, mandates__isnull=False)
    keep_representatives(set(representatives.values_list("mandates__representative", flat=True)))


def _contract(contract_id: UUID) -> Contract:
    contract = Contract.objects.select_for_update().filter(pk=contract_id).first()
    if contract is None:
        raise UnableToChangeContract(_("There is no such contract."))
    return contract


def _row(model: type[Any], key: Any) -> Any:
    if key is None:
        return model()
    row: Model | None = model.objects.select_for_update().filter(pk=key).first()
    if row is None:
        raise UnableToSavePlace(_("There is no such row any more."))
    return row


def _clean(clean: Any, text: str, field: str, error: type[Refusal] = UnableToSavePlace) -> str:
    try:
        return str(clean(text))
    except ValidationError as fault:
        raise error(fault.messages[0], field=field) from None


def _next_contract_number(line: Line) -> str:
    """Give the next contract identifier of a line; two at a time wait for one another."""
    letter = _LETTERS[line]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CONTRACT_NUMBERING_LOCK])
        cursor.execute(
            "SELECT number FROM sites_contract WHERE number >= %s AND number < %s AND length(number) = 8"
            " ORDER BY number DESC LIMIT 1",
            [f"{letter}1", f"{letter}9999999"],
        )
        found = cursor.fetchone()
    return f"{letter}{max(_FIRST_CONTRACT, int(found[0][1:]) + 1) if found else _FIRST_CONTRACT}"
