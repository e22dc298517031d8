"""The package holds all that the data map knows of the person, and nothing of anybody else."""

import csv
import datetime
import io
import json
import wave
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from billing.models import BankAccount
from customers.models import Customer, Representative
from dsar import operations
from dsar.models import Package, PackageDownload
from dsar.package.tables import is_about_persons, package_tables
from dsar.tasks import make_access_package
from recordings.models import Recording
from register.access.scope import Actor, Scope
from register.audit.acting import acting, acting_as_service
from register.audit.models import LogEntry, ReadEvent
from register.crypto.fields import BlindIndexField
from register.crypto.files import WrappedKeyField, file_of, path_of, write_file_of
from register.datamap.items import BY_SEED
from register.datamap.map import Kind
from register.datamap.registry import declared_models, own_map
from register.identity.roles import Role
from register.work.models import Job
from sites.models import ConsumptionDay, Contract, Meter
from tests.factories import FACTORIES
from tests.factories.sites import ConsumptionDayFactory, SiteFactory
from tests.harness.staff import make_staff, signed_in
from tests.retention.graph import dump, free_texts, full_customer, put_canaries

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 25, 9, 0, tzinfo=datetime.UTC)
ACTOR = Actor.service("test")
CANARY, OTHER = "kanarialintu-Tuomiojärvi", "varpunen-Väinölänniemi"
HANDLER = "Käsittelijä Kärki"
Rows = dict[Any, Any]


def sound() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(8000)
        stream.writeframes(b"\x01\x02" * 20_000)
    return buffer.getvalue()


def with_sound(rows: Rows) -> None:
    call = rows[Recording]
    stored = write_file_of(call, [sound()])
    Recording.objects.filter(pk=call.pk).update(
        stored_as=stored.name, wrapped_key=stored.wrapped_key, handled_by=HANDLER
    )


def opened(package: Package) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(file_of(package).read()))


@pytest.fixture
def house(db: None) -> tuple[Rows, Rows]:
    """Two people of one house: the person, and a neighbour who lived there before."""
    with acting_as_service("test"):
        site = SiteFactory.create()
        mine = full_customer(None, site=site, identity_code="010190-999W")
        other = full_customer(datetime.date(2024, 1, 31), site=site, identity_code="010170-999R")
        put_canaries(mine, CANARY)
        put_canaries(other, OTHER)
        with_sound(mine)
        with_sound(other)
    return mine, other


@pytest.fixture
def package(house: tuple[Rows, Rows]) -> Package:
    mine, _other = house
    with acting_as_service("test"):
        made = operations.begin_package(customer_id=mine[Customer].pk, actor=ACTOR, at=NOW)
    done = operations.make_package(package_id=made.pk, actor=ACTOR, at=NOW)
    with acting_as_service("test"):
        return Package.objects.get(pk=done.pk)


def data_of(package: Package) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(opened(package).read("data.json"))
    return found


@pytest.mark.clause("G1")
def test_each_table_and_column_of_the_data_map_is_in_the_package(package: Package) -> None:
    tables = data_of(package)["tables"]
    about = {model: data_map for model, data_map in declared_models() if is_about_persons(data_map)}
    assert set(tables) == {model._meta.label for model in about}
    assert len(tables) > 30
    secret = (WrappedKeyField, BlindIndexField)
    for model, data_map in about.items():
        rows = tables[model._meta.label]["rows"]
        mapped = {name for names in data_map.fields.values() for name in names} | set(data_map.technical)
        known = {field.name for field in model._meta.local_fields if not isinstance(field, secret)}
        for row in rows:
            assert set(row) == (mapped & known) | {"goes_on"}, model._meta.label
    # Nothing of these can stand in the graph of a customer: their homes have no row there.
    homeless = {"sites.ElectricityConnection", "sites.HeatConnection", "sites.Meter"}
    assert {label for label, table in tables.items() if not table["rows"]} - homeless == set()


def test_every_item_of_the_seed_has_its_place_in_the_package(package: Package) -> None:
    found = {item for table in data_of(package)["tables"].values() for item in table["items"]}
    assert found == set(BY_SEED)


def test_what_a_dump_has_of_the_person_stands_in_the_package(house: tuple[Rows, Rows], package: Package) -> None:
    mine, _other = house
    tables = data_of(package)["tables"]
    with acting_as_service("test"):
        everything = dump()
    for model in mine:
        data_map = own_map(model)
        texts = [field.name for field in free_texts(model)]
        if data_map is None or not texts or not is_about_persons(data_map):
            continue
        assert any(CANARY[:30] in row for row in everything[model._meta.db_table])
        told = [name for name in texts if name not in data_map.staff]
        rows = tables[model._meta.label]["rows"]
        assert all(any(CANARY[:24] in str(row[name]) for row in rows) for name in told), model._meta.label
    entries = {row["id"] for row in tables["audit.LogEntry"]["rows"]}
    with acting_as_service("test"):
        logged = LogEntry.objects.filter(subjects__contains=[mine[Customer].pk])
        # That the package is made is logged when it is made.
        assert set(logged.exclude(object_pk=str(package.pk)).values_list("pk", flat=True)) <= entries


