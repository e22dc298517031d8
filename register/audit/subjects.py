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
    """Give the controller of a row, its own or that of what it goes with; None where it is the group's."""
    path = controller_path(type(row))
    value: Any = row
    for name in path or ():
        value = None if value is None else getattr(value, name)
    return value if path else None


def controller_path(model: type[models.Model]) -> tuple[str, ...] | None:
    """Give the forward path from a row to its controller's key; None where neither it nor what it goes with has one.

    A part without a column of its own has the controller of its contract, invoice or recording.
    """
    if any(field.attname == "controller_id" for field in model._meta.concrete_fields):
        return ("controller_id",)
    data_map = getattr(model, "data_map", None)
    for anchor in data_map.anchors if data_map else ():
        related: Any = model._meta.get_field(anchor).related_model
        path = controller_path(related) if related is not model else None
        if path:
            return (anchor, *path)
    return None


def _follow(row: Any, path: str) -> UUID | None:
    for name in path.split("__"):
        row = getattr(row, name, None)
        if row is None or hasattr(row, "all"):
            return None
    return row.pk if isinstance(row, models.Model) else row
