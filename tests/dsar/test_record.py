"""The record of processing (GDPR 30) and the retention schedule tell the whole data map, to those who may read it."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from register.audit.acting import acting_as_service
from register.datamap.items import BY_SEED
from register.datamap.registry import declared_models
from register.identity.roles import Role
from tests.factories.customers import RecipientFactory
from tests.harness.staff import make_staff, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> Client:
    return signed_in(make_staff(role=Role.DPO))


def test_the_page_tells_controllers_purposes_items_recipients_and_measures(officer: Client) -> None:
    with acting_as_service("test"):
        RecipientFactory(name="Painotalo Ääri Oy")
    text = officer.get(reverse("staff-record")).content.decode()
    for word in ("2064700-4", "2654781-3", "Painotalo Ääri Oy", "asiakassuhteen hoitaminen", *BY_SEED):
        assert word.casefold() in text.casefold()


def test_the_json_is_whole(officer: Client) -> None:
    told = json.loads(officer.get(reverse("staff-record-file", args=["json"])).content)
    assert [one["purpose"] for one in told["activities"]] == ["P1", "P2", "P3", "P4", "P5", "P6"]
    assert {item["item"] for one in told["activities"] for item in one["items"]} == set(BY_SEED)
    assert all(one["bases"] and one["periods"] for one in told["activities"])
    assert [one["clause"] for one in told["measures"]] == ["X1", "X2", "X3", "X4"]
    tables = sum(len(data_map.keeps) for _model, data_map in declared_models())
    assert sum(len(one["tables"]) for one in told["schedule"]) == tables


def test_the_csv_of_the_page_and_of_the_command_are_the_same(officer: Client, tmp_path: Path) -> None:
    page = officer.get(reverse("staff-record-file", args=["csv"])).content.decode()
    rows = list(csv.reader(io.StringIO(page)))
    pairs = sum(len(item.purposes) for item in BY_SEED.values())
    assert len(rows) == 1 + pairs
    target = tmp_path / "record.csv"
    call_command("processing_record", format="csv", output=target)
    written = csv.reader(io.StringIO(target.read_text(encoding="utf-8")))
    assert [row[:2] for row in written] == [row[:2] for row in rows]


def test_the_schedule_tells_every_table_that_has_a_period(officer: Client) -> None:
    text = officer.get(reverse("staff-retention-schedule")).content.decode()
    for model, data_map in declared_models():
        if data_map.keeps:
            assert str(model._meta.verbose_name_plural).casefold() in text.casefold(), model._meta.label


def test_an_agent_reads_neither(db: None) -> None:
    agent = signed_in(make_staff(role=Role.METERING))
    for address in (reverse("staff-record"), reverse("staff-retention-schedule")):
        assert agent.get(address).status_code == 403
