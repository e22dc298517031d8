"""Logs tell what happened to the process, and nothing about people."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.test import Client

from register.settings.environment import Environment
from register.settings.logs import logs

CANARY = "Meikäläinen-kanarialintu"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What goes to the log as JSON, as in production."""
    configured = logs(Environment({"REGISTER_LOG_FORMAT": "json"}))
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
