"""Whom a changed row is about and whose it is, as its model's data map says."""

from typing import Any
from uuid import UUID

from django.db import models


def subjects_of(row: models.Model) -> list[UUID]:
    """Give the keys of the persons that a row is about, along the forward paths of its data map."""
    data_map = getattr(type(row), "data_map", None)
    found: list[UUID] = []
    for path in data_map.subjects if data_map else ():
        value = _follow(row, path) if isinstance(path, str) else None
        if value is not None and value not in found:
            found.append(value)
    return found


def controller_of(row: models.Model) -> int | None:
    """Give the controller of a row that has one of its own."""
    return getattr(row, "controller_id", None)


def _follow(row: Any, path: str) -> UUID | None:
    for name in path.split("__"):
        row = getattr(row, name, None)
        if row is None or hasattr(row, "all"):
            return None
    return row.pk if isinstance(row, models.Model) else row
