"""Recorded calls come in from a folder with a CSV: encrypted as they are read, playable after their reason."""

import io
import json
import re
import wave
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from recordings.models import Recording
from register.access.guard import another_role
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.models import LogEntry
from register.crypto.files import file_of, root, stored_names
from register.identity.roles import Role
from register.work.models import ImportRun, ImportSource, Job
from retention.tasks import delete_rows_of_an_undone_import
from sites.imports.files import undo_file_import
from tests.factories import FACTORIES
from tests.harness.roles import as_role
from tests.harness.staff import make_staff, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.item("O01"), pytest.mark.clause("T5")]

TABLE = (
    "tiedosto;laji;aika;yhtiö;asiakasnumero;suunta;numero;kesto;käsittelijä\n"
    "puhelu 1.wav;asiakaspalvelu;20.11.2026 23.30;energia;P1;saapuva;040 1234567;;Anna\n"
    "puhelu-2.mp3;suoramarkkinointi;2026-11-19T22:30:00Z;verkko;;lähtevä;;61;\n"
)


def sound(seconds: int = 2) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8000)
        out.writeframes(bytes(range(200)) * 40 * seconds)
    return stream.getvalue()


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.REGISTER_FILES_DIR = tmp_path / "files"
    path = tmp_path / "calls"
    path.mkdir()
    (path / "calls.csv").write_text(TABLE, encoding="utf-8")
    (path / "puhelu 1.wav").write_bytes(sound())
    (path / "puhelu-2.mp3").write_bytes(b"ID3\x04" + bytes(5000))
    with acting_as_service("test"):
        FACTORIES[Customer](number="P1")
    return path


def run(path: Path, **options: Any) -> dict[str, Any]:
    out, code = io.StringIO(), 0
    try:
        call_command("import_recordings", str(path), as_json=True, stdout=out, stderr=io.StringIO(), **options)
    except SystemExit as end:
        code = end.code
    return {"code": code, **json.loads(out.getvalue())["files"][0]}


def test_calls_come_in_encrypted_with_their_kind_time_and_customer(folder: Path) -> None:
    report = run(folder)
    assert (report["state"], report["counts"]["created"]) == ("imported", 2)
    with acting_as_service("test"):
        row = Recording.objects.get(customer__number="P1")
        assert (row.kind, row.direction, row.phone, row.duration_s) == ("service", "in", "+358401234567", 2)
        assert row.called_at == datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
        assert (row.called_on, row.media_type, row.controller_id) == (date(2026, 11, 20), "audio/wav", 1)
        assert file_of(row).read() == sound()
        other = Recording.objects.get(customer=None)
        assert (other.kind, other.called_on, other.duration_s) == ("marketing", date(2026, 11, 20), 61)
        assert LogEntry.objects.get(object_pk=str(row.pk)).subjects == [row.customer_id]
        assert not ImportSource.objects.exists()
    for stored in root().rglob("*"):
        assert not stored.is_file() or b"RIFF" not in stored.read_bytes()


def test_an_imported_call_plays_on_the_page_of_the_customer(folder: Path) -> None:
    run(folder)
    with acting_as_service("test"):
        row = Recording.objects.get(customer__number="P1")
    client = signed_in(make_staff(role=Role.AGENT, controllers=(1, 2)))
    page = client.post(
        reverse("staff-customer-recordings", args=[row.customer_id]), {"recording": row.pk, "reason": "verify"}
    )
    source = re.search(r'<audio[^>]* src="([^"]+)"', page.content.decode())
    assert source
    assert client.get(source[1].replace("&amp;", "&")).content == sound()


def test_the_same_folder_changes_nothing_and_an_added_call_comes_in_alone(folder: Path) -> None:
    run(folder)
    assert run(folder)["state"] == "known"
    (folder / "kolmas.wav").write_bytes(sound(3))
    added = "kolmas.wav;vikailmoitus;21.11.2026 8.00;verkko;P1;;;;\n"
    (folder / "calls.csv").write_text(TABLE + added, encoding="utf-8")
    report = run(folder)
    assert (report["counts"]["created"], report["counts"]["unchanged"]) == (1, 2)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("../calls.csv;muu;20.11.2026 8.00;energia;;;;;\n", "name"),
        ("/etc/passwd;muu;20.11.2026 8.00;energia;;;;;\n", "name"),
        ("puuttuu.wav;muu;20.11.2026 8.00;energia;;;;;\n", "no-file"),
        ("kuva.wav;muu;20.11.2026 8.00;energia;;;;5;\n", "no-audio"),
        ("linkki.wav;muu;20.11.2026 8.00;energia;;;;5;\n", "no-file"),
        ("puhelu-2.mp3;muu;20.11.2026 8.00;energia;;;;;\n", "twice-in-file"),
        ("pitkä.mp3;muu;20.11.2026 8.00;energia;;;;;\n", "no-length"),
        ("pitkä.mp3;muu;joskus;energia;;;;5;\n", "moment"),
        ("pitkä.mp3;muu;20.11.2126 8.00;energia;;;;5;\n", "future"),
        ("pitkä.mp3;outo;20.11.2026 8.00;energia;;;;5;\n", "choice"),
        ("pitkä.mp3;muu;20.11.2026 8.00;energia;P9;;;5;\n", "unknown-customer"),
    ],
)
def test_a_row_at_fault_keeps_all_out_and_leaves_no_file(folder: Path, row: str, code: str) -> None:
    (folder / "kuva.wav").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (folder / "pitkä.mp3").write_bytes(b"\xff\xfb" + bytes(100))
    (folder / "linkki.wav").symlink_to(folder / "puhelu 1.wav")
    (folder / "calls.csv").write_text(TABLE + row, encoding="utf-8")
    report = run(folder)
    assert (report["code"], [fault["code"] for fault in report["faults"]]) == (1, [code])
    with acting_as_service("test"):
        assert not Recording.objects.exists()
    assert not list(stored_names())


def test_the_dry_run_tells_all_and_keeps_nothing(folder: Path) -> None:
    assert run(folder, dry_run=True)["counts"]["created"] == 2
    assert not list(stored_names())


def test_a_folder_without_its_table_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="CSV"):
        call_command("import_recordings", str(tmp_path))


def test_an_import_is_undone_with_its_files(folder: Path) -> None:
    run(folder)
    with acting_as_service("test"):
        undo_file_import(run=ImportRun.objects.get(kind="recordings"), actor=Actor.service("test"), at=timezone.now())
    deletion = Job.objects.get(queue=Job.Queue.PURGE)
    with as_role("purge"), another_role():
        assert dict(delete_rows_of_an_undone_import(deletion))["refused"] == 0
    with acting_as_service("test"):
        assert not Recording.objects.exists()
