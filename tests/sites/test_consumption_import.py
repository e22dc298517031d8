"""Importing consumption files: whole or not at all, once, previewed and undone."""

import datetime as dt
import io
import json
import zipfile

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from register.access.scope import Actor, Scope
from register.audit.acting import acting_as_service
from register.crypto.files import file_of, stored_names
from register.work.models import ImportFault, ImportRun, ImportSource, Job
from retention.operations import place_hold
from retention.tasks import delete_days_of_an_undone_import
from sites.consumption.operations import (
    DELETE_DAYS,
    UnableToUndo,
    import_consumption,
    undo_consumption_import,
)
from sites.consumption.outcomes import State
from sites.datahub.sources import SourceFile, files_in
from sites.models import ConsumptionCorrection, ConsumptionDay, QualityWord, Site
from tests.sites.datahub_text import MASKED, OTHER_POINT, POINT, lines, text
from tests.sites.days import AT, make_site

pytestmark = [pytest.mark.django_db, pytest.mark.item("S09")]
ACTOR = Actor.service("test")
WINTER_DAY = "2024-01-09T22:00"


@pytest.fixture
def site():
    with acting_as_service("test"):
        yield make_site()


def source(data: bytes, name: str = "file.csv") -> SourceFile:
    return SourceFile(name, len(data), lambda: io.BytesIO(data))


def take(*sources: SourceFile, **options):
    options = {"actor": ACTOR, "scope": Scope.service("test"), "now": lambda: AT} | options
    return list(import_consumption(sources=sources, **options))


def test_a_file_goes_in_with_its_run(site):
    (outcome,) = take(source(text(lines(WINTER_DAY, 96))))
    assert (outcome.state, outcome.counts.new_count, outcome.points) == (State.IMPORTED, 96, (POINT,))
    run = ImportRun.objects.get()
    assert (run.id, run.state, run.kind) == (outcome.run_id, ImportRun.State.COMMITTED, "consumption")
    assert run.counts["new_count"] == 96
    assert POINT not in json.dumps(run.counts)
    row = ConsumptionDay.objects.get()
    assert (row.site, row.day, row.controller_id, row.import_run_id) == (site, dt.date(2024, 1, 10), 2, run.id)
    assert row.wh == list(range(1000, 1096))


def test_the_same_file_twice_changes_nothing_and_says_so(site):
    data = text(lines(WINTER_DAY, 96))
    first, second, third = take(source(data), source(data), source(data, "renamed.csv"))
    assert [one.state for one in (first, second, third)] == [State.IMPORTED, State.KNOWN, State.KNOWN]
    assert third.run_id == first.run_id
    assert ImportRun.objects.count() == 1


def test_a_refused_file_twice_is_refused_twice(site):
    bad = text(lines(WINTER_DAY, 4, point=OTHER_POINT))
    outcomes = take(source(bad), source(bad, "again.csv"), source(text(lines(WINTER_DAY, 96))))
    assert [(one.name, one.state) for one in outcomes[:2]] == [
        ("file.csv", State.REFUSED),
        ("again.csv", State.REFUSED),
    ]
    assert outcomes[2].state == State.IMPORTED


def test_a_refused_file_leaves_no_row_and_the_others_go_in(site):
    good, later = text(lines(WINTER_DAY, 96)), text(lines("2024-01-10T22:00", 96))
    bad = text([*lines("2024-02-10T22:00", 96), "broken;line"])
    outcomes = take(source(good), source(bad), source(later))
    assert [one.state for one in outcomes] == [State.IMPORTED, State.REFUSED, State.IMPORTED]
    assert ConsumptionDay.objects.count() == 2
    assert not ConsumptionDay.objects.filter(day__gt="2024-02-01").exists()
    refused = ImportRun.objects.get(state=ImportRun.State.REFUSED)
    fault = ImportFault.objects.get(run=refused)
    assert (fault.row_number, fault.code) == (98, "wrong_field_count")


def test_a_refusal_is_written_down_without_the_value(site):
    take(source(text([one.replace(POINT, MASKED) for one in lines(WINTER_DAY, 4)])))
    fault = ImportFault.objects.get()
    assert fault.code == "invalid_metering_point"
    assert MASKED not in fault.message


@pytest.mark.parametrize(
    ("point", "code"), [(OTHER_POINT, "unknown_metering_point"), ("643000000000000030", "not_electricity")]
)
def test_a_point_that_is_not_ours_is_refused_with_its_line(site, point, code):
    make_site("643000000000000030", Site.Commodity.HEAT)
    (outcome,) = take(source(text(lines(WINTER_DAY, 4) + lines(WINTER_DAY, 4, point=point))))
    assert [(fault.line, fault.code) for fault in outcome.faults] == [(6, code)]
    assert not ConsumptionDay.objects.exists()


