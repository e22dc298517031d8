"""Saves only the columns that change, so that the change log tells no more and no less."""

from collections.abc import Mapping
from typing import Any

from django.db import models


def save_changes(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Set the values on a row, save what differs (all of a new row) and return the names of those columns."""
    changed = []
    for name, value in values.items():
        former = getattr(row, name, None)  # a new row may have no related row yet
        setattr(row, name, value)
        if getattr(row, name) != former:
            changed.append(name)
    if row._state.adding:
        row.save(force_insert=True)
    elif changed:
        row.save(update_fields=[*changed, *_indexes_of(row, changed)])
    return changed


def _indexes_of(row: models.Model, changed: list[str]) -> list[str]:
    return [field.name for field in row._meta.concrete_fields if getattr(field, "source", None) in changed]
