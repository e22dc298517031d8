"""Staff upload a consumption file, see what it will do, confirm it and undo it."""

import datetime as dt
import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from register.access.guard import another_role
from register.access.scope import Actor, Scope
from register.audit.acting import acting_as_service
from register.audit.models import ReadEvent
from register.crypto.files import stored_names
from register.identity.models import Account, Controller
from register.identity.operations import grant_role
from register.identity.queries import actor_of
from register.identity.roles import Role
from register.work.models import ImportRun, ImportSource, Job
from retention.tasks import delete_days_of_an_undone_import
from sites.consumption.operations import (
    DELETE_DAYS,
    UnableToImportUpload,
    confirm_upload,
    import_consumption,
    import_upload,
)
from sites.datahub.sources import SourceFile
from sites.models import ConsumptionDay
from tests.factories.numbers import gsrn
from tests.harness.staff import Staff, make_staff, signed_in
from tests.sites.datahub_text import MASKED, POINT, lines, text
from tests.sites.days import AT, make_site

pytestmark = [pytest.mark.django_db, pytest.mark.item("S09")]
WINTER_DAY = "2024-01-09T22:00"
DATA = text(lines(WINTER_DAY, 96))


@pytest.fixture
def files(settings, tmp_path):
    settings.REGISTER_FILES_DIR = tmp_path / "files"


@pytest.fixture
def person(db, files) -> Staff:
    with acting_as_service("test"):
        make_site()
    return make_staff(role=Role.METERING, controllers=(2,))


@pytest.fixture
def client(person):
    return signed_in(person)


def upload(client, data=DATA, name="vuosi.csv", **fields):
    return client.post(reverse("staff-imports"), {"file": SimpleUploadedFile(name, data), **fields})


def work(job: Job) -> dict:
    job.result = import_upload(job=job, now=lambda: AT)
    job.state = Job.State.DONE
    job.save()
    return job.result


def days() -> int:
    with acting_as_service("test"):
        return ConsumptionDay.objects.count()


def test_a_file_is_uploaded_previewed_confirmed_and_undone(client, as_purge):
    answer = upload(client)
    preview = Job.objects.get()
    assert answer.headers["Location"] == reverse("staff-import", args=[preview.pk])
    waiting = client.get(answer.headers["Location"])
    assert waiting.headers["Refresh"] == "2"
    result = work(preview)
    assert (result["totals"]["new_count"], result["states"]["imported"], days()) == (96, 1, 0)
    page = client.get(answer.headers["Location"])
    assert "Refresh" not in page.headers
    assert reverse("staff-import-confirm", args=[preview.pk]) in page.content.decode()

    answer = client.post(reverse("staff-import-confirm", args=[preview.pk]))
    job = Job.objects.exclude(pk=preview.pk).get()
    assert work(job)["totals"]["new_count"] == 96
    assert days() == 1
    run = ImportRun.objects.get(state=ImportRun.State.COMMITTED)
    assert run.job == job
    listed = client.get(reverse("staff-imports")).content.decode()
    undo = reverse("staff-import-undo", args=[run.pk])
    assert undo in listed

    assert client.get(undo).status_code == 200
    assert client.post(undo).status_code == 302
    deletion = Job.objects.get(queue=Job.Queue.PURGE)
    with as_purge(), another_role():
        assert delete_days_of_an_undone_import(deletion) == {"deleted": 1, "held": 0}
    assert days() == 0


def test_what_is_kept_of_an_upload_is_encrypted_and_names_nobody(client):
    upload(client, name="Meikäläinen.csv")
    job = Job.objects.get()
    result = work(job)
    with acting_as_service("test"):
        source = ImportSource.objects.get()
    assert source.name == "Meikäläinen.csv"
    assert list(stored_names()) == [source.stored_as]
    for told in (str(job.parameters), str(result)):
        assert POINT not in told
        assert "Meikäläinen" not in told


