"""Staff upload a table, map its columns, see what it will do, confirm it, see what is refused, and undo it."""

import csv
import io
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer, Mandate
from register.access.guard import another_role
from register.audit.acting import acting_as_service
from register.audit.models import ReadEvent
from register.crypto.files import root
from register.identity.models import Account
from register.identity.roles import Role
from register.work.models import ColumnMapping, ImportRun, Job
from retention.tasks import delete_rows_of_an_undone_import
from sites.imports.uploads import UnableToImportTable, import_kept_table, undo_table
from sites.models import Contract, ContractHolder, Site
from tests.factories import FACTORIES
from tests.harness.roles import as_role
from tests.harness.staff import Staff, make_staff, signed_in
from tests.sites.tables import CUSTOMERS, SITES

pytestmark = [pytest.mark.django_db, pytest.mark.clause("R2")]


@pytest.fixture
def person(db: None, settings: Any, tmp_path: Path) -> Staff:
    settings.REGISTER_FILES_DIR = tmp_path / "files"
    return make_staff(role=Role.ADMINISTRATOR, controllers=(1, 2))


@pytest.fixture
def client(person: Staff) -> Client:
    return signed_in(person)


def upload(client: Client, content: str | bytes, kind: str = "customers", name: str = "table.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.post(reverse("staff-table-new"), {"kind": kind, "table": SimpleUploadedFile(name, data)})


def mapped(client: Client, answer: Any, **fields: str) -> Any:
    """Send the columns as they are proposed on the page, with changes."""
    page = client.get(answer.headers["Location"]).content.decode()
    chosen = {}
    for select in re.findall(r'<select[^>]*name="(field-[^"]+)"[^>]*>(.*?)</select>', page, re.S):
        found = re.search(r'value="([^"]*)" selected', select[1])
        chosen[select[0]] = found.group(1) if found else ""
    return client.post(answer.headers["Location"], {**chosen, **fields})


def work(answer: Any) -> Job:
    """Do the worker's part of the job that an answer leads to."""
    job = Job.objects.get(pk=answer.headers["Location"].rstrip("/").split("/")[-1])
    job.result = import_kept_table(job=job, now=timezone.now)
    job.state = Job.State.DONE
    job.save()
    return job


def count() -> int:
    with acting_as_service("test"):
        return Customer.objects.count()


def test_a_table_is_uploaded_mapped_previewed_confirmed_and_undone(client: Client) -> None:
    answer = upload(client, CUSTOMERS)
    assert answer.status_code == 302
    answer = mapped(client, answer, remember_as="asiakkaat")
    waiting = client.get(answer.headers["Location"]).content.decode()
    assert "hx-trigger" in waiting and 'http-equiv="refresh"' in waiting
    preview = work(answer)
    assert (preview.result["state"], preview.result["counts"]["created"], count()) == ("previewed", 2, 0)
    assert "hx-trigger" not in client.get(answer.headers["Location"]).content.decode()

    answer = client.post(reverse("staff-table-confirm", args=[preview.pk]))
    job = work(answer)
    assert (job.result["state"], count()) == ("imported", 2)
    run = ImportRun.objects.get(state=ImportRun.State.COMMITTED)
    assert run.job == job
    undo = reverse("staff-table-undo", args=[run.pk])
    assert undo in client.get(reverse("staff-imports")).content.decode()
    assert client.get(undo).status_code == 200
    client.post(undo)
    asked = Job.objects.get(kind="undo-imported-table")
    Job.objects.filter(pk=asked.pk).update(state=Job.State.DONE, result=undo_table(job=asked, now=timezone.now))
    deletion = Job.objects.get(queue=Job.Queue.PURGE)
    with as_role("purge"), another_role():
        result = dict(delete_rows_of_an_undone_import(deletion))
    Job.objects.filter(pk=deletion.pk).update(state=Job.State.DONE, result=result)
    assert count() == 0
    listed = client.get(reverse("staff-imports")).content.decode()
    assert "Kumoa<" not in listed and "Miten kumottiin" in listed
    page = client.get(undo)
    assert "Refresh" not in page.headers
    assert ColumnMapping.objects.get(name="asiakkaat").columns["number"] == "asiakasnumero"


def test_refused_rows_stand_beside_their_reasons_and_are_downloaded_without_formulas(client: Client) -> None:
    answer = upload(client, "asiakasnumero;sukunimi;sähköposti\n1;Koivu;ei-osoite\n2;=1+1;@x\n")
    answer = mapped(client, answer)
    job = work(answer)
    assert job.result["state"] == "refused"
    page = client.get(answer.headers["Location"]).content.decode()
    assert "ei-osoite" in page
    assert reverse("staff-table-confirm", args=[job.pk]) not in page
    assert client.post(reverse("staff-table-confirm", args=[job.pk])).headers["Location"].endswith(f"{job.pk}/")
    answer = client.get(reverse("staff-table-refused", args=[job.pk]))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[2][2:] == ["2", "'=1+1", "'@x"]


def looks() -> list[tuple[str, list[Any]]]:
    with acting_as_service("test"):
        events = ReadEvent.objects.filter(what="refused rows").order_by("at")
        return [(event.reason, list(event.shown.values_list("customer_id", flat=True))) for event in events]


def test_rows_of_a_file_are_for_who_uploaded_it_and_each_look_is_logged(client: Client) -> None:
    preview = work(mapped(client, upload(client, CUSTOMERS)))
    work(client.post(reverse("staff-table-confirm", args=[preview.pk])))
    with acting_as_service("test"):
        known = Customer.objects.get(number="200001").pk
    uploaded = upload(client, "asiakasnumero;sukunimi;sähköposti\n200001;Koivu;ei-osoite\n9;Leppä;eikä-tämä\n")
    answer = mapped(client, uploaded)
    job = work(answer)
    refused = reverse("staff-table-refused", args=[job.pk])
    colleague = signed_in(make_staff(email="toinen@example.org", role=Role.ADMINISTRATOR, controllers=(1, 2)))
    page = colleague.get(answer.headers["Location"]).content.decode()
    assert "ei-osoite" not in page and refused not in page and "vain se" in page
    assert colleague.get(refused).status_code == 403
    assert colleague.get(uploaded.headers["Location"]).status_code == 403
    assert answer.headers["Location"] not in colleague.get(reverse("staff-imports")).content.decode()
    assert looks() == []
    assert "ei-osoite" in client.get(answer.headers["Location"]).content.decode()
    assert client.get(refused).status_code == 200
    assert looks() == [("work", [known]), ("work", [known])]


def test_the_upload_is_encrypted_and_the_job_names_nobody(client: Client) -> None:
    answer = mapped(client, upload(client, CUSTOMERS))
    job = work(answer)
    for stored in root().rglob("*"):
        assert not stored.is_file() or "Äijälä".encode() not in stored.read_bytes()
    assert "Äijälä" not in f"{job.parameters}{job.result}"


def test_a_remembered_mapping_is_proposed_by_its_name(client: Client) -> None:
    first = upload(client, "nro;kuka\n1;Koivu\n")
    assert mapped(client, first).status_code == 422
    fields = {"field-number": "nro", "field-family_name": "kuka", "remember_as": "vanha"}
    assert client.post(first.headers["Location"], fields).status_code == 302
    second = upload(client, "nro;kuka\n2;Leppä\n").headers["Location"]
    page = client.get(f"{second}?mapping=vanha").content.decode()
    assert page.count('<option value="nro" selected>') == 1


def test_the_same_table_again_says_so(client: Client) -> None:
    for state in ("imported", "known"):
        preview = work(mapped(client, upload(client, CUSTOMERS)))
        if state == "imported":
            work(client.post(reverse("staff-table-confirm", args=[preview.pk])))
        else:
            assert preview.result["state"] == "known"


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"\xff\xfea\x00;\x00", "a.csv", "UTF-16"),
        ("asiakasnumero;Äijälä\n1;2\n".encode("latin-1"), "a.csv", "UTF-8"),
        (b"asiakasnumero;\x00\n", "a.csv", "NUL"),
        (b"<!DOCTYPE html><html><table>", "a.csv", "verkkosivu"),
        (b"\xef\xbb\xbf <html>", "a.csv", "verkkosivu"),
        (b"%PDF-1.7 ...", "a.csv", "XLSX"),
        (b"PK\x03\x04 broken off", "a.xlsx", "katkennut"),
        (b"\xd0\xcf\x11\xe0", "a.xlsx", ".xls"),
        (b"", "a.csv", ""),
        (b"a;b\n1;2\n", "a.exe", ".csv"),
    ],
)
def test_what_is_no_table_is_refused_at_once(client: Client, content: bytes, name: str, words: str) -> None:
    answer = upload(client, content, name=name)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Job.objects.exists()


