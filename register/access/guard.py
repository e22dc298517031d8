"""Under test, a query on a protected table outside a scope is an error instead of an empty answer."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from .schema import protected_tables
from .scope import current_scope

_exempt: ContextVar[bool] = ContextVar("register_scope_exempt", default=False)


class OutsideScopeError(RuntimeError):
    """A protected table was touched with no scope open."""


@contextmanager
def another_role() -> Iterator[None]:
    """Hold while the connection has the role of owner or purge, which need no scope."""
    token = _exempt.set(True)
    try:
        yield
    finally:
        _exempt.reset(token)


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(
        r'(?:FROM|INTO|UPDATE|JOIN)\s+"?(' + "|".join(sorted(protected_tables())) + r')"?\b', re.IGNORECASE
    )


def refuse_without_scope(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Refuse a statement that names a protected table while no scope is open (a database execute wrapper)."""
    if current_scope() is None and not _exempt.get() and isinstance(sql, str) and (found := _pattern().search(sql)):
        raise OutsideScopeError(f"{found.group(1)} was queried outside a scope")
    return execute(sql, params, many, context)