def test_an_archive_is_uploaded_and_its_bad_file_named(client):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", DATA)
        archive.writestr("b.csv", text([*lines("2024-02-09T22:00", 96), "broken"]))
    answer = upload(client, stream.getvalue(), "kaikki.zip")
    result = work(Job.objects.get())
    assert result["states"] == {"imported": 1, "known": 0, "refused": 1}
    page = client.get(answer.headers["Location"]).content.decode()
    assert "98" in page
    assert "broken" not in page


def test_a_masked_identifier_is_mapped_on_the_page(client):
    data = text([one.replace(POINT, MASKED) for one in lines(WINTER_DAY, 96)])
    upload(client, data)
    assert work(Job.objects.get())["states"]["refused"] == 1
    upload(client, data, masked=MASKED, point=POINT)
    assert work(Job.objects.latest("asked_at"))["states"]["imported"] == 1


@pytest.mark.parametrize(
    "fields", [{"masked": MASKED}, {"point": POINT}, {"masked": MASKED, "point": "643000000000000017"}]
)
def test_half_a_mapping_or_a_wrong_point_is_refused(client, fields):
    assert upload(client, **fields).status_code == 422
    assert not Job.objects.exists()


def test_an_upload_without_a_file_is_refused(client):
    assert client.post(reverse("staff-imports"), {}).status_code == 422


@pytest.mark.parametrize(("role", "status"), [(Role.MARKETING, 200), (Role.AGENT, 403)])
def test_who_may_not_import_consumption_finds_no_form_or_no_page(files, role, status):
    client = signed_in(make_staff(role=role, controllers=(1, 2)))
    answer = client.get(reverse("staff-imports"))
    assert answer.status_code == status
    assert b"multipart/form-data" not in answer.content
    assert upload(client).status_code == 403
    assert not Job.objects.exists()


def test_the_worker_acts_with_the_rights_of_the_moment(client, person):
    upload(client)
    Account.objects.filter(pk=person.account.pk).update(is_active=False)
    with pytest.raises(UnableToImportUpload):
        import_upload(job=Job.objects.get(), now=lambda: AT)


def test_staff_of_the_heat_company_cannot_import_electricity(files):
    with acting_as_service("test"):
        make_site()
    upload(signed_in(make_staff(role=Role.METERING, controllers=(1,))))
    assert work(Job.objects.get())["states"]["refused"] == 1
    assert days() == 0


def test_only_a_finished_preview_of_ones_own_is_confirmed(client, person):
    upload(client)
    job = Job.objects.get()
    with pytest.raises(UnableToImportUpload):
        confirm_upload(preview=job, actor=actor_of(person.account), at=AT)
    work(job)
    other = make_staff(role=Role.METERING, controllers=(2,), email="toinen@example.org")
    with pytest.raises(UnableToImportUpload):
        confirm_upload(preview=job, actor=actor_of(other.account), at=AT)
    first = confirm_upload(preview=job, actor=actor_of(person.account), at=AT)
    assert confirm_upload(preview=job, actor=actor_of(person.account), at=AT + dt.timedelta(1)) == first


def imported(data: bytes) -> ImportRun:
    with acting_as_service("test"):
        source = SourceFile("a.csv", len(data), lambda: io.BytesIO(data))
        actor, scope = Actor.service("test"), Scope.service("test")
        (outcome,) = import_consumption(sources=[source], actor=actor, scope=scope, now=lambda: AT)
        return ImportRun.objects.get(pk=outcome.run_id)