def test_nobody_elses_data_are_in_any_file(house: tuple[Rows, Rows], package: Package) -> None:
    mine, other = house
    archive = opened(package)
    texts = {name: archive.read(name).decode() for name in archive.namelist() if not name.startswith("files/")}
    assert all(CANARY[:24] in texts[name] for name in ("index.html", "data.json"))
    with acting_as_service("test"):
        elsewhere = [
            OTHER,
            HANDLER,
            "010170-999R",
            mine[Representative].identity_code.reveal(),
            other[BankAccount].iban.reveal(),
            *(str(row.pk) for model, row in other.items() if model in (Customer, Contract, Recording, Representative)),
        ]
        own = ["010190-999W", mine[BankAccount].iban.reveal()]
    for name, text in texts.items():
        assert [value for value in elsewhere if value in text] == [], name
    for value in own:
        assert value in texts["data.json"]
        assert value in texts["index.html"]


def test_consumption_and_things_of_the_place_are_those_of_the_own_days(house: tuple[Rows, Rows]) -> None:
    mine, _other = house
    with acting_as_service("test"):
        contract, site = mine[Contract], mine[Contract].site
        before = contract.started_on - datetime.timedelta(days=1)
        ConsumptionDayFactory(site=site, last_day=before)
        ConsumptionDayFactory(site=site, last_day=contract.started_on)
        old = FACTORIES[Meter](site=site, installed_on=datetime.date(2000, 1, 1), removed_on=before)
        new = FACTORIES[Meter](site=site, installed_on=before)
        made = operations.begin_package(customer_id=mine[Customer].pk, actor=ACTOR, at=NOW)
    done = operations.make_package(package_id=made.pk, actor=ACTOR, at=NOW)
    tables = data_of(done)["tables"]
    days = {row["day"] for row in tables[ConsumptionDay._meta.label]["rows"]}
    assert contract.started_on.isoformat() in days
    assert before.isoformat() not in days
    assert {row["number"] for row in tables[Meter._meta.label]["rows"]} == {new.number}
    assert old.number not in str(tables)


