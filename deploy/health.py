"""Says by its exit code whether the process of this container does its work.

Run inside the container by its health check: `python -m deploy.health web|worker|purge|beat`.
It prints one word for `docker inspect` and never a setting, an address or a name.
"""

import http.client
import os
import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

PING_TIMEOUT_S = 10
WEB_TIMEOUT_S = 4
BEAT_PIDFILE = Path("/tmp/beat.pid")
# The scheduler writes its last runs every three minutes; five times that is a standstill.
BEAT_STANDSTILL = timedelta(minutes=15)


def main(arguments: list[str]) -> int:
    """Check the service that the one argument names; 0 when it is well, 1 when not, 2 if unknown."""
    check = CHECKS.get(arguments[0]) if len(arguments) == 1 else None
    if check is None:
        print(f"usage: python -m deploy.health {'|'.join(CHECKS)}")
        return 2
    try:
        is_well = check()
    except Exception as error:  # whatever it is, the service is not well
        print(type(error).__name__)
        return 1
    print("well" if is_well else "not well")
    return 0 if is_well else 1


def web_is_ready() -> bool:
    """Ask the web process by its own name, as the edge would: is it ready?"""
    host = os.environ.get("REGISTER_ALLOWED_HOSTS", "").split(",")[0].strip() or "localhost"
    port = int(os.environ.get("PORT", "8000"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WEB_TIMEOUT_S)
    try:
        connection.request("GET", "/health/ready", headers={"Host": host})
        return connection.getresponse().status == http.client.OK
    finally:
        connection.close()


def worker_answers() -> bool:
    """Ask the worker of this container, through the broker, for a sign of life."""
    return _answers("worker")


def purge_answers() -> bool:
    """Ask the purge worker of this container, through the broker, for a sign of life."""
    return _answers("purge")


def beat_runs() -> bool:
    """See that beat lives and that the scheduler has started something of late."""
    pid = int(BEAT_PIDFILE.read_text())
    os.kill(pid, 0)
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "register.settings")
    django.setup()
    from django.db.models import Max
    from django_celery_beat.models import PeriodicTask

    last = PeriodicTask.objects.aggregate(last=Max("last_run_at"))["last"]
    now = datetime.now(UTC)
    if last is None:
        return now.timestamp() - BEAT_PIDFILE.stat().st_mtime < BEAT_STANDSTILL.total_seconds()
    return bool(now - last < BEAT_STANDSTILL)


def _answers(name: str) -> bool:
    from register.celery import app

    node = f"{name}@{socket.gethostname()}"
    replies = app.control.ping(destination=[node], timeout=PING_TIMEOUT_S)
    return any(node in reply for reply in replies or [])


CHECKS: dict[str, Callable[[], bool]] = {
    "web": web_is_ready,
    "worker": worker_answers,
    "purge": purge_answers,
    "beat": beat_runs,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
