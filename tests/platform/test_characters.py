"""A NUL in an address or in a field is refused with a 400 on every page; it never reaches the database."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.harness.staff import make_staff, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(db: None) -> Client:
    """An administrator's browser."""
    return signed_in(make_staff())


def lists() -> list[str]:
    """Name each list of the staff site."""
    return sorted(f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry)


def texts(name: str) -> list[str]:
    """Name the filters of a list."""
    page = next(
        page for model, page in admin.site._registry.items() if model._meta.label_lower == name.replace("_", ".")
    )
    return [str(one[0] if isinstance(one, tuple) else one) for one in page.list_filter]


@pytest.mark.parametrize("name", lists())
def test_no_list_of_staff_breaks_by_a_nul(client: Client, name: str) -> None:
    address = reverse(f"admin:{name}_changelist")
    for query in ("q=%00", "q=a%00b", "%00=1", "o=%00", "p=%00", *(f"{field}__exact=%00" for field in texts(name))):
        assert client.get(f"{address}?{query}").status_code == 400, query


@pytest.mark.parametrize(
    "address",
    [
        "/staff/customers/customer/?kind__exact=%00",
        "/staff/customers/customer/%00/change/",
        "/staff/?%00",
        "/staff/search/?q=%00",
        "/sign-in/?next=%00",
        "/?x=%00",
        "/no/such/page%00",
    ],
)
def test_a_nul_in_any_address_is_a_wrong_request(client: Client, address: str) -> None:
    assert client.get(address).status_code == 400
    assert Client().get(address).status_code == 400


@pytest.mark.parametrize("field", ["q", "kind"])
def test_a_nul_in_a_field_is_a_wrong_request(client: Client, field: str) -> None:
    sent = {"q": "äijälä", "kind": "", field: "a\0b"}
    assert client.post(reverse("staff-search"), sent).status_code == 400
    assert client.post(reverse("staff-search"), {"q": "äijälä"}).status_code in (200, 302)


def test_a_nul_in_a_form_of_the_admin_is_a_wrong_request(client: Client) -> None:
    sent = {"code": "A\0", "name": "A", "line": "network", "controller": "2"}
    assert client.post(reverse("admin:sites_product_add"), sent).status_code == 400
    assert client.post("/sign-in/", {"login": "a\0@example.org", "password": "x"}).status_code == 400
