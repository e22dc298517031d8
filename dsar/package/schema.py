"""The JSON schema of a package's data: every table and column of the data map, with its name and item."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from .tables import Column, Shown, Table


def schema_of(tables: Iterable[Table]) -> dict[str, Any]:
    """Give the schema, its words in the language that is open."""
    tables = list(tables)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Access package of the customer register",
        "type": "object",
        "required": ["package", "tables"],
        "additionalProperties": False,
        "properties": {
            "package": {"type": "object"},
            "tables": {
                "type": "object",
                "required": [table.label for table in tables],
                "additionalProperties": False,
                "properties": {table.label: _table(table) for table in tables},
            },
        },
    }


def _table(table: Table) -> dict[str, Any]:
    names = [column.name for column in table.columns]
    return {
        "title": str(table.title),
        "type": "object",
        "required": ["title", "purposes", "kept", "items", "rows"],
        "additionalProperties": False,
        "properties": {
            "title": {"type": "string"},
            "purposes": {"type": "array", "items": {"type": "object"}},
            "kept": {"type": "array", "items": {"type": "string"}},
            "items": {"type": "array", "items": {"type": "string"}},
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": [*names, "goes_on"],
                    "additionalProperties": False,
                    "properties": {
                        **{column.name: _column(column) for column in table.columns},
                        "goes_on": {
                            "description": "The day on which the row goes; empty while a reason runs.",
                            "type": ["string", "null"],
                        },
                    },
                },
            },
        },
    }


def _column(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {"title": str(column.title), "type": _type(column)}
    if column.items:
        found["description"] = "; ".join(f"{item.seed} {item.name}" for item in column.items)
    return found


def _type(column: Column) -> list[str]:
    field = column.field
    if column.shown is not Shown.PLAIN:
        return ["string", "null"]
    if column.is_array:
        return ["array", "null"]
    if isinstance(field, models.JSONField):
        return ["object", "array", "string", "number", "boolean", "null"]
    if field.is_relation:
        return ["object", "string", "integer", "null"]
    if isinstance(field, models.BooleanField):
        return ["boolean", "null"]
    if isinstance(field, models.IntegerField):
        return ["integer", "null"]
    if field.name.startswith("changes"):
        return ["object", "null"]
    return ["string", "null"]
