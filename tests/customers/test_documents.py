"""Staff upload the document of a power of attorney: checked by content, encrypted, each download logged."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Mandate, PowerOfAttorney
from register.access.guard import another_role
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.models import ReadEvent
from register.crypto.files import file_of, path_of, stored_names
from register.identity.roles import Role
from register.work.tasks import deliver_outbox
from retention.operations import erase_rows
from tests.factories import FACTORIES
from tests.harness.roles import as_role
from tests.harness.staff import make_staff, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.clause("D3"), pytest.mark.item("C07")]
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40 + b"IEND\xaeB`\x82"
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 40 + b"\xff\xd9"


@pytest.fixture
def mandate(settings: Any, tmp_path: Path) -> Mandate:
    settings.REGISTER_FILES_DIR = tmp_path / "files"
    with acting_as_service("test"):
        made: Mandate = FACTORIES[Mandate]()
        return made


@pytest.fixture
def client(mandate: Mandate) -> Client:
    return signed_in(make_staff(role=Role.ADMINISTRATOR))


def send(client: Client, mandate: Mandate, content: bytes | None, name: str = "valtakirja.pdf") -> Any:
    given: dict[str, Any] = {"mandate": mandate.pk, "scope": "kaikki sopimusasiat", "signed_on": "1.3.2024"}
    if content is not None:
        given["document"] = SimpleUploadedFile(name, content)
    return client.post(reverse("admin:customers_powerofattorney_add"), given)


def only() -> PowerOfAttorney:
    with acting_as_service("test"):
        return PowerOfAttorney.objects.get()


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [(PDF, "v.pdf", "application/pdf"), (PNG, "V.PNG", "image/png"), (JPG, "v.jpeg", "image/jpeg")],
)
def test_a_document_is_kept_encrypted_and_its_download_is_logged(
    client: Client, mandate: Mandate, content: bytes, name: str, kind: str
) -> None:
    assert send(client, mandate, content, name).status_code == 302
    row = only()
    assert file_of(row).read() == content
    assert content not in path_of(row.stored_as).read_bytes()
    address = reverse("staff-power-of-attorney", args=[row.pk])
    assert address in client.get(reverse("admin:customers_powerofattorney_changelist")).content.decode()
    answer = client.get(address)
    assert (answer.content, answer.headers["Content-Type"]) == (content, kind)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with acting_as_service("test"):
        (event,) = ReadEvent.objects.filter(what="power of attorney")
        assert [shown.customer_id for shown in event.shown.all()] == [mandate.customer_id]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "v.pdf"),
        (b"<html><script>alert(1)</script>", "v.pdf"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "v.png"),
        (b"MZ\x90\x00" + b"\x00" * 100, "v.pdf"),
        (b"PK\x03\x04" + b"\x00" * 100, "v.pdf"),
        (PNG, "v.pdf"),
        (PDF, "v.pdf.exe"),
        (PDF[:20], "v.pdf"),
        (PNG[:30], "v.png"),
        (PDF + b"\n" * (10 << 20) + b"%%EOF", "v.pdf"),
    ],
    ids=["empty", "html", "svg", "program", "archive", "other-kind", "name", "broken-pdf", "broken-png", "large"],
)
def test_a_bad_file_is_refused_and_nothing_is_kept(client: Client, mandate: Mandate, content: bytes, name: str) -> None:
    answer = send(client, mandate, content, name)
    assert answer.status_code in (200, 422)
    assert "document" in answer.context["adminform"].form.errors
    with acting_as_service("test"):
        assert not PowerOfAttorney.objects.exists()
    assert list(stored_names()) == []


def test_a_document_that_is_lacking_is_added_once(client: Client, mandate: Mandate) -> None:
    assert send(client, mandate, None).status_code == 302
    row = only()
    page = reverse("admin:customers_powerofattorney_change", args=[row.pk])
    assert client.get(reverse("staff-power-of-attorney", args=[row.pk])).status_code == 404
    assert b'type="file"' in client.get(page).content
    assert client.post(page, {"document": SimpleUploadedFile("v.pdf", PDF)}).status_code == 302
    assert file_of(only()).read() == PDF
    assert b'type="file"' not in client.get(page).content
    assert client.post(page, {"document": SimpleUploadedFile("v.png", PNG)}).status_code == 403
    assert file_of(only()).read() == PDF


def test_who_may_not_see_powers_of_attorney_gets_no_document(client: Client, mandate: Mandate) -> None:
    send(client, mandate, PDF)
    metering = signed_in(make_staff(email="toinen@example.org", role=Role.METERING, controllers=(2,)))
    assert metering.get(reverse("staff-power-of-attorney", args=[only().pk])).status_code == 403


def test_the_document_goes_with_its_row(client: Client, mandate: Mandate) -> None:
    send(client, mandate, PDF)
    row = only()
    with as_role("purge"), another_role():
        wanted = {"customers.PowerOfAttorney": [str(row.pk)]}
        erasure = erase_rows(wanted=wanted, actor=Actor.service("test"), clock=timezone.now)
    assert (erasure.gone_count, erasure.refused) == (1, [])
    assert path_of(row.stored_as).exists()
    deliver_outbox()
    assert not path_of(row.stored_as).exists()
