"""Two answers for whoever watches over the process."""

import pytest
from django.db import connections
from django.test import Client

from register.celery import app
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
    monkeypatch.setattr(app.conf, "broker_url", "redis+socket:///nowhere/valkey.sock")
    monkeypatch.setattr(app.conf, "broker_write_url", "redis+socket:///nowhere/valkey.sock")
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")


def test_not_ready_without_the_database(committed_db: CommittedDatabase, client: Client):
    settings = connections.settings["default"]
    settings["NAME"] = "register_that_is_not_there"
    connections.close_all()
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")
