"""What comes in from tables of representatives: who stands for which customer, in which role and when (item C07)."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from customers.models import Customer, Mandate, Representative
from register.audit.bulk import Merge, merge_rows
from register.crypto.sealing import compact, indexer, seal
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
    declare,
    one_of,
    text_of,
)

TABLE = Representative._meta.db_table
_ROLES = {
    "yhteyshenkilö": "contact",
    "contact": "contact",
    "valtuutettu": "attorney",
    "attorney": "attorney",
    "edunvalvoja": "guardian",
    "guardian": "guardian",
    "kuolinpesän osakas": "estate",
    "estate": "estate",
    "isännöitsijä": "manager",
    "manager": "manager",
}
_PLAIN = ("given_names", "family_name", "phone", "email")
REPRESENTATIVE_MERGE = Merge(
    model=Representative,
    key=("id",),
    columns=("id", *_PLAIN, "identity_code", "identity_code_index", "relationship_ended_on", "source", "import_run_id"),
    once=("id", "relationship_ended_on", "source", "import_run_id"),
    secrets={"identity_code": "identity_code_index"},
    subjects="ARRAY(SELECT t.customer_id FROM customers_mandate t WHERE t.representative_id = m.id)",
)
MANDATE_MERGE = Merge(
    model=Mandate,
    key=("customer_id", "representative_id", "role", "started_on"),
    columns=("customer_id", "representative_id", "role", "started_on", "ended_on"),
    once=(),
    subjects="ARRAY[m.customer_id]",
)
_FIELDS: tuple[ImportField, ...] = (
    ImportField("customer_number", gettext_lazy("customer number"), text_of(12), True, ("asiakasnumero",), "C08"),
    ImportField("role", gettext_lazy("role"), one_of(_ROLES), False, ("rooli", "asema"), "C07"),
    ImportField("given_names", gettext_lazy("given names"), text_of(100), False, ("etunimet", "etunimi"), "C07"),
    ImportField("family_name", gettext_lazy("family name"), text_of(100), True, ("sukunimi",), "C07"),
    ImportField(
        "identity_code",
        gettext_lazy("personal identity code"),
        formats.clean_identity_code,
        False,
        ("henkilötunnus", "hetu"),
        "C07",
    ),
    ImportField("phone", gettext_lazy("phone"), formats.clean_phone, False, ("puhelin", "puhelinnumero"), "C07"),
    ImportField("email", gettext_lazy("email"), formats.clean_email, False, ("sähköposti",), "C07"),
    ImportField("started_on", gettext_lazy("from"), clean_date, True, ("alkaen", "alkupäivä")),
    ImportField("ended_on", gettext_lazy("until"), clean_date, False, ("asti", "loppupäivä", "päättyen")),
)


def check_row(row: Typed) -> Iterator[tuple[str, str, str]]:
    """Complete what follows from other values, and give what does not go together."""
    row.setdefault("role", "contact")
    row.setdefault("given_names", "")
    if "ended_on" in row and row["ended_on"] <= row["started_on"]:
        yield "ended_on", "end-before-start", _("A mandate ends after it starts.")


def write_representatives(batch: Batch, context: ImportContext) -> Outcome:
    """Merge a batch of representatives, found by identity code or by name at the same customer, and their mandates."""
    numbers = [row["customer_number"] for row in batch.rows]
    found = Customer.objects.filter(number__in=numbers).values_list("number", "id", "relationship_ended_on")
    customers = {number: (key, ended_on) for number, key, ended_on in found}
    faults = [
        Fault(number, "unknown-customer", _("There is no such customer."), column="customer_number")
        for number, row in zip(batch.numbers, batch.rows, strict=True)
        if row["customer_number"] not in customers
    ]
    rows = [row for row in batch.rows if row["customer_number"] in customers]
    index = indexer(f"{TABLE}.identity_code")
    indexes = [index(compact(row["identity_code"])) if "identity_code" in row else None for row in rows]
    keys = _keys(rows, indexes, {number: key for number, (key, _ended_on) in customers.items()})
    people: dict[UUID, tuple[Any, ...]] = {}
    for key, row, blind in zip(keys, rows, indexes, strict=True):
        told = (
            key,
            *(row.get(name) for name in _PLAIN),
            seal(TABLE, "identity_code", key, row["identity_code"]) if blind else None,
            blind,
            customers[row["customer_number"]][1],
            context.source,
            context.run.id,
        )
        former = people.get(key, told)  # an empty cell overwrites nothing
        people[key] = tuple(new if new not in (None, "") else old for new, old in zip(told, former, strict=True))
    counts = merge_rows(REPRESENTATIVE_MERGE, people.values(), at=context.at, note=context.note)
    mandates = merge_rows(
        MANDATE_MERGE,
        (
            (customers[row["customer_number"]][0], key, row["role"], row["started_on"], row.get("ended_on"))
            for key, row in zip(keys, rows, strict=True)
        ),
        at=context.at,
        note=context.note,
    )
    _keep_clocks(list(people), context)
    return Outcome({name: counts[name] + mandates[name] for name in counts}, faults)


def _keys(rows: Sequence[Typed], indexes: Sequence[bytes | None], customers: dict[str, UUID]) -> list[UUID]:
    """Give each row's representative: the one that is there, one of an earlier row, or a new one."""
    wanted = [blind for blind in indexes if blind]
    by_code = {
        bytes(blind): key
        for blind, key in Representative.objects.filter(identity_code_index__in=wanted).values_list(
            "identity_code_index", "id"
        )
        if blind is not None
    }
    mandates = Mandate.objects.filter(customer__in=customers.values()).values_list(
        "customer_id", "representative__family_name", "representative__given_names", "representative_id"
    )
    by_name = {(customer, family, given): key for customer, family, given, key in mandates}
    keys = []
    for row, blind in zip(rows, indexes, strict=True):
        name = (customers[row["customer_number"]], row["family_name"], row["given_names"])
        key = (by_code.get(bytes(blind)) if blind else None) or by_name.get(name) or uuid7()
        if blind:
            by_code[bytes(blind)] = key
        by_name[name] = key
        keys.append(key)
    return keys


def _keep_clocks(keys: Sequence[UUID], context: ImportContext) -> None:
    """Let each representative be held as long as the last customer for whom they stand."""
    rows = []
    for row in Representative.objects.filter(pk__in=keys).prefetch_related("mandates__customer"):
        ends = [mandate.customer.relationship_ended_on for mandate in row.mandates.all()]
        last = None if not ends or None in ends else max(end for end in ends if end is not None)
        if last != row.relationship_ended_on:
            rows.append((row.pk, last))
    clock = Merge(
        model=Representative,
        key=("id",),
        columns=("id", "relationship_ended_on"),
        exact=("relationship_ended_on",),
        subjects=REPRESENTATIVE_MERGE.subjects,
    )
    merge_rows(clock, rows, at=context.at, note=context.note)


REPRESENTATIVES = declare(
    ImportKind(
        code="representatives",
        title=gettext_lazy("representatives"),
        fields=_FIELDS,
        write=write_representatives,
        key=lambda row: (
            row["customer_number"], row["family_name"], row["given_names"], row["role"], row["started_on"],
        ),
        check_row=check_row,
    )
)  # fmt: skip