@pytest.mark.parametrize(("controllers", "state"), [((1,), "committed"), ((2,), "undone"), ((1, 2), "undone")])
def test_only_who_acts_for_its_controller_undoes_an_import_and_former_values_come_back(
    files, as_purge, controllers, state
):
    with acting_as_service("test"):
        make_site()
    imported(DATA)
    run = imported(DATA.replace(b";1,0", b";5,0"))
    client = signed_in(make_staff(role=Role.METERING, controllers=controllers))
    client.post(reverse("staff-import-undo", args=[run.pk]))
    assert ImportRun.objects.get(pk=run.pk).state == state
    for job in Job.objects.filter(queue=Job.Queue.PURGE):
        with as_purge(), another_role():
            assert delete_days_of_an_undone_import(job) == {"deleted": 0, "held": 0}
    with acting_as_service("test"):
        assert ConsumptionDay.objects.get().wh[0] == (1000 if state == "undone" else 5000)


def test_a_permission_for_one_controller_does_not_undo_what_is_the_others(files):
    with acting_as_service("test"):
        make_site()
    run = imported(DATA)
    staff = make_staff(role=Role.METERING, controllers=(1,))
    with acting_as_service("test"):
        network = Controller.objects.filter(pk=2)
        grant_role(
            account=staff.account,
            role=Role.MARKETING,
            controllers=network,
            actor=Actor.service("test"),
            at=timezone.now(),
        )
    answer = signed_in(staff).post(reverse("staff-import-undo", args=[run.pk]), follow=True)
    assert "roolisi" in answer.content.decode()
    assert ImportRun.objects.get(pk=run.pk).state == "committed"


def test_the_purge_worker_never_deletes_a_day_that_has_former_values(person, as_purge):
    imported(DATA)
    run = imported(DATA.replace(b";1,0", b";5,0"))
    ImportRun.objects.filter(pk=run.pk).update(state=ImportRun.State.UNDONE)
    job = Job.objects.create(kind=DELETE_DAYS, parameters={"run": str(run.pk)}, asked_by="service:test", asked_at=AT)
    with as_purge(), another_role():
        assert delete_days_of_an_undone_import(job) == {"deleted": 0, "held": 1}
    assert days() == 1


def test_a_colleague_sees_counts_and_state_of_an_upload_but_nothing_of_its_lines(client):
    answer = upload(client, text([*lines(WINTER_DAY, 96), "broken"]))
    work(Job.objects.get())
    assert "98" in client.get(answer.headers["Location"]).content.decode()
    colleague = signed_in(make_staff(role=Role.METERING, controllers=(2,), email="toinen@example.org"))
    page = colleague.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "98" not in page.content.decode() and "h-file-" not in page.content.decode()


def test_the_asker_is_told_which_metering_point_of_which_file_is_unknown_and_others_are_not(client):
    unknown = gsrn(77)
    answer = upload(client, text([one.replace(POINT, unknown) for one in lines(WINTER_DAY, 96)]), "vuosi 2024.csv")
    assert unknown not in str(work(Job.objects.get()))
    page = client.get(answer.headers["Location"]).content.decode()
    assert unknown in page and "vuosi 2024.csv" in page
    with acting_as_service("test"):
        assert ReadEvent.objects.filter(what="refused rows").exists()
    colleague = signed_in(make_staff(role=Role.METERING, controllers=(2,), email="toinen@example.org"))
    for seen in (answer.headers["Location"], reverse("staff-imports")):
        page = colleague.get(seen).content.decode()
        assert unknown not in page and "vuosi 2024.csv" not in page


def test_a_preview_is_found_again_by_its_asker_alone(client):
    answer = upload(client)
    work(Job.objects.get())
    colleague = signed_in(make_staff(role=Role.METERING, controllers=(2,), email="toinen@example.org"))
    for page in (reverse("staff-imports"), "/staff/"):
        assert answer.headers["Location"] in client.get(page).content.decode()
        assert answer.headers["Location"] not in colleague.get(page).content.decode()
    assert "vuosi.csv" in client.get(reverse("staff-imports")).content.decode()


def test_the_demonstration_run_is_called_so_among_the_imports(client):
    ImportRun.objects.create(kind="demo", sha256="0" * 64, state="committed", started_by="service:demo", started_at=AT)
    assert "Esittelyrekisteri" in client.get(reverse("staff-imports")).content.decode()
