"""The front door, and two answers for whoever watches over the process."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from register.celery import app


@require_safe
def to_staff(request: HttpRequest) -> HttpResponse:
    """Lead to the staff's pages."""
    return HttpResponseRedirect("/staff/")


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks nothing of anybody else."""
    return HttpResponse("live\n", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether the database and the broker answer, without naming either."""
    is_ready = _database_answers() and _broker_answers()
    text = "ready\n" if is_ready else "not ready\n"
    return HttpResponse(text, content_type="text/plain", status=200 if is_ready else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool:
    try:
        with app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return False
    return True
