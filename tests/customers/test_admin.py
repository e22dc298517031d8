"""The tables on the admin site: each has its page, nothing is deleted, looks are logged, refusals are plain."""

import datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from register.access.refusing import sentences
from register.audit.acting import acting_as_service
from register.audit.models import LogEntry, ReadEvent
from register.datamap.map import Kind
from register.identity.site import OperationForm
from tests.factories import FACTORIES
from tests.factories.customers import CustomerFactory
from tests.harness.staff import make_staff, signed_in

APPS = ("customers", "sites", "billing", "recordings")
# Made from other rows, or shown as a part of another page; a day of consumption has a key of four columns.
WITHOUT_PAGE = {
    *("RunningCall", "Pin", "SearchToken", "SearchWord", "ContractHolder", "ConsumptionDay", "QualityWord"),
    # Its page is the list of payments that wait.
    "PaymentCase",
}
MODELS = [model for app in APPS for model in apps.get_app_config(app).get_models()]
SHOWN = [model for model in MODELS if model in admin.site._registry]
ADDED = [model for model in SHOWN if issubclass(admin.site._registry[model].form, OperationForm)]


def label(model: type[models.Model]) -> str:
    return model._meta.label


def page_of(model: type[models.Model], name: str, *keys: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=keys)


@pytest.fixture
def client(db: Any) -> Client:
    return signed_in(make_staff())


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_every_table_has_its_page(model: type[models.Model]) -> None:
    assert model in SHOWN or model.__name__ in WITHOUT_PAGE


@pytest.mark.parametrize("model", SHOWN, ids=label)
def test_list_form_history_and_the_way_out_open(model: type[models.Model], client: Client) -> None:
    with acting_as_service("test"):
        row = FACTORIES[model]()
    for page in (
        page_of(model, "changelist"),
        page_of(model, "change", row.pk),
        page_of(model, "history", row.pk),
        page_of(model, "delete", row.pk),
    ):
        answer = client.get(page)
        assert answer.status_code == 200, page
    assert client.get(page_of(model, "changelist"), {"q": "1"}).status_code == 200
    assert client.post(page_of(model, "delete", row.pk), {"post": "yes"}).status_code in (200, 403, 405)
    with acting_as_service("test"):
        assert model._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", ADDED, ids=label)
def test_an_empty_form_is_refused_by_its_fields(model: type[models.Model], client: Client) -> None:
    page = page_of(model, "add")
    answer = client.get(page)
    if answer.status_code == 403:  # recordings come from the telephone system
        assert model.__name__ == "Recording"
        return
    assert answer.status_code == 200
    answer = client.post(page, {})
    assert answer.status_code == 200
    assert answer.context["errors"]


@pytest.mark.clause("X2")
@pytest.mark.parametrize("model", [model for model in SHOWN if model._meta.app_label != "sites"], ids=label)
def test_a_list_of_persons_is_in_the_read_log(model: type[models.Model], client: Client) -> None:
    data_map: Any = model.data_map  # type: ignore[attr-defined]
    if data_map.kind is Kind.NO_PERSON or not data_map.subjects:
        return
    with acting_as_service("test"):
        row = FACTORIES[model]()
    client.get(page_of(model, "changelist"))
    client.get(page_of(model, "change", row.pk))
    with acting_as_service("test"):
        events = list(ReadEvent.objects.filter(actor_kind="staff", what=model._meta.label_lower))
    assert sorted(event.reason for event in events) == ["list", "page"]


@pytest.mark.parametrize(
    "lookup",
    ["identity_code_index__startswith", "phone__startswith", "family_name__gte", "mandates__representative__id"],
)
def test_a_filter_cannot_be_used_to_guess(client: Client, lookup: str) -> None:
    assert client.get(page_of(Customer, "changelist"), {"kind__exact": "person"}).status_code == 200
    assert client.get(page_of(Customer, "changelist"), {lookup: "a"}).status_code == 400


def test_a_customer_is_changed_by_the_operation_and_logged_once(client: Client) -> None:
    with acting_as_service("test"):
        row = CustomerFactory()
        before = LogEntry.objects.count()
    form = client.get(page_of(Customer, "change", row.pk)).context["adminform"].form
    data = {name: form.get_initial_for_field(field, name) or "" for name, field in form.fields.items()}
    data |= {"identity_code": "•••", "phone": "050 765 4321", "birth_on": "5.5.1970", "is_protected": ""}
    answer = client.post(page_of(Customer, "change", row.pk), data)
    assert answer.status_code == 302, answer.context["errors"]
    with acting_as_service("test"):
        entries = LogEntry.objects.order_by("-timestamp")[: LogEntry.objects.count() - before]
        assert [entry.changes for entry in entries] == [{"phone": [row.phone, "+358507654321"]}]
        assert entries[0].actor_kind == "staff"


@pytest.mark.parametrize(("name", "value"), [("phone", "12"), ("email", "x@"), ("country", "XX")])
def test_a_refusal_of_the_operation_stands_at_its_field(client: Client, name: str, value: str) -> None:
    data = {"kind": "person", "family_name": "Kallio", "language": "fi", "country": "FI", name: value}
    answer = client.post(page_of(Customer, "add"), data)
    assert answer.status_code == 200
    assert name in answer.context["adminform"].form.errors


def test_what_the_database_refuses_is_said_in_plain_words(client: Client, settings: Any) -> None:
    settings.REGISTER_ALLOW_TEMPORARY_CODES = True
    data = {
        "kind": "person",
        "family_name": "Kallio",
        "language": "fi",
        "country": "FI",
        "identity_code": "010190-999W",
    }
    assert client.post(page_of(Customer, "add"), data).status_code == 302
    answer = client.post(page_of(Customer, "add"), data)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Ei tallennettu" in page
    for leak in ("Key (", "DETAIL", "identity_code_is_one", "already exists", "constraint"):
        assert leak not in page


def test_every_constraint_has_its_sentence(db: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid"
            " WHERE c.contype IN ('c', 'u', 'x') AND t.relname ~ %s AND NOT t.relispartition",
            [f"^({'|'.join(APPS)})_"],
        )
        names = {name for (name,) in cursor.fetchall()}
        cursor.execute(
            "SELECT i.relname FROM pg_index x"
            " JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid"
            " WHERE x.indisunique AND NOT x.indisprimary AND NOT t.relispartition AND t.relname ~ %s",
            [f"^({'|'.join(APPS)})_"],
        )
        names |= {name for (name,) in cursor.fetchall()}
    assert len(names) > 50
    # What Django itself adds: a number that is not negative.
    asked = {name for name in names if not name.endswith("_check")}
    assert asked - set(sentences()) == set()


def test_a_contract_is_concluded_ended_and_reopened_on_its_page(client: Client) -> None:
    from sites.models import Contract, Site

    with acting_as_service("test"):
        holder, site = CustomerFactory(), FACTORIES[Site]()
    data = {"line": "network", "site": site.pk, "holder": holder.pk, "started_on": "1.3.2024"}
    assert client.post(page_of(Contract, "add"), data).status_code == 302
    with acting_as_service("test"):
        contract = Contract.objects.get(site=site)
    page = page_of(Contract, "change", contract.pk)
    for typed, day in (("1.12.2026", datetime.date(2026, 12, 1)), ("", None)):
        assert client.post(page, {"ended_on": typed, "signed_on": ""}).status_code == 302
        with acting_as_service("test"):
            assert Contract.objects.get(pk=contract.pk).ended_on == day
            assert Customer.objects.get(pk=holder.pk).relationship_ended_on == day
