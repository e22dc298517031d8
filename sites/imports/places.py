"""What comes in from tables of sites and meters: how a row is read, and how a batch is written."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from customers.imports import unknown_post_offices
from customers.search.folding import words
from register.audit.bulk import Merge, keys_by, merge_rows
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
    with_leading_zeros,
)
from sites.models import (
    ElectricityConnection,
    HeatConnection,
    Meter,
    Site,
)

from .lookups import GSRN, SOURCED, controllers_by_line, kept, sites_by_gsrn, unknown

_COMMODITIES = {
    "sähkö": "electricity",
    "electricity": "electricity",
    "kaukolämpö": "heat",
    "lämpö": "heat",
    "heat": "heat",
}
_METHODS = {
    "pt15m": "PT15M",
    "15 min": "PT15M",
    "pt1h": "PT1H",
    "60 min": "PT1H",
    "tunti": "PT1H",
    "luettava": "read",
    "read": "read",
    "mittaamaton": "unmetered",
    "unmetered": "unmetered",
}
_PLACE = (
    "commodity",
    "street_address",
    "postal_code",
    "post_office",
    "address_key",
    "district",
    "block",
    "plot",
    "distribution_system_operator",
    "archive_identifier",
)
SITES_MERGE = Merge(model=Site, key=("gsrn",), columns=("id", "gsrn", *_PLACE, *SOURCED), once=("id", *SOURCED))
_ELECTRIC = (
    "main_fuse_phase_count",
    "main_fuse_a",
    "connection_size_a",
    "connection_point",
    "voltage_kv",
    "service_line_length_m",
)
_HEAT = ("contracted_power_kw", "water_flow_m3_h", "building_volume_m3")
_OF_SITE = ("id", "identifier", "site_id", "controller_id")
_CONNECTION_ONCE = ("id", "controller_id", *SOURCED)
ELECTRICITY_MERGE = Merge(
    model=ElectricityConnection,
    key=("identifier",),
    columns=(*_OF_SITE, *_ELECTRIC, *SOURCED),
    once=_CONNECTION_ONCE,
    controller="m.controller_id",
)
HEAT_MERGE = Merge(
    model=HeatConnection,
    key=("identifier",),
    columns=(*_OF_SITE, *_HEAT, *SOURCED),
    once=_CONNECTION_ONCE,
    controller="m.controller_id",
)
_METER = ("method", "front_fuse_a", "latitude", "longitude", "removed_on")
METER_MERGE = Merge(
    model=Meter,
    key=("number", "site_id", "installed_on"),
    columns=("id", "number", "site_id", "installed_on", "controller_id", *_METER, *SOURCED),
    once=("id", "controller_id", *SOURCED),
    controller="m.controller_id",
)


def clean_fuse(text: str) -> tuple[int, int]:
    """Read a main fuse such as 3x25 A into phases and amperes. Raises: ValidationError."""
    phases, sign, amperes = (
        text.lower().replace("\N{MULTIPLICATION SIGN}", "x").replace(" ", "").removesuffix("a").partition("x")
    )
    return (clean_whole(phases), clean_whole(amperes)) if sign else (3, clean_whole(phases))


_SITE_FIELDS: tuple[ImportField, ...] = (
    GSRN,
    ImportField("commodity", gettext_lazy("commodity"), one_of(_COMMODITIES), False, ("energialaji", "hyödyke")),
    ImportField("street_address", gettext_lazy("street address"), text_of(200), True, ("katuosoite", "osoite"), "S02"),
    ImportField("postal_code", gettext_lazy("postal code"), text_of(5), True, ("postinumero",), "S02"),
    ImportField("post_office", gettext_lazy("post office"), text_of(60), False, ("postitoimipaikka",), "S02"),
    ImportField("district", gettext_lazy("district"), text_of(60), False, ("kaupunginosa",), "C12"),
    ImportField("block", gettext_lazy("block"), text_of(20), False, ("kortteli",), "C12"),
    ImportField("plot", gettext_lazy("plot"), text_of(20), False, ("tontti",), "C12"),
    ImportField(
        "distribution_system_operator",
        gettext_lazy("distribution system operator"),
        text_of(100),
        False,
        ("jakeluverkonhaltija", "verkonhaltija"),
        "S04",
    ),
    ImportField(
        "archive_identifier", gettext_lazy("archive identifier"), text_of(40), False, ("arkistotunnus",), "S22"
    ),
    ImportField(
        "identifier",
        gettext_lazy("connection identifier"),
        text_of(20),
        False,
        ("liittymän tunnus", "liittymä"),
        "C11",
    ),
    ImportField("main_fuse", gettext_lazy("main fuse"), clean_fuse, False, ("pääsulake", "pääsulakkeen koko"), "S12"),
    ImportField(
        "connection_size_a", gettext_lazy("connection size, A"), clean_whole, False, ("liittymän koko",), "S13"
    ),
    ImportField("connection_point", gettext_lazy("connection point"), text_of(60), False, ("liittämiskohta",), "S14"),
    ImportField(
        "voltage_kv",
        gettext_lazy("voltage level"),
        one_of({"0.4": "0.4", "0,4": "0.4", "0,4 kV": "0.4", "20": "20", "20 kV": "20", "110": "110", "110 kV": "110"}),
        False,
        ("jännitetaso",),
        "S15",
    ),
    ImportField(
        "service_line_length_m",
        gettext_lazy("length of the service line, m"),
        clean_whole,
        False,
        ("liittymisjohdon pituus",),
        "S16",
    ),
    ImportField(
        "contracted_power_kw",
        gettext_lazy("contracted heat power, kW"),
        clean_decimal,
        False,
        ("sopimuslämpöteho",),
        "S17",
    ),
    ImportField(
        "water_flow_m3_h",
        gettext_lazy("contracted water flow, m³/h"),
        clean_decimal,
        False,
        ("sopimusvesivirta",),
        "S18",
    ),
    ImportField(
        "building_volume_m3",
        gettext_lazy("contracted building volume, m³"),
        clean_whole,
        False,
        ("sopimusrakennustilavuus",),
        "S19",
    ),
)


def check_site(row: Typed) -> Iterator[tuple[str, str, str]]:
    """Complete what follows from other values, and give what does not go together."""
    commodity = row.setdefault("commodity", "heat" if "contracted_power_kw" in row else "electricity")
    needed = ("contracted_power_kw", "water_flow_m3_h") if commodity == "heat" else ("main_fuse", "connection_size_a")
    foreign = (*_ELECTRIC, "main_fuse") if commodity == "heat" else _HEAT
    for name in foreign:
        if name in row:
            yield name, "another-commodity", _("This belongs to another kind of connection than the site's.")
    if "identifier" in row:
        for name in needed:
            if name not in row:
                yield name, "missing", _("A connection needs this.")
    row["address_key"] = " ".join(words(f"{row['street_address']} {row['postal_code']} {row.get('post_office', '')}"))


def write_sites(batch: Batch, context: ImportContext) -> Outcome:
    """Merge a batch of sites by metering point, and their connections by identifier."""
    faults = list(unknown_post_offices(batch))
    rows = kept(batch, faults)
    known = keys_by(Site, "gsrn", [row["gsrn"] for row in rows])
    keys = [known.get(row["gsrn"]) or uuid7() for row in rows]
    counts = merge_rows(
        SITES_MERGE,
        (
            (key, row["gsrn"], *(row.get(name) for name in _PLACE), context.source, context.run.id)
            for key, row in zip(keys, rows, strict=True)
        ),
        at=context.at,
        note=context.note,
    )
    controllers = controllers_by_line()
    for commodity, merge, names in (("electricity", ELECTRICITY_MERGE, _ELECTRIC), ("heat", HEAT_MERGE, _HEAT)):
        connected = [
            (key, row)
            for key, row in zip(keys, rows, strict=True)
            if row["commodity"] == commodity and "identifier" in row
        ]
        owner = controllers["heat" if commodity == "heat" else "network"]
        merge_rows(
            merge,
            (_connection(key, row, names, owner, context) for key, row in connected),
            at=context.at,
            note=context.note,
        )
    return Outcome(counts, faults)


def _connection(
    site: UUID, row: Typed, names: Sequence[str], controller: int, context: ImportContext
) -> tuple[Any, ...]:
    phases, amperes = row.get("main_fuse", (None, None))
    values = {**row, "main_fuse_phase_count": phases, "main_fuse_a": amperes}
    return (
        uuid7(),
        row["identifier"],
        site,
        controller,
        *(values.get(name) for name in names),
        context.source,
        context.run.id,
    )


_METER_FIELDS: tuple[ImportField, ...] = (
    ImportField(
        "number", gettext_lazy("meter number"), text_of(30), True, ("mittarin numero", "mittarinumero", "mittari")
    ),
    GSRN,
    ImportField("method", gettext_lazy("metering method"), one_of(_METHODS), True, ("mittaustapa",), "S11"),
    ImportField("front_fuse_a", gettext_lazy("fuse ahead of the meter, A"), clean_whole, False, ("etusulake",), "S23"),
    ImportField("latitude", gettext_lazy("latitude"), clean_decimal, False, ("leveysaste", "lat"), "S21"),
    ImportField("longitude", gettext_lazy("longitude"), clean_decimal, False, ("pituusaste", "lon"), "S21"),
    ImportField("installed_on", gettext_lazy("installed on"), clean_date, True, ("asennettu", "asennuspäivä")),
    ImportField("removed_on", gettext_lazy("removed on"), clean_date, False, ("poistettu", "poistopäivä")),
)


def check_meter(row: Typed) -> Iterator[tuple[str, str, str]]:
    """Give what does not go together."""
    if "removed_on" in row and row["removed_on"] <= row["installed_on"]:
        yield "removed_on", "end-before-start", _("A meter is removed after it is installed.")
    if ("latitude" in row) != ("longitude" in row):
        yield "latitude", "half-a-place", _("Give both coordinates or neither.")


def write_meters(batch: Batch, context: ImportContext) -> Outcome:
    """Merge a batch of meters by number, site and day of installation."""
    sites = sites_by_gsrn(row["gsrn"] for row in batch.rows)
    faults = unknown(batch, "gsrn", sites, "unknown-site", _("There is no site with this metering point."))
    rows = kept(batch, faults)
    controllers = controllers_by_line()
    staged = (
        (
            uuid7(),
            row["number"],
            sites[row["gsrn"]][0],
            row["installed_on"],
            controllers["heat" if sites[row["gsrn"]][1] == "heat" else "network"],
            *(row.get(name) for name in _METER),
            context.source,
            context.run.id,
        )
        for row in rows
    )
    return Outcome(merge_rows(METER_MERGE, staged, at=context.at, note=context.note), faults)


SITES = declare(
    ImportKind(
        "sites",
        gettext_lazy("sites"),
        _SITE_FIELDS,
        write_sites,
        lambda row: row["gsrn"],
        check_site,
        mend_workbook=with_leading_zeros,
    )
)
METERS = declare(
    ImportKind(
        "meters",
        gettext_lazy("meters"),
        _METER_FIELDS,
        write_meters,
        lambda row: (row["number"], row["gsrn"], row["installed_on"]),
        check_meter,
    )
)