def test_a_masked_point_is_mapped(site):
    data = text([one.replace(POINT, MASKED) for one in lines(WINTER_DAY, 96)])
    (outcome,) = take(source(data), mapping={MASKED: POINT})
    assert outcome.state == State.IMPORTED
    assert ConsumptionDay.objects.get().site == site
    make_site(OTHER_POINT)
    (other,) = take(source(data), mapping={MASKED: OTHER_POINT})
    assert (other.state, other.counts.new_count) == (State.IMPORTED, 96)


def test_a_correction_says_what_it_replaced(site):
    body = lines(WINTER_DAY, 96)
    take(source(text(body)))
    (outcome,) = take(source(text([*body[:95], body[95].replace("1,095", "9,095")])))
    assert (outcome.counts.corrected_count, outcome.counts.unchanged_count) == (1, 95)
    assert ConsumptionCorrection.objects.get().replaced_by_id == outcome.run_id


def test_a_time_that_has_not_come_is_refused(site):
    body = lines(f"{AT:%Y-%m-%dT%H:%M}", 3)
    (outcome,) = take(source(text(body)))
    assert [(fault.line, fault.last_line, fault.code) for fault in outcome.faults] == [(3, 4, "in_the_future")]


def test_a_preview_is_the_run_rolled_back(site):
    data = text([one.replace("OK", "Preliminary") for one in lines(WINTER_DAY, 96)])
    (preview,) = take(source(data), is_preview=True)
    assert (preview.state, preview.counts.new_count) == (State.IMPORTED, 96)
    assert not ConsumptionDay.objects.exists()
    assert not ImportRun.objects.exists()
    assert not QualityWord.objects.filter(word="Preliminary").exists()
    (real,) = take(source(data))
    assert real.summary() == preview.summary()


def test_staff_of_the_heat_controller_cannot_import(site):
    (outcome,) = take(source(text(lines(WINTER_DAY, 96))), scope=Scope.staff(controllers=(1,)))
    assert [fault.code for fault in outcome.faults] == ["unable_to_store"]
    assert not ConsumptionDay.objects.exists()


def test_staff_of_the_network_controller_can(site):
    (outcome,) = take(source(text(lines(WINTER_DAY, 96))), scope=Scope.staff(controllers=(2,)))
    assert outcome.state == State.IMPORTED


def run_of(outcome) -> ImportRun:
    return ImportRun.objects.get(pk=outcome.run_id)


def test_an_undone_import_gives_back_what_it_replaced_and_leaves_the_rest_to_the_purge(site, as_purge):
    body = lines(WINTER_DAY, 192)
    (first,) = take(source(text(body[:96])))
    changed = [one.replace(";1,0", ";5,0") for one in body]
    (second,) = take(source(text(changed)))
    assert (second.counts.corrected_count, second.counts.new_count) == (96, 96)
    job = undo_consumption_import(run=run_of(second), actor=ACTOR, at=AT, controllers=None)
    restored, _made = ConsumptionDay.objects.order_by("day")
    assert (restored.wh, restored.import_run_id) == (list(range(1000, 1096)), first.run_id)
    run = run_of(second)
    assert run.state == ImportRun.State.UNDONE
    assert run.counts["undo"] == {"restored": 1, "to_delete": 1, "kept_as_corrected_since": 0}
    assert (job.queue, job.parameters) == (Job.Queue.PURGE, {"run": str(run.id)})
    with as_purge():
        assert delete_days_of_an_undone_import(job) == {"deleted": 1, "held": 0}
        assert delete_days_of_an_undone_import(job) == {"deleted": 0, "held": 0}
    assert run_of(second).counts["undo"]["deleted"] == 0
    assert [row.day for row in ConsumptionDay.objects.all()] == [restored.day]
    (again,) = take(source(text(changed)))
    assert again.counts == second.counts


def test_what_was_corrected_since_stays_and_is_named(site):
    body = lines(WINTER_DAY, 96)
    (first,) = take(source(text(body)))
    (second,) = take(source(text([one.replace(";1,0", ";5,0") for one in body])))
    undo_consumption_import(run=run_of(first), actor=ACTOR, at=AT, controllers=None)
    assert run_of(first).counts["undo"] == {"restored": 0, "to_delete": 0, "kept_as_corrected_since": 1}
    assert ConsumptionDay.objects.get().import_run_id == second.run_id


def test_an_import_is_undone_only_once(site):
    (outcome,) = take(source(text(lines(WINTER_DAY, 96))))
    undo_consumption_import(run=run_of(outcome), actor=ACTOR, at=AT, controllers=None)
    with pytest.raises(UnableToUndo):
        undo_consumption_import(run=run_of(outcome), actor=ACTOR, at=AT, controllers=None)


def test_rows_of_an_import_that_stands_are_not_deleted(site, as_purge):
    (outcome,) = take(source(text(lines(WINTER_DAY, 96))))
    job = Job(kind=DELETE_DAYS, parameters={"run": str(outcome.run_id)}, asked_by="service:test", asked_at=AT)
    with as_purge(), pytest.raises(ImportRun.DoesNotExist):
        delete_days_of_an_undone_import(job)
    assert ConsumptionDay.objects.count() == 1


