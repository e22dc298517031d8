"""Logs by structlog: one line an event, JSON in production, without personal data.

No address, no query string and no account goes in; a request is known by its id. Tracebacks have no local variables,
and of what the database says they have the first line only: the rest repeats values.
"""

import re
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any

import structlog

from register.settings.environment import Environment

# Beat says "look" every few seconds: that all went well is no news.
_QUIET = ("celery.beat", "celery.worker.strategy", "celery.app.trace", "django_structlog.celery")
_PERSONAL = ("ip", "user_id", "user_agent", "referer")


def without_personal_data(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop who asked and what they searched for; the path of the request stays."""
    for key in _PERSONAL:
        event.pop(key, None)
    if isinstance(event.get("request"), str):
        event["request"] = event["request"].split("?", 1)[0]
    return event


# What follows the words of a database error, as text and as repr: the values of the row, of the file or of the query.
_REST = r"(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LINE [0-9]+):"
_REST_OF_EVENT = re.compile(rf"(?:\n|\\n)\s*{_REST}.*", re.DOTALL)
_REST_OF_LINE = re.compile(rf"^[ |]*{_REST}.*\n?", re.MULTILINE)
_QUOTED_VALUE = re.compile(r': ".*', re.DOTALL)


def plain_traceback(exc_info: Any) -> str:
    """Give a traceback without local variables and without the values that a database error repeats."""
    error = exc_info[1]
    text = "".join(traceback.format_exception(*exc_info))
    for each in _chain(error, set()):
        words = str(each)
        if words and (short := _without_values(each, words)) != words:
            text = text.replace(words, short)
    return _REST_OF_LINE.sub("", text).rstrip("\n")


def without_details(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut what the database says of values from all words of an event but its traceback, which has lost them."""
    for key, value in event.items():
        if isinstance(value, BaseException):
            value = repr(value)
        if key != "exception" and isinstance(value, str):
            event[key] = _REST_OF_EVENT.sub("", value)
    return event


def _chain(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    """Give an error with its causes, its contexts and the members of its group."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for each in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        yield from _chain(each, seen)


def _without_values(error: BaseException, words: str) -> str:
    """Cut the details of a database error; where the database could not read a value, the value too."""
    words = _REST_OF_EVENT.sub("", words)
    state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None) or ""
    return _QUOTED_VALUE.sub("", words) if state.startswith("22") else words


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    without_personal_data,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.UnicodeDecoder(),
]


def logs(environment: Environment) -> dict[str, Any]:
    """Return Django's LOGGING and set structlog up to write through it."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    wanted = environment.text("LOG_FORMAT") or ("json" if environment.is_production else "text")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": _formatter(wanted)},
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stream"], "level": environment.text("LOG_LEVEL")},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            **{name: {"level": "WARNING"} for name in _QUIET},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }


def _formatter(wanted: str) -> dict[str, Any]:
    # The JSON renderer escapes line ends, so that no value can forge a line of its own.
    render = (
        structlog.processors.JSONRenderer()
        if wanted == "json"
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(plain_traceback),
            without_details,
            render,
        ],
    }
