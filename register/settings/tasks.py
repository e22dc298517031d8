"""Celery: JSON only, no result backend; a message says "look", the work is a row."""

from typing import Any

from celery.schedules import crontab

from embedded.places import places
from register.settings.environment import Environment

# What beat starts, by name; each task finds its own work in the database.
SCHEDULE: dict[str, dict[str, Any]] = {
    "look for work": {
        "task": "register.work.tasks.look",
        "args": ["default"],
        "schedule": 5.0,
        "options": {"queue": "default", "expires": 5},
    },
    "look for purge work": {
        "task": "register.work.tasks.look",
        "args": ["purge"],
        "schedule": 5.0,
        "options": {"queue": "purge", "expires": 5},
    },
    "end bank accounts of former customers": {
        "task": "billing.tasks.end_bank_accounts",
        "schedule": crontab(hour=1, minute=30),
        "options": {"queue": "default", "expires": 3600},
    },
    "compare relationships with contracts": {
        "task": "sites.tasks.ask_for_check",
        "schedule": crontab(hour=1, minute=40),
        "options": {"queue": "default", "expires": 3600},
    },
    "mark holds that have ended": {
        "task": "retention.tasks.ask_for_ended_holds",
        "schedule": crontab(hour=1, minute=45),
        "options": {"queue": "default", "expires": 3600},
    },
    "purge what is due": {
        "task": "retention.tasks.ask_daily",
        "schedule": crontab(hour=2, minute=30),
        "options": {"queue": "default", "expires": 3600},
    },
    "deliver the outbox": {
        "task": "register.work.tasks.deliver_outbox",
        "schedule": 10.0,
        "options": {"queue": "default", "expires": 10},
    },
}


def tasks(environment: Environment) -> dict[str, Any]:
    """Return the settings of Celery, which Django keeps with the prefix CELERY_."""
    broker = environment.text("BROKER_URL") or places().broker_url
    return {
        "CELERY_BROKER_URL": broker,
        "CELERY_RESULT_BACKEND": None,
        "CELERY_TASK_IGNORE_RESULT": True,
        "CELERY_ACCEPT_CONTENT": ["json"],
        "CELERY_TASK_SERIALIZER": "json",
        "CELERY_EVENT_SERIALIZER": "json",
        "CELERY_TASK_DEFAULT_QUEUE": "default",
        "CELERY_TASK_ACKS_LATE": True,
        "CELERY_TASK_REJECT_ON_WORKER_LOST": True,
        "CELERY_TASK_CREATE_MISSING_QUEUES": True,
        "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
        "CELERY_WORKER_HIJACK_ROOT_LOGGER": False,
        "CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS": True,
        "CELERY_WORKER_SEND_TASK_EVENTS": False,
        "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
        "CELERY_BROKER_TRANSPORT_OPTIONS": {"visibility_timeout": 900},
        "CELERY_TIMEZONE": "Europe/Helsinki",
        "CELERY_ENABLE_UTC": True,
        "CELERY_BEAT_SCHEDULER": "django_celery_beat.schedulers:DatabaseScheduler",
        "CELERY_BEAT_SCHEDULE": SCHEDULE,
    }
