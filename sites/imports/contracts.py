"""What comes in from tables of contracts: how a row is read, and how a batch is written."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from customers.models import Customer
from register.audit.bulk import Merge, keys_by, merge_rows
from register.datamap import formats
from register.work.faults import Fault
from register.work.importing import (
    Batch,
    ImportContext,
    ImportField,
    ImportKind,
    Outcome,
    Typed,
    clean_date,
    clean_decimal,
    clean_whole,
    declare,
    one_of,
    text_of,
)
from sites.models import (
    Contract,
    ContractHolder,
    ContractProduct,
    HomeDetails,
    Product,
)

from .lookups import GSRN, SOURCED, controllers_by_line, kept, sites_by_gsrn, unknown
from .relationships import keep_relationships

_LINES = {
    "verkko": "network",
    "siirto": "network",
    "network": "network",
    "kaukolämpö": "heat",
    "lämpö": "heat",
    "heat": "heat",
    "sähkö": "supply",
    "myynti": "supply",
    "supply": "supply",
}
_HOUSINGS = {
    "omakotitalo": "house",
    "house": "house",
    "rivitalo": "terraced",
    "terraced": "terraced",
    "kerrostalo": "flat",
    "flat": "flat",
    "mökki": "cottage",
    "cottage": "cottage",
    "maatila": "farm",
    "farm": "farm",
    "liiketila": "premises",
    "premises": "premises",
}
_TENURES = {
    "omistaja": "owner",
    "owner": "owner",
    "vuokralainen": "tenant",
    "tenant": "tenant",
    "muu": "other",
    "other": "other",
}
_HEATINGS = {
    "kaukolämpö": "district",
    "district": "district",
    "suora sähkö": "electric",
    "electric": "electric",
    "varaava sähkö": "storage",
    "storage": "storage",
    "lämpöpumppu": "heat-pump",
    "heat-pump": "heat-pump",
    "puu": "wood",
    "wood": "wood",
    "öljy": "oil",
    "oil": "oil",
}
_CONTRACT = ("reference", "supplier_name", "signed_on", "started_on", "ended_on")
_HOLDERS = "ARRAY(SELECT h.customer_id FROM sites_contractholder h WHERE h.contract_id = {})"
_CONTROLLER = "(SELECT c.controller_id FROM sites_contract c WHERE c.id = m.contract_id)"
CONTRACT_MERGE = Merge(
    model=Contract,
    key=("number",),
    columns=("id", "number", "line", "controller_id", "site_id", *_CONTRACT, *SOURCED),
    once=("id", "line", "controller_id", "site_id", *SOURCED),
    controller="m.controller_id",
    subjects=_HOLDERS.format("m.id"),
)
HOLDER_MERGE = Merge(
    model=ContractHolder,
    key=("contract_id", "customer_id"),
    columns=("contract_id", "customer_id", "controller_id"),
    once=("controller_id",),
    controller="m.controller_id",
    subjects="ARRAY[m.customer_id]",
)
PRODUCT_MERGE = Merge(
    model=ContractProduct,
    key=("contract_id", "started_on"),
    columns=("contract_id", "started_on", "product_id", "energy_c_kwh", "basic_eur_month", "ended_on"),
    once=(),
    controller=_CONTROLLER,
    subjects=_HOLDERS.format("m.contract_id"),
)
_HOME = ("housing", "tenure", "heating", "technical_room_access", "timing_of_use", "estimate_kwh_year")
HOME_MERGE = Merge(
    model=HomeDetails,
    key=("contract_id",),
    columns=("contract_id", *_HOME),
    once=(),
    controller=_CONTROLLER,
    subjects=_HOLDERS.format("m.contract_id"),
)


def clean_customers(text: str) -> tuple[str, ...]:
    """Read one or more customer numbers, separated by a plus or a comma."""
    return tuple(dict.fromkeys(number.strip() for number in text.replace("+", ",").split(",") if number.strip()))


_CONTRACT_FIELDS: tuple[ImportField, ...] = (
    ImportField(
        "number",
        gettext_lazy("contract identifier"),
        text_of(20),
        True,
        ("sopimustunnus", "sopimusnumero", "sopimus"),
        "C09",
    ),
    ImportField(
        "customers",
        gettext_lazy("customer numbers"),
        clean_customers,
        True,
        ("asiakasnumero", "asiakas", "asiakkaat"),
        "C08",
    ),
    GSRN,
    ImportField(
        "line", gettext_lazy("line of business"), one_of(_LINES), True, ("liiketoiminta", "laji", "sopimuslaji")
    ),
    ImportField(
        "reference",
        gettext_lazy("contract reference"),
        formats.clean_reference,
        False,
        ("viite", "sopimuksen viite"),
        "C10",
    ),
    ImportField("supplier_name", gettext_lazy("electricity supplier"), text_of(100), False, ("myyjä", "sähkönmyyjä")),
    ImportField("signed_on", gettext_lazy("signed on"), clean_date, False, ("allekirjoitettu",)),
    ImportField("started_on", gettext_lazy("starts on"), clean_date, True, ("alkupäivä", "alkaa", "alkaen"), "C13"),
    ImportField("ended_on", gettext_lazy("ended on"), clean_date, False, ("loppupäivä", "päättyy", "päättynyt"), "C13"),
    ImportField("product", gettext_lazy("product"), text_of(20), False, ("tuote", "tuotekoodi"), "S06"),
    ImportField("energy_c_kwh", gettext_lazy("energy, c/kWh"), clean_decimal, False, ("hinta", "energiahinta"), "S07"),
    ImportField("basic_eur_month", gettext_lazy("basic charge, €/month"), clean_decimal, False, ("perusmaksu",), "S07"),
    ImportField("housing", gettext_lazy("housing type"), one_of(_HOUSINGS), False, ("asumismuoto",), "S03"),
    ImportField("tenure", gettext_lazy("tenure"), one_of(_TENURES), False, ("omistussuhde", "hallintamuoto"), "S03"),
    ImportField("heating", gettext_lazy("heating"), one_of(_HEATINGS), False, ("lämmitys", "lämmitysratkaisu"), "S08"),
    ImportField(
        "technical_room_access",
        gettext_lazy("access to the technical room"),
        text_of(200),
        False,
        ("pääsy tekniseen tilaan",),
        "S20",
    ),
    ImportField("timing_of_use", gettext_lazy("timing of use"), text_of(100), False, ("käytön ajoitus",), "S24"),
    ImportField(
        "estimate_kwh_year",
        gettext_lazy("consumption estimate, kWh a year"),
        clean_whole,
        False,
        ("kulutusarvio", "vuosikulutus"),
        "S25",
    ),
)


def check_contract(row: Typed) -> Iterator[tuple[str, str, str]]:
    """Give what does not go together."""
    if "ended_on" in row and row["ended_on"] <= row["started_on"]:
        yield "ended_on", "end-before-start", _("A contract ends after it starts.")
    if row["line"] != "network" and "supplier_name" in row:
        yield "supplier_name", "not-on-network", _("A supplier is named on network contracts only.")
    if not row["customers"]:
        yield "customers", "missing", _("A contract needs a holder.")
    for name in ("energy_c_kwh", "basic_eur_month"):
        if row.get(name, Decimal(0)) < 0:
            yield name, "negative", _("A price is not negative.")


def write_contracts(batch: Batch, context: ImportContext) -> Outcome:
    """Merge a batch of contracts by identifier, with holders, product, home, and the holders' relationship."""
    sites = sites_by_gsrn(row["gsrn"] for row in batch.rows)
    customers = keys_by(Customer, "number", [number for row in batch.rows for number in row["customers"]])
    products = {code: (key, line) for key, code, line in Product.objects.values_list("id", "code", "line")}
    faults = [
        *unknown(batch, "gsrn", sites, "unknown-site", _("There is no site with this metering point.")),
        *_unknown_holders(batch, customers),
        *_unfit_products(batch, products),
    ]
    rows = kept(batch, faults)
    known = keys_by(Contract, "number", [row["number"] for row in rows])
    keys = {row["number"]: known.get(row["number"]) or uuid7() for row in rows}
    controllers = controllers_by_line()
    counts = merge_rows(
        CONTRACT_MERGE,
        (
            (
                keys[row["number"]],
                row["number"],
                row["line"],
                controllers[row["line"]],
                sites[row["gsrn"]][0],
                *(row.get(name) for name in _CONTRACT),
                context.source,
                context.run.id,
            )
            for row in rows
        ),
        at=context.at,
        note=context.note,
    )
    write = partial(merge_rows, at=context.at, note=context.note)
    new = [row for row in rows if row["number"] not in known]  # holders are never added to a running contract
    write(
        HOLDER_MERGE,
        ((keys[row["number"]], customers[each], controllers[row["line"]]) for row in new for each in row["customers"]),
    )
    write(PRODUCT_MERGE, _product_rows(rows, keys, products))
    write(
        HOME_MERGE, ((keys[row["number"]], *(row.get(name) for name in _HOME)) for row in rows if _tells_of_home(row))
    )
    _keep_relationships(rows, customers, keys, known, context)
    return Outcome(counts, faults)


