"""What comes in from tables of devices that the group delivered to the sites of contracts (item S10)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from register.audit.bulk import Merge, merge_rows
from register.work.importing import (
    Batch,
    ImportContext,
    ImportField,
    ImportKind,
    Outcome,
    Typed,
    clean_date,
    declare,
    text_of,
)
from sites.models import Contract, DeliveredDevice

from .lookups import SOURCED, kept, unknown

_COLUMNS = ("kind", "serial_number", "delivered_on", "model", "removed_on")
DEVICE_MERGE = Merge(
    model=DeliveredDevice,
    key=("contract_id", "kind", "serial_number", "delivered_on"),
    columns=("contract_id", "controller_id", *_COLUMNS, *SOURCED),
    once=("controller_id", *SOURCED),
    subjects="ARRAY(SELECT h.customer_id FROM sites_contractholder h WHERE h.contract_id = m.contract_id)",
    controller="m.controller_id",
)
_FIELDS: tuple[ImportField, ...] = (
    ImportField(
        "contract",
        gettext_lazy("contract identifier"),
        text_of(20),
        True,
        ("sopimustunnus", "sopimusnumero", "sopimus"),
    ),
    ImportField("kind", gettext_lazy("kind"), text_of(60), True, ("laite", "laitteen laji", "laji"), "S10"),
    ImportField("model", gettext_lazy("model"), text_of(100), False, ("malli",), "S10"),
    ImportField("serial_number", gettext_lazy("serial number"), text_of(60), False, ("sarjanumero",), "S10"),
    ImportField("delivered_on", gettext_lazy("delivered on"), clean_date, True, ("toimitettu", "toimituspäivä"), "S10"),
    ImportField("removed_on", gettext_lazy("removed on"), clean_date, False, ("poistettu", "poistopäivä"), "S10"),
)


def check_device(row: Typed) -> Iterator[tuple[str, str, str]]:
    """Complete what is empty, and give what does not go together."""
    row.setdefault("serial_number", "")
    if "removed_on" in row and row["removed_on"] < row["delivered_on"]:
        yield "removed_on", "end-before-start", _("A device is removed after it is delivered.")


def write_devices(batch: Batch, context: ImportContext) -> Outcome:
    """Merge a batch of devices by contract, kind, serial number and day of delivery."""
    found = Contract.objects.filter(number__in=[row["contract"] for row in batch.rows])
    contracts = {number: (key, owner) for number, key, owner in found.values_list("number", "id", "controller_id")}
    faults = unknown(batch, "contract", contracts, "unknown-contract", _("There is no such contract."))
    rows = kept(batch, faults)
    staged = (
        (*contracts[row["contract"]], *(row.get(name) for name in _COLUMNS), context.source, context.run.id)
        for row in rows
    )
    return Outcome(merge_rows(DEVICE_MERGE, staged, at=context.at, note=context.note), faults)


DEVICES = declare(
    ImportKind(
        "devices",
        gettext_lazy("delivered devices"),
        _FIELDS,
        write_devices,
        lambda row: (row["contract"], row["kind"], row["serial_number"], row["delivered_on"]),
        check_device,
    )
)
