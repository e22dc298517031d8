"""What comes in from tables of customers: how each row is read, and how a batch is written with its change log."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from customers.models import Customer, PostalCode
from customers.search.tokens import add_search_tokens, rebuild_search_tokens
from register.audit.bulk import Merge, keys_by, merge_rows
from register.crypto.sealing import compact, indexer, seal_many
from register.datamap import formats
from register.datamap.formats import birth_date_in
from register.work.faults import Fault
from register.work.importing import (
    Batch,
    ImportContext,
    ImportField,
    ImportKind,
    Outcome,
    Typed,
    clean_date,
    clean_yes_no,
    declare,
    one_of,
    text_of,
    with_leading_zeros,
)

TABLE = Customer._meta.db_table
_ONE_DAY = datetime.timedelta(days=1)
_KINDS = {
    "henkilö": "person",
    "person": "person",
    "kuluttaja": "person",
    "yritys": "company",
    "company": "company",
    "yhteisö": "company",
    "kuolinpesä": "estate",
    "estate": "estate",
}
_LANGUAGES = {"fi": "fi", "suomi": "fi", "sv": "sv", "ruotsi": "sv", "en": "en", "englanti": "en"}
_PLAIN = (
    "kind",
    "given_names",
    "family_name",
    "organisation_name",
    "birth_on",
    "business_id",
    "phone",
    "other_phone",
    "email",
    "street_address",
    "postal_code",
    "post_office",
    "country",
    "language",
    "is_protected",
    "relationship_started_on",
)
_COLUMNS = (
    "id",
    "number",
    *_PLAIN,
    "identity_code",
    "identity_code_index",
    "relationship_ended_on",
    "source",
    "import_run_id",
)
MERGE = Merge(
    model=Customer,
    key=("number",),
    columns=_COLUMNS,
    once=("id", "relationship_ended_on", "source", "import_run_id"),
    secrets={"identity_code": "identity_code_index"},
    subjects="ARRAY[m.id]",
)


_FIELDS: tuple[ImportField, ...] = (
    ImportField("number", gettext_lazy("customer number"), text_of(12), True, ("asiakasnumero", "asiakas"), "C08"),
    ImportField("kind", gettext_lazy("kind"), one_of(_KINDS), False, ("laji", "asiakaslaji", "tyyppi")),
    ImportField("given_names", gettext_lazy("given names"), text_of(100), False, ("etunimet", "etunimi"), "C01"),
    ImportField("family_name", gettext_lazy("family name"), text_of(100), False, ("sukunimi",), "C01"),
    ImportField(
        "organisation_name",
        gettext_lazy("name of the company or estate"),
        text_of(200),
        False,
        ("yrityksen nimi", "yritys", "nimi", "organisaatio"),
        "C01",
    ),
    ImportField("birth_on", gettext_lazy("date of birth"), clean_date, False, ("syntymäaika", "syntynyt"), "C02"),
    ImportField(
        "identity_code",
        gettext_lazy("personal identity code"),
        formats.clean_identity_code,
        False,
        ("henkilötunnus", "hetu"),
        "C03",
    ),
    ImportField("business_id", gettext_lazy("business ID"), formats.clean_business_id, False, ("y-tunnus", "ytunnus")),
    ImportField("phone", gettext_lazy("phone"), formats.clean_phone, False, ("puhelin", "matkapuhelin", "gsm"), "C04"),
    ImportField(
        "other_phone",
        gettext_lazy("other phone"),
        formats.clean_phone,
        False,
        ("muu puhelin", "kotipuhelin"),
        "C04",
    ),
    ImportField("email", gettext_lazy("email"), formats.clean_email, False, ("sähköposti", "sähköpostiosoite"), "C05"),
    ImportField("street_address", gettext_lazy("street address"), text_of(200), False, ("katuosoite", "osoite"), "C06"),
    ImportField("postal_code", gettext_lazy("postal code"), text_of(10), False, ("postinumero",), "C06"),
    ImportField(
        "post_office", gettext_lazy("post office"), text_of(60), False, ("postitoimipaikka", "kaupunki"), "C06"
    ),
    ImportField("country", gettext_lazy("country"), formats.clean_country, False, ("maa", "maakoodi"), "C06"),
    ImportField("language", gettext_lazy("language"), one_of(_LANGUAGES), False, ("kieli", "asiointikieli")),
    ImportField(
        "is_protected", gettext_lazy("non-disclosure for personal safety"), clean_yes_no, False, ("turvakielto",)
    ),
    ImportField(
        "relationship_started_on",
        gettext_lazy("customer since"),
        clean_date,
        False,
        ("asiakas alkaen", "asiakkaana"),
    ),
)


def check_row(row: Typed) -> Iterator[tuple[str, str, str]]:
    """Complete what follows from other values, and give what does not go together."""
    kind = row.setdefault("kind", "company" if row.get("business_id") or row.get("organisation_name") else "person")
    if kind == "person" and not row.get("family_name"):
        yield "family_name", "missing", _("A person needs a family name.")
    if kind != "person" and not row.get("organisation_name"):
        yield "organisation_name", "missing", _("A company or an estate needs its name.")
    if kind != "company" and row.get("business_id"):
        yield "business_id", "not-a-company", _("Only a company has a business ID.")
    code = row.get("identity_code")
    if code and kind == "company":
        yield "identity_code", "a-company", _("A company has no personal identity code.")
    elif code:
        born = birth_date_in(code)
        if row.setdefault("birth_on", born) != born:
            yield "birth_on", "not-as-in-the-code", _("The date of birth is not that of the identity code.")
    born_on = row.get("birth_on")
    if born_on and row.get("relationship_started_on", datetime.date.max) < born_on:
        yield "relationship_started_on", "before-birth", _("The relationship starts before the date of birth.")


def write_customers(batch: Batch, context: ImportContext) -> Outcome:
    """Merge a batch of customers by their number, with the change log in the same statement."""
    faults = list(unknown_post_offices(batch))
    refused = {fault.row_number for fault in faults}
    kept = [row for number, row in zip(batch.numbers, batch.rows, strict=True) if number not in refused]
    known = keys_by(Customer, "number", [row["number"] for row in kept])
    keys = [known.get(row["number"]) or uuid7() for row in kept]
    counts = merge_rows(MERGE, _database_rows(kept, keys, context), at=context.at, note=context.note)
    if counts["updated"]:
        rebuild_search_tokens(list(known.values()))
    new = [(key, row) for key, row in zip(keys, kept, strict=True) if row["number"] not in known]
    if new:
        add_search_tokens(new)
    return Outcome(counts, faults)


def _database_rows(rows: Sequence[Typed], keys: Sequence[UUID], context: ImportContext) -> Iterator[tuple[Any, ...]]:
    index, source, run_id = indexer(f"{TABLE}.identity_code"), context.source, context.run.id
    secret = [(key, row["identity_code"]) for key, row in zip(keys, rows, strict=True) if "identity_code" in row]
    sealed = iter(seal_many(TABLE, "identity_code", secret))
    today = localdate(context.at)  # until a contract comes in, the clock runs from the day of the import (clause T1)
    for key, row in zip(keys, rows, strict=True):
        value = row.get
        code = value("identity_code")
        yield (
            key,
            row["number"],
            *map(value, _PLAIN),
            next(sealed) if code else None,
            index(compact(code)) if code else None,
            max(today, value("relationship_started_on", today)) + _ONE_DAY,
            source,
            run_id,
        )


def unknown_post_offices(batch: Batch) -> Iterable[Fault]:
    """Check Finnish postal codes against the table of post offices, and fill in an office left empty."""
    found = PostalCode.objects.values_list("code", "office_fi", "office_sv")
    offices = {code: (fi, {fi.casefold(), sv.casefold()}) for code, fi, sv in found}
    if not offices:
        return
    for number, row in zip(batch.numbers, batch.rows, strict=True):
        code = row.get("postal_code")
        if not code or row.get("country", "FI") != "FI":
            continue
        known = offices.get(code)
        if known is None:
            yield Fault(number, "unknown-postal-code", _("There is no such postal code."), column="postal_code")
        elif row.setdefault("post_office", known[0]).casefold() not in known[1]:
            yield Fault(
                number, "another-post-office", _("The post office is not that of the code."), column="post_office"
            )


CUSTOMERS = declare(
    ImportKind(
        code="customers",
        title=gettext_lazy("customers"),
        fields=_FIELDS,
        write=write_customers,
        key=lambda row: row["number"],
        check_row=check_row,
        mend_workbook=with_leading_zeros,
    )
)
