"""Puts a package together: in the scope of the person, in the language of the person, as a stream of bytes."""

import datetime
import json
from collections.abc import Iterator
from typing import Any

from django.utils import translation
from django.utils.timezone import localdate

from customers.models import Customer
from dsar.models import Package
from register.access.scope import Actor, Scope
from register.audit.acting import acting
from register.identity.models import Controller
from retention.queries import what_goes_when

from .charts import curves_of
from .page import Facts, page
from .rows import Reading, count
from .schema import schema_of
from .tables import Table, package_tables
from .writing import Entry, as_csv, as_json, gathered, name_files, zipped


def build(
    customer: Customer, *, actor: Actor, at: datetime.datetime, request_number: str = "", counts: dict[str, int]
) -> Iterator[bytes]:
    """Yield the ZIP of all that the register has of the person; `counts` is filled with the rows by table.

    Opens the scope of the person: what the database does not show them is not in it.
    """
    with (
        acting(actor=actor, scope=Scope.portal(customers=(customer.pk,))),
        translation.override(customer.language),
    ):
        yield from zipped(entries(customer, at=at, request_number=request_number, counts=counts))


def entries(
    customer: Customer, *, at: datetime.datetime, request_number: str, counts: dict[str, int]
) -> Iterator[Entry]:
    """Yield what lies in the package: page, data, schema, tables, files, and what was left out."""
    tables, reading = package_tables(), Reading(customer.pk)
    counts.update({table.label: count(table, reading) for table in tables})
    # A package is not put into a package.
    files = name_files([table for table in tables if table.data_map.files and table.model is not Package], reading)
    day = localdate(at)
    facts = Facts(
        customer=customer,
        request_number=request_number,
        made_on=f"{day.day}.{day.month}.{day.year}",
        controllers=list(Controller.objects.order_by("pk")),
        goes=what_goes_when(customer.pk, on=day),
        curves=curves_of(customer.pk, on=day),
    )
    yield "index.html", gathered(page(tables, counts, reading, facts)), True
    head = {"customer": customer.number, "request": request_number, "made_at": at.isoformat()}
    yield "data.json", gathered(as_json(tables, reading, head)), True
    yield "schema.json", [_pretty(schema_of(tables))], True
    for table in tables:
        if counts[table.label]:
            yield f"csv/{table.file_name}", gathered(as_csv(table, reading)), True
    yield from files
    yield "left-out.json", [_pretty(left_out(tables, counts))], True


def left_out(tables: list[Table], counts: dict[str, int]) -> dict[str, Any]:
    """Tell what is withheld and why, by table and column, with the number of rows."""
    reasons = {"staff": "the names of staff (C-579/21)", "withheld": "the secret of somebody else"}
    return {
        f"{table.label}.{column.name}": {"reason": reasons[column.shown], "rows": counts[table.label]}
        for table in tables
        for column in table.columns
        if column.shown in reasons and counts[table.label]
    }


def _pretty(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