def test_a_hold_keeps_what_an_undone_import_made(site, as_purge):
    (outcome,) = take(source(text(lines(WINTER_DAY, 96))))
    job = undo_consumption_import(run=run_of(outcome), actor=ACTOR, at=AT, controllers=None)
    place_hold(kind="site", target=site.pk, reason="dispute", actor=ACTOR, at=AT)
    with as_purge():
        assert delete_days_of_an_undone_import(job) == {"deleted": 0, "held": 1}
    assert ConsumptionDay.objects.count() == 1


def command(*arguments: object) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("import_consumption", *map(str, arguments), stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def test_the_command_reports_as_a_table_and_as_json(site, tmp_path):
    body = lines(WINTER_DAY, 96)
    del body[10:14]
    (tmp_path / "year.csv").write_bytes(text(body))
    code, report = command(tmp_path, "--dry-run", "--json")
    (file,) = json.loads(report)["files"]
    assert (code, file["state"], file["new_count"], file["gap_count"]) == (0, "imported", 92, 4)
    assert file["gaps"][0]["start"] == "2024-01-10T00:30:00+00:00"
    assert not ImportRun.objects.exists()
    code, report = command(tmp_path)
    assert code == 0
    assert "year.csv" in report
    assert "92" in report
    assert ConsumptionDay.objects.count() == 1


def test_the_command_ends_with_1_for_a_refused_file(site, tmp_path):
    (tmp_path / "bad.csv").write_bytes(b"nothing")
    (tmp_path / "good.csv").write_bytes(text(lines(WINTER_DAY, 96)))
    code, report = command(tmp_path)
    assert code == 1
    assert ConsumptionDay.objects.count() == 1
    assert "bad.csv" in report


def test_a_path_that_is_not_there_is_a_wrong_call(tmp_path):
    assert command(tmp_path / "nothing.csv")[0] == 2


def test_a_wrong_mapping_is_a_wrong_call(tmp_path):
    with pytest.raises(CommandError, match="argument --map: 643000000000000017"):
        call_command("import_consumption", str(tmp_path), "--map", "1=643000000000000017")


def test_an_empty_folder_is_a_wrong_call(tmp_path):
    assert command(tmp_path)[0] == 2


def test_the_command_maps_a_masked_point(site, tmp_path):
    (tmp_path / "masked.csv").write_bytes(text([one.replace(POINT, MASKED) for one in lines(WINTER_DAY, 96)]))
    assert command(tmp_path)[0] == 1
    assert command(tmp_path, "--map", f"{MASKED}={POINT}")[0] == 0
    assert ConsumptionDay.objects.get().site == site


def test_a_folder_and_an_archive_give_the_same_files(site, tmp_path):
    days = {f"{day:02}.csv": text(lines(f"2024-01-{day:02}T22:00", 96)) for day in range(1, 8)}
    folder = tmp_path / "folder"
    (folder / "deeper").mkdir(parents=True)
    for name, data in days.items():
        (folder / ("deeper" if name > "04" else "") / name).write_bytes(data)
    (folder / "notes.txt").write_text("no data")
    (folder / "link.csv").symlink_to(folder / "01.csv")
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in days.items():
            packed.writestr(f"somewhere/{name}", data)
        packed.writestr("__MACOSX/._01.csv", b"rubbish")
    assert {one.state for one in take(*files_in(folder))} == {State.IMPORTED}
    again = list(import_consumption(sources=files_in(archive), actor=ACTOR, scope=Scope.service("t"), now=lambda: AT))
    assert [one.state for one in again] == [State.KNOWN] * 7
    assert ConsumptionDay.objects.count() == 7


def test_the_command_undoes_an_import_of_consumption(site):
    body = lines(WINTER_DAY, 96)
    take(source(text(body)))
    (second,) = take(source(text([one.replace(";1,0", ";5,0") for one in body])))
    out = io.StringIO()
    call_command("undo_import", str(second.run_id), "--wait", "0", "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert (report["restored"], report["state"], report["named"]) == (1, "waiting", [])
    assert ConsumptionDay.objects.get().wh == list(range(1000, 1096))


def test_the_command_keeps_the_files_that_went_in_encrypted(site, settings, tmp_path):
    settings.REGISTER_FILES_DIR = tmp_path / "files"
    data = text(lines(WINTER_DAY, 96))
    (tmp_path / "hyvä.csv").write_bytes(data)
    (tmp_path / "huono.csv").write_bytes(b"broken")
    call_command("import_consumption", str(tmp_path / "hyvä.csv"), "--dry-run", "--json", stdout=io.StringIO())
    assert not ImportSource.objects.exists()
    with pytest.raises(SystemExit):
        call_command("import_consumption", str(tmp_path), "--json", stdout=io.StringIO())
    kept = ImportSource.objects.get()
    assert (kept.name, kept.run.state, file_of(kept).read()) == ("hyvä.csv", "committed", data)
    assert list(stored_names()) == [kept.stored_as]
