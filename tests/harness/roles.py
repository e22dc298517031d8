"""Acting as another database role within a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def as_role(role: str) -> Iterator[None]:
    """Be register_<role> on the test's own connection, then the application again.

    After a database error the caller's savepoint must be rolled back inside the block.
    """
    _become(role)
    try:
        yield
    finally:
        _become("app")


def _become(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE register_{role}")
