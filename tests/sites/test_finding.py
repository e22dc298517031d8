"""The finders of sites, contracts and invoices keep their indexes under the policies, at volume."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from billing.search import invoices_by_key
from register.access.scope import Actor, Scope
from register.audit.acting import acting
from sites.models import Site
from sites.search import contracts_by_key, sites_by_address, sites_by_prefix
from tests.factories.billing import InvoiceFactory
from tests.factories.sites import ContractFactory, SiteFactory

ASTA = Actor.staff("0193a000-0000-7000-8000-000000000001")
MANY = 3000


@pytest.fixture
def crowded(db: Any, as_owner: Any) -> Iterator[None]:
    """So many rows that the planner chooses as in a real register."""
    with acting(actor=ASTA, scope=Scope.staff(controllers=(1, 2))):
        site, contract, invoice = SiteFactory(), ContractFactory(), InvoiceFactory()
        for row, changed in ((site, "gsrn"), (contract, "number"), (invoice, "number")):
            copy(row, changed)
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("ANALYZE sites_site, sites_contract, billing_invoice")
        yield


def copy(row: Any, changed: str) -> None:
    """Copy a row many times with another key and number; of a contract the copies are cancelled."""
    table = row._meta.db_table
    names = [field.column for field in row._meta.concrete_fields if not field.generated]
    told = {"id": "gen_random_uuid()", changed: "'K' || n", "address_key": "md5(n::text)", "is_cancelled": "true"}
    told |= {"ended_on": "started_on + 1", "reference": "''"} if table == "sites_contract" else {}
    values = [told.get(name, f'"{name}"') for name in names]
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {', '.join(values)}"
            f" FROM {table}, generate_series(1, {MANY}) n WHERE id = %s",
            [row.pk],
        )


def test_each_finder_uses_an_index_under_the_policies(crowded: None) -> None:
    for query, table in (
        (sites_by_prefix("643007000000"), "sites_site"),
        (sites_by_address(["tulliportinkatu", "1"]), "sites_site"),
        (contracts_by_key("K12"), "sites_contract"),
        (contracts_by_key("1232"), "sites_contract"),
        (invoices_by_key("K12"), "billing_invoice"),
        (invoices_by_key("1232"), "billing_invoice"),
    ):
        told = str(query.explain(format="text"))
        assert f"Seq Scan on {table}" not in told, told
        assert "Index" in told
    assert Site.objects.count() > MANY
