"""The Celery application: the workers and beat."""

import os

from celery import Celery
from celery.signals import beat_init, worker_init

from register.settings.production import Process, refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "register.settings")

app = Celery("register")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()  # in every thread, not only in the one that loaded this


@worker_init.connect
def _check_worker(**_kwargs: object) -> None:
    is_purge = os.environ.get("REGISTER_ROLE") == "purge"
    refuse_unsafe_start(Process.PURGE if is_purge else Process.WORKER)


@beat_init.connect
def _check_beat(**_kwargs: object) -> None:
    refuse_unsafe_start(Process.BEAT)
