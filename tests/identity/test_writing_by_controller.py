"""What belongs to one company is changed by nobody of the other, though both read it: accounts, products, prices."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db import connection, models
from django.test import Client, RequestFactory
from django.urls import reverse

from billing.models import OwnAccount
from register.access.guard import another_role
from register.access.schema import declared_access, protected_tables
from register.access.scope import Actor, Scope
from register.audit.acting import acting, acting_as_service
from register.datamap.registry import declared_models
from register.identity.roles import Role
from register.identity.rows import OnlyAdded
from sites.models import Product, ProductPrice
from tests.factories import FACTORIES
from tests.harness.staff import make_staff, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.clause("X2")]
ENERGY, NETWORK = 1, 2
THEIRS, OURS = "FI2112345600000785", "FI5250000009000018"
PRODUCT = {"code": "SAHKO-X", "name": "Sähkö X", "line": "supply"}


@pytest.fixture
def biller() -> Client:
    """Billing at the network company alone."""
    return signed_in(make_staff(role=Role.BILLING, controllers=(NETWORK,)))


@pytest.fixture
def biller_of_both() -> Client:
    return signed_in(make_staff(role=Role.BILLING, email="molemmat@example.org"))


def make(model: type[models.Model], **values: Any) -> Any:
    with acting_as_service("test"):
        return FACTORIES[model](**values)


def stored(row: Any) -> Any:
    with acting_as_service("test"):
        return type(row)._default_manager.get(pk=row.pk)


def change(client: Client, row: models.Model, **sent: Any) -> Any:
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return client.post(url, sent)


@pytest.mark.parametrize("controller", [ENERGY, NETWORK])
def test_the_bank_account_of_the_other_company_cannot_be_taken_over(biller: Client, controller: int) -> None:
    account = make(OwnAccount, controller_id=ENERGY, iban=THEIRS, name="maksut")
    assert change(biller, account, controller=controller, iban=OURS, name="meidän").status_code == 403
    now = stored(account)
    assert (now.controller_id, now.iban, now.name) == (ENERGY, THEIRS, "maksut")


@pytest.mark.parametrize("controller", [ENERGY, NETWORK])
def test_the_product_of_the_other_company_cannot_be_taken_over(biller: Client, controller: int) -> None:
    product = make(Product, controller_id=ENERGY, name="Sähkö")
    assert change(biller, product, controller=controller, **PRODUCT).status_code == 403
    assert (stored(product).controller_id, stored(product).name) == (ENERGY, "Sähkö")


def test_the_price_of_the_other_companys_product_cannot_be_changed(biller: Client) -> None:
    price = make(ProductPrice, product=make(Product, controller_id=ENERGY), energy_c_kwh=5)
    sent = {
        "product": price.product_id, "energy_c_kwh": "0", "basic_eur_month": "0", "power_eur_kw_month": "0",
        "started_on": "2026-01-01",
    }  # fmt: skip
    assert change(biller, price, **sent).status_code == 403
    assert stored(price).energy_c_kwh == 5


def test_the_other_companys_rows_are_still_read(biller: Client) -> None:
    account = make(OwnAccount, controller_id=ENERGY, iban=THEIRS)
    page = biller.get(reverse("admin:billing_ownaccount_change", args=[account.pk]))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert THEIRS in biller.get(reverse("admin:billing_ownaccount_changelist")).content.decode()


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("billing_ownaccount", {"controller": ENERGY, "iban": THEIRS, "name": "x"}),
        ("sites_product", {"controller": ENERGY, **PRODUCT}),
    ],
)
def test_a_row_for_the_other_company_is_refused_in_words(biller: Client, name: str, sent: dict[str, Any]) -> None:
    answer = biller.post(reverse(f"admin:{name}_add"), sent)
    assert answer.status_code == 200
    assert "toisen yhtiön" in answer.content.decode()
    with acting_as_service("test"):
        assert not OwnAccount.objects.filter(iban=THEIRS).exists()
        assert not Product.objects.filter(code=PRODUCT["code"]).exists()


def test_a_price_for_the_other_companys_product_is_refused_in_words(biller: Client) -> None:
    product = make(Product, controller_id=ENERGY)
    sent = {
        "product": product.pk, "energy_c_kwh": "1", "basic_eur_month": "1", "power_eur_kw_month": "0",
        "started_on": "1.1.2026",
    }  # fmt: skip
    answer = biller.post(reverse("admin:sites_productprice_add"), sent)
    assert answer.status_code == 200
    assert "toisen yhtiön" in answer.content.decode()
    with acting_as_service("test"):
        assert not ProductPrice.objects.exists()


def test_one_changes_the_rows_of_ones_own_company(biller: Client) -> None:
    account = make(OwnAccount, controller_id=NETWORK, iban=OURS)
    assert change(biller, account, iban=OURS, name="verkkomaksut").status_code == 302
    assert stored(account).name == "verkkomaksut"
    product = make(Product, controller_id=NETWORK, line="network")
    assert change(biller, product, code="SIIRTO-X", name="Siirto X", line="network").status_code == 302
    assert stored(product).code == "SIIRTO-X"


def test_whose_a_row_is_stays_even_for_who_may_for_both(biller_of_both: Client) -> None:
    account = make(OwnAccount, controller_id=ENERGY, iban=THEIRS)
    assert change(biller_of_both, account, controller=NETWORK, iban=THEIRS, name="a").status_code == 302
    assert (stored(account).controller_id, stored(account).name) == (ENERGY, "a")
    product = make(Product, controller_id=ENERGY)
    assert change(biller_of_both, product, controller=NETWORK, **PRODUCT).status_code == 302
    assert (stored(product).controller_id, stored(product).code) == (ENERGY, PRODUCT["code"])


@pytest.mark.parametrize("table", ["billing_ownaccount", "sites_product", "sites_productprice"])
@pytest.mark.parametrize("kind", ["staff", "portal", "nobody"])
def test_the_database_itself_keeps_the_tables_apart(table: str, kind: str) -> None:
    make(OwnAccount, controller_id=ENERGY, iban=THEIRS)
    make(ProductPrice, product=make(Product, controller_id=ENERGY), started_on=datetime.date(2020, 1, 1))
    said = "energy_c_kwh = 0" if table == "sites_productprice" else "controller_id = 2"
    scopes = {"staff": Scope.staff(controllers=(NETWORK,)), "portal": Scope.portal(customers=())}

    def changed() -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone()[0] >= 1
            cursor.execute(f"UPDATE {table} SET {said}")
            return cursor.rowcount

    if kind == "nobody":
        with another_role():
            assert changed() == 0
    else:
        with acting(actor=Actor.staff("somebody"), scope=scopes[kind]):
            assert changed() == 0
    with acting_as_service("test"):
        assert ProductPrice.objects.get().energy_c_kwh != Decimal(0)


def test_every_table_that_names_a_controller_is_written_by_its_own_company_alone() -> None:
    """The roles given to accounts are read before a scope exists; their form checks for whom one may give them."""
    open_ones = {
        model._meta.label
        for model, _map in declared_models()
        if any(field.attname == "controller_id" for field in model._meta.concrete_fields)
        and "register.controllers" not in declared_access(model).staff
        and model._meta.db_table not in protected_tables()
    }
    assert open_ones == {"identity.RoleGrant"}


def test_no_form_asks_anew_whose_a_row_is() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    asking = {
        model._meta.label
        for model, page in admin.site._registry.items()
        if "controller" in getattr(page.form, "base_fields", {})
        and page.has_change_permission.__func__ is not OnlyAdded.has_change_permission  # type: ignore[attr-defined]
        and "controller" not in page.get_readonly_fields(request, model())
    }
    assert asking == set()