def packed(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_a_packed_file_of_another_kind_and_a_bomb_are_refused_at_once(client: Client) -> None:
    for content in (packed({"word/document.xml": b"<w/>"}), packed({"xl/sheet1.xml": b"0" * (401 << 20)})):
        assert upload(client, content, name="a.xlsx").status_code == 422
    assert not Job.objects.exists()


def test_a_workbook_that_names_the_last_cell_of_the_sheet_takes_no_memory(client: Client) -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "asiakasnumero")
        sheet.write(1_048_575, 16_383, "x")
    assert upload(client, stream.getvalue(), name="a.xlsx").status_code == 422


def test_a_truncated_file_is_told_by_the_worker(client: Client) -> None:
    job = work(mapped(client, upload(client, 'asiakasnumero;sukunimi\n1;"katkennut')))
    assert job.result["state"] == "unreadable"
    assert "2" in job.result["why"]


def test_the_wrong_kind_finds_no_columns(client: Client) -> None:
    answer = mapped(client, upload(client, SITES, kind="customers"))
    assert answer.status_code == 422


def test_who_may_not_import_a_kind_is_not_offered_it(settings: Any, tmp_path: Path) -> None:
    settings.REGISTER_FILES_DIR = tmp_path
    metering = signed_in(make_staff(role=Role.METERING, controllers=(2,)))
    page = metering.get(reverse("staff-table-new")).content.decode()
    assert 'value="sites"' in page and 'value="customers"' not in page
    assert upload(metering, CUSTOMERS).status_code == 422
    agent = signed_in(make_staff(email="toinen@example.org", role=Role.AGENT))
    assert agent.get(reverse("staff-table-new")).status_code == 403


