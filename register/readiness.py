"""What a process needs to serve: the database in the form this code knows, the broker, the keys and room for files.

Asked by whoever watches over the process; the answer is yes or no and names nothing.
"""

import shutil
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError

from register.celery import app
from register.crypto.files import root
from register.crypto.keyring import KeyringFault
from register.crypto.sealing import index_value

# Below this an upload or a recording may not find room before somebody acts.
LEAST_FREE_BYTES = 200_000_000
# Databases that this process found migrated: that does not change while it lives.
_MIGRATED: set[str] = set()


def is_ready() -> bool:
    """Tell whether this process can serve: all that it needs answers."""
    checks: tuple[Callable[[], bool], ...] = (
        _database_answers,
        _is_migrated,
        _keys_work,
        _files_have_room,
        _broker_answers,
    )
    return all(check() for check in checks)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _is_migrated() -> bool:
    """Tell whether each migration of this code was applied; a database that knows more is well too."""
    name = str(connection.settings_dict["NAME"])
    if name in _MIGRATED:
        return True
    try:
        executor = MigrationExecutor(connection)
        is_done = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False
    if is_done:
        _MIGRATED.add(name)
    return is_done


def _keys_work() -> bool:
    try:
        index_value("readiness", "1")
    except KeyringFault:
        return False
    return True


def _files_have_room() -> bool:
    try:
        root().mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(root()).free >= LEAST_FREE_BYTES
    except OSError:
        return False


def _broker_answers() -> bool:
    try:
        with app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return False
    return True
