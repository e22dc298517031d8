"""What comes in from tables of the marketing register: somebody who is no customer; whoever has objected stays out."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from customers.imports.people import unknown_post_offices
from customers.models import Prospect, Suppression
from customers.models.marketing import Channel
from customers.operations.marketing import suppression_digest
from register.audit.bulk import Merge, merge_rows
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
    clean_whole,
    declare,
    one_of,
    text_of,
    with_leading_zeros,
)

_SOURCES = {
    "R1": "R1",
    "R2": "R2",
    "R5": "R5",
    "R6": "R6",
    "R7": "R7",
    "Fonecta": "R5",
    "Kilpailuttaja": "R6",
    "Itella": "R7",
}
_PLAIN = ("name", "birth_year", "phone", "email", "street_address", "postal_code", "post_office", "interest")
_FOUND_BY = ("name", "phone", "email", "street_address")
PROSPECT_MERGE = Merge(
    model=Prospect,
    key=("id",),
    columns=("id", *_PLAIN, "processed_on", "source", "import_run_id"),
    once=("id", "import_run_id"),
)
_FIELDS: tuple[ImportField, ...] = (
    ImportField("name", gettext_lazy("name"), text_of(200), True, ("nimi",), "C01"),
    ImportField("birth_year", gettext_lazy("year of birth"), clean_whole, False, ("syntymävuosi",), "C02"),
    ImportField("phone", gettext_lazy("phone"), formats.clean_phone, False, ("puhelin", "puhelinnumero"), "C04"),
    ImportField("email", gettext_lazy("email"), formats.clean_email, False, ("sähköposti",), "C05"),
    ImportField("street_address", gettext_lazy("street address"), text_of(200), False, ("katuosoite", "osoite"), "C06"),
    ImportField("postal_code", gettext_lazy("postal code"), text_of(10), False, ("postinumero",), "C06"),
    ImportField("post_office", gettext_lazy("post office"), text_of(60), False, ("postitoimipaikka",), "C06"),
    ImportField("interest", gettext_lazy("interested in"), text_of(100), False, ("kiinnostus", "kohderyhmä")),
    ImportField("collected_on", gettext_lazy("collected on"), clean_date, False, ("kerätty", "keruupäivä", "päivä")),
    ImportField("source", gettext_lazy("source"), one_of(_SOURCES), False, ("lähde",)),
)


def check_row(row: Typed) -> Iterator[tuple[str, str, str]]:
    """Give what is missing to reach somebody, and what cannot be right."""
    if not {"phone", "email", "street_address"} & row.keys():
        yield "phone", "nobody", _("Give a phone, an email or an address.")
    if not 1900 <= row.get("birth_year", 1900) <= 2100:
        yield "birth_year", "year", _("This is no year of birth.")


def write_prospects(batch: Batch, context: ImportContext) -> Outcome:
    """Take in whom no objection stops; who is there already stays as they are, with the day of their collection."""
    faults = [*unknown_post_offices(batch), *_objected(batch), *_of_the_future(batch, context)]
    refused = {fault.row_number for fault in faults}
    rows = [row for number, row in zip(batch.numbers, batch.rows, strict=True) if number not in refused]
    known = _known(rows)
    fresh = [row for row in rows if _identity(row) not in known]
    today = localdate(context.at)
    counts = merge_rows(
        PROSPECT_MERGE,
        (
            (
                uuid7(),
                *(row.get(name) for name in _PLAIN),
                row.get("collected_on", today),
                row.get("source", context.source),
                context.run.id,
            )
            for row in fresh
        ),
        at=context.at,
        note=context.note,
    )
    return Outcome({**counts, "unchanged": len(rows) - len(fresh)}, faults)


def _identity(row: Typed) -> tuple[Any, ...]:
    return tuple(row.get(name, "") for name in _FOUND_BY)


def _known(rows: Sequence[Typed]) -> set[tuple[Any, ...]]:
    names = {row["name"] for row in rows}
    return set(Prospect.objects.filter(name__in=names).values_list(*_FOUND_BY))


def _objected(batch: Batch) -> Iterator[Fault]:
    """Refuse every address on which somebody has objected to marketing (clause G3)."""
    told = [
        (number, name, suppression_digest(channel, row[name]))
        for number, row in zip(batch.numbers, batch.rows, strict=True)
        for channel, name in ((Channel.PHONE, "phone"), (Channel.SMS, "phone"), (Channel.EMAIL, "email"))
        if name in row
    ]
    standing = {
        bytes(digest)
        for digest in Suppression.objects.filter(
            digest__in=[digest for _number, _name, digest in told], withdrawn_on__isnull=True
        ).values_list("digest", flat=True)
    }
    why = _("This address has objected to marketing: it cannot be taken in.")
    for number, name, digest in told:
        if bytes(digest) in standing:
            yield Fault(number, "objected", why, column=name)


def _of_the_future(batch: Batch, context: ImportContext) -> Iterator[Fault]:
    today = localdate(context.at)
    for number, row in zip(batch.numbers, batch.rows, strict=True):
        if row.get("collected_on", today) > today:
            yield Fault(number, "future", _("The day of collection lies in the future."), column="collected_on")


PROSPECTS = declare(
    ImportKind(
        "prospects",
        gettext_lazy("marketing register"),
        _FIELDS,
        write_prospects,
        _identity,
        check_row,
        mend_workbook=with_leading_zeros,
    )
)