def test_the_data_keep_to_their_schema_and_the_tables_to_their_csv(package: Package) -> None:
    archive = opened(package)
    data, schema = json.loads(archive.read("data.json")), json.loads(archive.read("schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(data, schema)
    for table in package_tables():
        rows = data["tables"][table.label]["rows"]
        if not rows:
            continue
        lines = list(csv.reader(io.StringIO(archive.read(f"csv/{table.file_name}").decode("utf-8-sig"))))
        assert len(lines) == len(rows) + 1
        assert lines[0] == list(rows[0])


@pytest.mark.item("O01")
def test_a_recording_is_there_as_audio_that_plays(house: tuple[Rows, Rows], package: Package) -> None:
    archive = opened(package)
    (row,) = data_of(package)["tables"]["recordings.Recording"]["rows"]
    assert archive.read(row["stored_as"]) == sound()
    assert f'<audio controls preload="none" src="{row["stored_as"]}">' in archive.read("index.html").decode()


def test_each_root_tells_the_day_on_which_it_goes(package: Package) -> None:
    tables = data_of(package)["tables"]
    (call,) = tables["recordings.Recording"]["rows"]
    day = datetime.date.fromisoformat(call["called_on"])
    assert call["goes_on"] == (day.replace(year=day.year + 1) + datetime.timedelta(days=1)).isoformat()
    assert tables["customers.Customer"]["rows"][0]["goes_on"] is None


def test_the_page_opens_by_itself_in_the_language_of_the_person(house: tuple[Rows, Rows]) -> None:
    mine, _other = house
    for language, words in (("fi", "Tietosi asiakasrekisterissä"), ("sv", "Dina uppgifter"), ("en", "Your data")):
        with acting_as_service("test"):
            Customer.objects.filter(pk=mine[Customer].pk).update(language=language)
            made = operations.begin_package(customer_id=mine[Customer].pk, actor=ACTOR, at=NOW)
        page = opened(operations.make_package(package_id=made.pk, actor=ACTOR, at=NOW)).read("index.html").decode()
        assert f'<html lang="{language}">' in page
        assert words in page
        assert "<svg" in page
        assert "http" not in page.replace("http-equiv", "")
        assert "<script" not in page


def test_the_page_tells_of_each_part_when_it_goes_though_it_is_frozen(house: tuple[Rows, Rows]) -> None:
    mine, _other = house
    with acting_as_service("test"):
        request = operations.ask_for_access(customer_id=mine[Customer].pk, actor=ACTOR, at=NOW, channel="letter")
        made = operations.begin_package(customer_id=mine[Customer].pk, request=request, actor=ACTOR, at=NOW)
        day = mine[Recording].called_on
    page = opened(operations.make_package(package_id=made.pk, actor=ACTOR, at=NOW)).read("index.html").decode()
    goes_on = day.replace(year=day.year + 1) + datetime.timedelta(days=1)
    assert f"{goes_on.day}.{goes_on.month}.{goes_on.year}; säilytetään, kunnes pyyntöösi on vastattu" in page
    assert request.number in page


def test_the_file_is_encrypted_and_goes_after_thirty_days(package: Package) -> None:
    stored = path_of(package.stored_as).read_bytes()
    assert b"PK\x03\x04" not in stored[:64]
    assert CANARY.encode() not in stored
    (keep,) = Package.data_map.keeps
    assert keep.period.day_of_deletion(NOW.date()) == datetime.date(2026, 12, 26)


def test_copies_and_sign_in_are_left_out_by_rule_only() -> None:
    left = {model._meta.label for model, data_map in declared_models() if not is_about_persons(data_map)}
    told = {table.label for table in package_tables()}
    for model, data_map in declared_models():
        if model._meta.label in left and data_map.kind in (Kind.ROOT, Kind.PART):
            assert not data_map.subjects, model._meta.label
    assert not left & told


def test_each_column_that_names_a_member_of_staff_is_declared() -> None:
    other_words = {"customers.MarketingPermission.told_by"}  # through what it was told, not by whom
    named = {"actor", "actor_id", "assigned_to"}
    undeclared = {
        f"{table.label}.{column.name}"
        for table in package_tables()
        for column in table.columns
        if (column.name.endswith("_by") or column.name in named) and column.name not in table.data_map.staff
    }
    assert undeclared - other_words == set()


@pytest.fixture
def officer() -> Client:
    return signed_in(make_staff(role=Role.DPO))


@pytest.mark.clause("G4")
def test_a_package_is_made_by_the_worker_and_leaves_after_the_identity_check(
    house: tuple[Rows, Rows], officer: Client
) -> None:
    mine, _other = house
    customer = mine[Customer]
    with acting(actor=ACTOR, scope=Scope.staff(controllers=(1, 2))):
        request = operations.ask_for_access(customer_id=customer.pk, actor=ACTOR, at=NOW, channel="letter")
    act = reverse("staff-request-act", args=[request.pk, "package"])
    assert officer.post(act).status_code == 302
    make_access_package(Job.objects.get(kind="access-package"))
    with acting_as_service("test"):
        package = Package.objects.get(request=request)
        with pytest.raises(IntegrityError), transaction.atomic():
            PackageDownload.objects.create(package=package, downloaded_at=NOW, downloaded_by="staff:x")
    address = reverse("staff-request-package", args=[request.pk, package.pk])
    assert officer.post(address).status_code == 422
    with acting(actor=ACTOR, scope=Scope.staff(controllers=(1, 2))):
        operations.record_identity(request_id=request.pk, method="document", actor=ACTOR, at=NOW)
    answer = officer.post(address)
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    with acting_as_service("test"):
        assert package.downloads.count() == 1
        assert ReadEvent.objects.filter(what="package", shown__customer_id=customer.pk).exists()
        assert request.events.filter(kind="downloaded").count() == 1
    page = officer.get(reverse("staff-request", args=[request.pk])).content.decode()
    assert reverse("staff-request-package", args=[request.pk, package.pk]) in page


def test_the_command_writes_nothing_out_before_the_identity_check(db: None, tmp_path: Path) -> None:
    target = tmp_path / "package.zip"
    with acting_as_service("test"):
        customer = FACTORIES[Customer](number="700999")
    with pytest.raises(CommandError):
        call_command("access_package", "700999", output=target)
    call_command("access_package", "700999")
    assert not target.exists()
    with acting_as_service("test"):
        request = operations.ask_for_access(
            customer_id=customer.pk, actor=ACTOR, at=NOW, channel="visit", identified_by="document"
        )
    call_command("access_package", "700999", output=target)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
    with acting_as_service("test"):
        assert PackageDownload.objects.filter(package__request=request).count() == 1
