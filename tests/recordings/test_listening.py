"""Listening to a recorded call: a reason first, then the sound, whole or in part; nothing without it (clause P5)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from recordings import operations
from recordings.models import Listening, Recording
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.models import ReadEvent
from register.crypto.files import write_file_of
from register.identity.roles import Role
from tests.factories.customers import CustomerFactory
from tests.factories.recordings import RecordingFactory
from tests.harness.staff import make_staff, signed_in

SOUND = bytes(range(256)) * 400


@pytest.fixture
def call(db: Any, settings: Any, tmp_path: Any) -> Iterator[Recording]:
    settings.REGISTER_FILES_DIR = tmp_path
    with acting_as_service("test"):
        row = RecordingFactory.build(customer=CustomerFactory(), controller_id=1)
        stored = write_file_of(row, [SOUND])
        row.stored_as, row.wrapped_key, row.size_bytes = stored.name, stored.wrapped_key, stored.size_bytes
        row.save()
    yield row


@pytest.fixture
def client(db: Any) -> Client:
    return signed_in(make_staff(role=Role.AGENT))


def panel(row: Recording) -> str:
    return reverse("staff-customer-recordings", args=[row.customer_id])


def player(page: str) -> str:
    found = re.search(r'<audio[^>]* src="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else ""


@pytest.mark.item("O01")
@pytest.mark.clause("P5")
def test_a_call_plays_after_its_reason_and_the_listening_is_recorded(call: Recording, client: Client) -> None:
    page = client.get(panel(call)).content.decode()
    assert player(page) == ""
    answer = client.post(panel(call), {"recording": call.pk, "reason": "verify"})
    source = player(answer.content.decode())
    sound = client.get(source)
    assert (sound.status_code, sound.content) == (200, SOUND)
    assert sound["Content-Disposition"].startswith("attachment")
    part = client.get(source, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, SOUND[100:200])
    assert part["Content-Range"] == f"bytes 100-199/{len(SOUND)}"
    assert client.get(source, headers={"Range": f"bytes={len(SOUND)}-"}).status_code == 416
    with acting_as_service("test"):
        listening = Listening.objects.get(recording=call)
        assert (listening.reason, listening.listened_by) == ("verify", "Testi Äijälä")
        event = ReadEvent.objects.filter(what="recording").get()
        assert event.reason == "verify"
        assert event.shown.get().customer_id == call.customer_id


@pytest.mark.clause("P5")
@pytest.mark.parametrize("reason", ["", "curiosity"])
def test_without_one_of_the_reasons_nothing_plays(call: Recording, client: Client, reason: str) -> None:
    answer = client.post(panel(call), {"recording": call.pk, "reason": reason})
    assert answer.status_code == 422
    assert player(answer.content.decode()) == ""
    with acting_as_service("test"):
        assert not Listening.objects.exists()


def test_the_sound_is_given_only_to_who_said_why(call: Recording, client: Client) -> None:
    sound = reverse("staff-recording-audio", args=[call.pk])
    assert client.get(sound).status_code == 403
    source = player(client.post(panel(call), {"recording": call.pk, "reason": "verify"}).content.decode())
    other = signed_in(make_staff(email="toinen@example.org", role=Role.AGENT))
    assert client.get(source).status_code == 200
    assert other.get(source).status_code == 403


@pytest.mark.clause("X2")
def test_the_other_controllers_call_is_not_there(call: Recording, client: Client) -> None:
    network = signed_in(make_staff(email="verkko@example.org", role=Role.AGENT, controllers=(2,)))
    assert str(call.pk) in client.get(panel(call)).content.decode()
    assert str(call.pk) not in network.get(panel(call)).content.decode()
    assert network.post(panel(call), {"recording": call.pk, "reason": "verify"}).status_code == 404


def test_a_call_of_somebody_else_is_not_played_from_this_page(call: Recording, client: Client) -> None:
    with acting_as_service("test"):
        other: Any = CustomerFactory()
    page = reverse("staff-customer-recordings", args=[other.pk])
    assert client.post(page, {"recording": call.pk, "reason": "verify"}).status_code == 404
    assert client.post(page, {"recording": "no key", "reason": "verify"}).status_code == 404


def test_kind_and_customer_of_a_call_are_corrected_and_nothing_else(call: Recording) -> None:
    with acting_as_service("test"):
        who: Any = {"actor": Actor.service("test"), "at": call.called_at}
        changed = operations.change_recording(recording_id=call.pk, kind="fault", customer_id=None, **who)
        assert (changed.kind, changed.customer_id, changed.called_on) == ("fault", None, call.called_on)
        with pytest.raises(operations.UnableToChangeRecording):
            operations.change_recording(recording_id=call.pk, kind="gossip", customer_id=None, **who)


@pytest.mark.clause("P5")
@pytest.mark.parametrize("role", [Role.AGENT, Role.DPO, Role.ADMINISTRATOR])
def test_the_transcript_is_read_only_after_a_reason(call: Recording, role: Role) -> None:
    client = signed_in(make_staff(email="lukija@example.org", role=role))
    with acting_as_service("test"):
        call.transcript = "Kanarialintu soitti laskusta"
        call.save()
    pages = [panel(call), reverse("admin:recordings_recording_changelist")]
    pages += [reverse(f"admin:recordings_recording_{name}", args=[call.pk]) for name in ("change", "history", "delete")]
    for page in pages:
        answer = client.get(page, follow=True)
        assert "Kanarialintu" not in answer.content.decode(), page
    answer = client.post(panel(call), {"recording": call.pk, "reason": "verify"})
    assert "Kanarialintu" in answer.content.decode()
