"""Celery carries JSON and keeps no result."""

from register.celery import app


def test_only_json_is_accepted():
    assert list(app.conf.accept_content) == ["json"]
    assert app.conf.task_serializer == "json"
    assert app.conf.event_serializer == "json"


def test_no_result_is_kept():
    assert app.conf.result_backend is None
    assert app.conf.task_ignore_result
    assert type(app.backend).__name__ == "DisabledBackend"


def test_a_message_is_given_back_when_its_worker_dies():
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