def _product_rows(
    rows: Sequence[Typed], keys: Mapping[str, UUID], products: Mapping[str, tuple[int, str]]
) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        if "product" in row:
            prices = (row.get("energy_c_kwh", Decimal(0)), row.get("basic_eur_month", Decimal(0)))
            yield keys[row["number"]], row["started_on"], products[row["product"]][0], *prices, row.get("ended_on")


def _tells_of_home(row: Typed) -> bool:
    return any(name in row for name in _HOME)


def _keep_relationships(
    rows: Sequence[Typed],
    customers: Mapping[str, UUID],
    keys: Mapping[str, UUID],
    known: Mapping[str, UUID],
    context: ImportContext,
) -> None:
    """Set the relationships of the holders: those that the file names, and those that a known contract has."""
    holders = {customers[each] for row in rows for each in row["customers"]}
    running = [keys[row["number"]] for row in rows if row["number"] in known]
    if running:
        holders.update(ContractHolder.objects.filter(contract__in=running).values_list("customer_id", flat=True))
    keep_relationships(holders, actor=context.actor, at=context.at, note=context.note)


def _unknown_holders(batch: Batch, customers: Mapping[str, UUID]) -> Iterator[Fault]:
    for number, row in zip(batch.numbers, batch.rows, strict=True):
        if any(each not in customers for each in row["customers"]):
            yield Fault(number, "unknown-customer", _("There is no customer with this number."), column="customers")


def _unfit_products(batch: Batch, products: Mapping[str, tuple[int, str]]) -> Iterator[Fault]:
    for number, row in zip(batch.numbers, batch.rows, strict=True):
        if "product" not in row:
            continue
        found = products.get(row["product"])
        if found is None:
            yield Fault(number, "unknown-product", _("There is no product with this code."), column="product")
        elif found[1] != row["line"]:
            yield Fault(number, "another-line", _("The product is of another line of business."), column="product")


CONTRACTS = declare(
    ImportKind(
        "contracts",
        gettext_lazy("contracts"),
        _CONTRACT_FIELDS,
        write_contracts,
        lambda row: row["number"],
        check_contract,
    )
)
