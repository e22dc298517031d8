"""Logs by structlog: one line an event, JSON in production, without personal data.

No address, no query string and no account goes in; a request is known by its id.
"""

from collections.abc import MutableMapping
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
    render: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if wanted == "json"
        else [structlog.dev.ConsoleRenderer(colors=False)]
    )
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _SHARED,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
    }
