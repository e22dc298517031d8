"""Staff upload a bank file, see what it will do, confirm it, and take it back while nothing depends on it."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.cases.operations import dismiss_case
from billing.models import Invoice, OwnAccount, Payment, PaymentAllocation, PaymentCase
from register.access.guard import another_role
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.crypto.files import root
from register.identity.models import Account
from register.identity.roles import Role
from register.work.models import ImportRun, Job
from retention.tasks import delete_rows_of_an_undone_import
from sites.imports.files import UnableToImportFile, import_kept_file, undo_file, undo_file_import
from sites.imports.undo import UnableToUndo
from tests.billing.camt_text import IBAN, Entry, Paid, camt
from tests.factories import FACTORIES
from tests.harness.roles import as_role
from tests.harness.staff import Staff, make_staff, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.item("B08")]

FILE = camt(
    [Entry([Paid(reference="1232", amount="60.00")], reference="E1"), Entry([Paid(reference="13330")], reference="E2")]
)


@pytest.fixture
def clerk(db: None, settings: Any, tmp_path: Path) -> Staff:
    settings.REGISTER_FILES_DIR = tmp_path / "files"
    with acting_as_service("test"):
        FACTORIES[OwnAccount](iban=IBAN, controller_id=2)
    return make_staff(role=Role.BILLING, controllers=(2,))


@pytest.fixture
def client(clerk: Staff) -> Client:
    return signed_in(clerk)


@pytest.fixture
def bill(clerk: Staff) -> Invoice:
    with acting_as_service("test"):
        return FACTORIES[Invoice](reference="1232", total_eur=Decimal("100.00"))


def upload(client: Client, content: bytes = FILE, name: str = "bank.xml", **said: str) -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("staff-file-new", args=["payments"]), {"file": file, **said})


def work(answer: Any) -> Job:
    """Do the worker's part of the job that an answer leads to."""
    job = Job.objects.get(pk=answer.headers["Location"].rstrip("/").split("/")[-1])
    job.result = import_kept_file(job=job, now=timezone.now)
    job.state = Job.State.DONE
    job.save()
    return job


def imported(client: Client) -> ImportRun:
    preview = work(upload(client))
    job = work(client.post(reverse("staff-file-confirm", args=[preview.pk])))
    return ImportRun.objects.get(pk=job.result["run"])


def test_a_bank_file_is_uploaded_previewed_and_confirmed(client: Client, bill: Invoice) -> None:
    answer = upload(client)
    waiting = client.get(answer.headers["Location"]).content.decode()
    assert "hx-trigger" in waiting
    preview = work(answer)
    assert preview.result["counts"]["payments"] == 2
    page = client.get(answer.headers["Location"]).content.decode()
    assert "hx-trigger" not in page
    assert reverse("staff-file-confirm", args=[preview.pk]) in page
    with acting_as_service("test"):
        assert not Payment.objects.exists()
    answer = client.post(reverse("staff-file-confirm", args=[preview.pk]))
    assert work(answer).result["state"] == "imported"
    with acting_as_service("test"):
        assert Payment.objects.count() == 2
        bill.refresh_from_db()
        assert bill.paid_eur == Decimal("60.00")
    listed = client.get(reverse("staff-imports")).content.decode()
    assert reverse("staff-file-undo", args=[ImportRun.objects.get(state="committed").pk]) in listed
    assert work(upload(client)).result["state"] == "known"


def test_an_import_is_undone_whole(client: Client, bill: Invoice) -> None:
    run = imported(client)
    undo = reverse("staff-file-undo", args=[run.pk])
    assert client.get(undo).status_code == 200
    client.post(undo)
    asked = Job.objects.get(kind="undo-imported-file")
    Job.objects.filter(pk=asked.pk).update(state=Job.State.DONE, result=undo_file(job=asked, now=timezone.now))
    deletion = Job.objects.get(queue=Job.Queue.PURGE)
    with as_role("purge"), another_role():
        result = dict(delete_rows_of_an_undone_import(deletion))
    Job.objects.filter(pk=deletion.pk).update(state=Job.State.DONE, result=result)
    assert result["refused"] == 0, result
    with acting_as_service("test"):
        bill.refresh_from_db()
        assert (bill.state, bill.paid_eur) == ("open", Decimal(0))
        assert not Payment.objects.exists()
        assert not PaymentAllocation.objects.exists()
        assert not PaymentCase.objects.exists()
    assert client.get(undo).status_code == 200
    assert imported(client).state == "committed"


def test_what_somebody_has_worked_on_since_stops_the_undo(client: Client, bill: Invoice) -> None:
    run = imported(client)
    with acting_as_service("test"):
        case = PaymentCase.objects.get(reason="too-little")
        dismiss_case(case_id=case.pk, note="sovittu", actor=Actor.service("test"), at=timezone.now())
        with pytest.raises(UnableToUndo):
            undo_file_import(run=run, actor=Actor.service("test"), at=timezone.now())
        bill.refresh_from_db()
        assert (bill.paid_eur, ImportRun.objects.get(pk=run.pk).state) == (Decimal("60.00"), "committed")


def test_a_later_payment_of_the_same_invoice_stops_the_undo(client: Client, bill: Invoice) -> None:
    run = imported(client)
    later = camt([Entry([Paid(reference="1232", amount="40.00")], reference="E9")])
    preview = work(upload(client, later))
    work(client.post(reverse("staff-file-confirm", args=[preview.pk])))
    with acting_as_service("test"):
        bill.refresh_from_db()
        assert (bill.state, bill.settled_on) == ("paid", date(2026, 11, 20))
        with pytest.raises(UnableToUndo):
            undo_file_import(run=run, actor=Actor.service("test"), at=timezone.now())


def test_a_file_that_is_refused_says_where(client: Client) -> None:
    answer = upload(client, FILE[:-30])
    job = work(answer)
    assert job.result["state"] == "refused"
    page = client.get(answer.headers["Location"]).content.decode()
    assert "katkennut" in page
    assert reverse("staff-file-confirm", args=[job.pk]) not in page
    assert client.post(reverse("staff-file-confirm", args=[job.pk])).status_code == 302
    assert Job.objects.count() == 1


def test_the_upload_is_encrypted_and_the_job_names_nobody(client: Client) -> None:
    job = work(upload(client))
    for stored in root().rglob("*"):
        assert not stored.is_file() or "Äijälä".encode() not in stored.read_bytes()
    assert "Äijälä" not in f"{job.parameters}{job.result}"


def test_a_payment_to_a_controller_for_which_one_does_not_act_is_refused(client: Client) -> None:
    strange = camt([Entry([Paid(reference="1232")], reference="E1")], iban="FI5056000520000012")
    job = work(upload(client, strange, controller="energy"))
    assert job.result["state"] == "refused"
    with acting_as_service("test"):
        assert not Payment.objects.exists()


def test_another_kind_of_name_is_refused_at_once(client: Client) -> None:
    assert upload(client, name="bank.exe").status_code == 422
    assert client.get(reverse("staff-file-new", args=["nothing"])).status_code == 404


def test_who_may_not_import_payments_is_not_offered_it() -> None:
    metering = signed_in(make_staff(role=Role.METERING, controllers=(2,)))
    assert metering.get(reverse("staff-file-new", args=["payments"])).status_code == 403
    assert "files/payments" not in metering.get(reverse("staff-imports")).content.decode()


def test_the_worker_acts_with_the_rights_of_the_moment(client: Client, clerk: Staff) -> None:
    answer = upload(client)
    Account.objects.filter(pk=clerk.account.pk).update(is_active=False)
    with pytest.raises(UnableToImportFile):
        work(answer)
