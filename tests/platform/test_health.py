"""Two answers for whoever watches over the process."""

from pathlib import Path

import pytest
from celery import Celery
from django.db import connections
from django.test import Client, override_settings

from register import readiness
from tests.harness import databases
from tests.harness.committed import CommittedDatabase


def test_live_asks_nobody(client: Client):
    answer = client.get("/health/live")
    assert (answer.status_code, answer.content) == (200, b"live\n")


@pytest.mark.django_db
def test_ready_when_database_and_broker_answer(client: Client):
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_not_ready_without_the_broker(client: Client, monkeypatch: pytest.MonkeyPatch):
    # Another application: a changed setting of ours would stay changed for the tests after this one.
    monkeypatch.setattr(readiness, "app", Celery(broker="redis+socket:///nowhere/valkey.sock", set_as_current=False))
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")


@pytest.mark.django_db
def test_not_ready_without_keys(client: Client, tmp_path: Path):
    with override_settings(REGISTER_KEYRING_FILE=str(tmp_path / "none.json")):
        answer = client.get("/health/ready")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")


@pytest.mark.django_db
def test_not_ready_where_files_cannot_be_kept(client: Client, tmp_path: Path):
    (tmp_path / "file").touch()
    with override_settings(REGISTER_FILES_DIR=str(tmp_path / "file" / "folder")):
        answer = client.get("/health/ready")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")


def test_not_ready_before_the_migrations(committed_db: CommittedDatabase, client: Client):
    with databases.administrator(committed_db.name) as connection:
        gone = "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations) RETURNING app, name"
        row = connection.execute(gone).fetchone()
        assert client.get("/health/ready").status_code == 503
        connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", row)
    assert client.get("/health/ready").status_code == 200


def test_not_ready_without_the_database(committed_db: CommittedDatabase, client: Client):
    settings = connections.settings["default"]
    settings["NAME"] = "register_that_is_not_there"
    connections.close_all()
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")