def test_rows_of_a_controller_for_which_one_does_not_act_are_refused(settings: Any, tmp_path: Path) -> None:
    settings.REGISTER_FILES_DIR = tmp_path
    metering = signed_in(make_staff(role=Role.METERING, controllers=(2,)))
    job = work(mapped(metering, upload(metering, SITES, kind="sites")))
    assert job.result["state"] == "refused"
    with acting_as_service("test"):
        assert [fault.row_number for fault in ImportRun.objects.get(pk=job.result["run"]).faults.all()] == [3]
        assert not Site.objects.exists()


def test_the_worker_acts_with_the_rights_of_the_moment(client: Client, person: Staff) -> None:
    answer = mapped(client, upload(client, CUSTOMERS))
    Account.objects.filter(pk=person.account.pk).update(is_active=False)
    with pytest.raises(UnableToImportTable):
        work(answer)


@pytest.mark.clause("T1")
@pytest.mark.item("C13")
def test_a_contract_of_one_controller_ends_no_relationship_that_the_others_keeps(settings: Any, tmp_path: Path) -> None:
    settings.REGISTER_FILES_DIR = tmp_path
    with acting_as_service("test"):
        running = FACTORIES[Contract](line="network", ended_on=None, started_on=date(2010, 1, 1))
        holder = FACTORIES[ContractHolder](contract=running).customer
        mandate = FACTORIES[Mandate](customer=holder)
        Customer.objects.filter(pk=holder.pk).update(
            relationship_started_on=date(2010, 1, 1), relationship_ended_on=None
        )
        site = FACTORIES[Site](commodity="heat")
    table = (
        "sopimustunnus;asiakas;käyttöpaikka;laji;alkaa;päättyy\n"
        f"L9;{holder.number};{site.gsrn};lämpö;1.3.2014;1.3.2020\n"
    )
    energy = signed_in(make_staff(role=Role.ADMINISTRATOR, controllers=(1,)))
    preview = work(mapped(energy, upload(energy, table, kind="contracts")))
    job = work(energy.post(reverse("staff-table-confirm", args=[preview.pk])))
    assert job.result["state"] == "imported"
    with acting_as_service("test"):
        assert Contract.objects.filter(number="L9").exists()
        holder.refresh_from_db()
        assert (holder.relationship_started_on, holder.relationship_ended_on) == (date(2010, 1, 1), None)
        mandate.representative.refresh_from_db()
        assert mandate.representative.relationship_ended_on is None
