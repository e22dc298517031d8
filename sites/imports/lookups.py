"""What the imports of sites and contracts look up: places, keys and whose a line of business is."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from register.datamap import formats
from register.identity.models import Controller
from register.work.faults import Fault
from register.work.importing import Batch, ImportField, Typed
from sites.models import Site

SOURCED = ("source", "import_run_id")
GSRN = ImportField(
    "gsrn",
    gettext_lazy("metering point"),
    formats.clean_gsrn,
    True,
    ("käyttöpaikka", "käyttöpaikan tunnus", "käyttöpaikkatunnus", "gsrn", "mittauspisteen tunnus"),
    "S01",
)


def unknown(batch: Batch, name: str, known: Mapping[str, Any], code: str, why: str) -> list[Fault]:
    return [
        Fault(number, code, why, column=name)
        for number, row in zip(batch.numbers, batch.rows, strict=True)
        if row[name] not in known
    ]


def kept(batch: Batch, faults: Iterable[Fault]) -> list[Typed]:
    refused = {fault.row_number for fault in faults}
    return [row for number, row in zip(batch.numbers, batch.rows, strict=True) if number not in refused]


def sites_by_gsrn(gsrns: Iterable[str]) -> dict[str, tuple[UUID, str]]:
    rows = Site.objects.filter(gsrn__in=list(gsrns)).values_list("gsrn", "id", "commodity")
    return {gsrn: (key, commodity) for gsrn, key, commodity in rows}


def controllers_by_line() -> dict[str, int]:
    """Give the controller of each line: the network is the network company's, heat and supply the energy company's."""
    by_code = dict(Controller.objects.values_list("code", "id"))
    return {"network": by_code["network"], "heat": by_code["energy"], "supply": by_code["energy"]}
