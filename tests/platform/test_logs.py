"""Logs tell what happened to the process, and nothing about people."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from customers import operations
from register.settings.environment import Environment
from register.settings.logs import logs
from register.work.models import ColumnMapping

in_both_formats = pytest.mark.parametrize("lines", ["json", "text"], indirect=True)
CANARY = "Meikäläinen-kanarialintu"


IBAN = "FI2112345600000785"


@pytest.fixture(params=["json"])
def lines(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What goes to the log as JSON, as in production."""
    configured = logs(Environment({"REGISTER_LOG_FORMAT": request.param}))
    formatter = configured["formatters"]["lines"]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=formatter["foreign_pre_chain"], processors=formatter["processors"]
        )
    )
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


@pytest.mark.django_db
def test_a_request_leaves_neither_words_nor_address_nor_browser(client: Client, lines: io.StringIO):
    client.get(f"/health/live?q={CANARY}", headers={"user-agent": CANARY, "referer": f"https://x/?q={CANARY}"})
    text = lines.getvalue()
    assert "GET /health/live" in text
    assert CANARY not in text
    assert "kanarialintu" not in text
    assert "127.0.0.1" not in text


def test_a_value_cannot_forge_a_line(lines: io.StringIO):
    logging.getLogger("register.test").warning("said %s", 'one\r\n{"event": "forged"}\x1b[31m')
    (line,) = [line for line in lines.getvalue().splitlines() if "said" in line]
    assert json.loads(line)["event"].startswith("said one")
    assert "\x1b" not in line


def test_each_line_is_json_with_time_and_level(lines: io.StringIO):
    structlog.get_logger("register.test").info("stored", rows=3)
    line = json.loads(lines.getvalue().splitlines()[-1])
    assert {"event": "stored", "rows": 3, "level": "info"}.items() <= line.items()
    assert line["timestamp"].endswith("Z")


def fail(**_words: Any) -> None:
    raise RuntimeError("it failed")


def twice(*, email: str, **_words: Any) -> None:
    for _number in (1, 2):
        ColumnMapping.objects.create(kind="test", name=email, saved_by="test", saved_at=timezone.now())


def unreadable(*, email: str, **_words: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text::int", [email])


def wrong_statement(*, email: str, **_words: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s WHERE nothing", [email])


@in_both_formats
@pytest.mark.django_db
@pytest.mark.parametrize("fault", [fail, twice, unreadable, wrong_statement])
def test_a_fault_at_a_form_leaves_no_value_in_the_log(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch, fault: Callable[..., None]
):
    cache.clear()
    monkeypatch.setattr(operations, "ask_to_sign_in", fault)
    answer = Client(raise_request_exception=False).post("/", {"email": f"{IBAN}@example.org"})
    assert answer.status_code == 500
    text = lines.getvalue()
    assert "Traceback (most recent call last)" in text
    assert fault.__name__ in text
    assert IBAN not in text
    assert IBAN.lower() not in text.lower()
    assert "DETAIL" not in text


@in_both_formats
@pytest.mark.django_db
def test_a_database_error_in_the_words_of_an_event_leaves_no_value(lines: io.StringIO):
    with pytest.raises(IntegrityError) as found, transaction.atomic():
        twice(email=f"{IBAN}\n{CANARY}")
    logging.getLogger("register.test").error("Task failed: %r", found.value)
    logging.getLogger("register.test").error("Task failed: %s", found.value, exc_info=found.value)
    structlog.get_logger("register.test").error("failed", error=str(found.value), cause=found.value)
    text = lines.getvalue()
    assert text.count("a_mapping_has_its_name_once_a_kind") >= 4
    assert IBAN not in text
    assert "kanarialintu" not in text
