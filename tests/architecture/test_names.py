"""No row tells in its text whom it is about: `str(row)` ends up in logs, titles and error pages."""

from typing import Any

import pytest
from django.db import models

from register.datamap.map import Kind
from tests.architecture import house

CANARY = "canary"
# The register's own numbers name a row to its staff, who have nothing else to call it by.
NUMBERS = {"number", "identifier", "gsrn"}
# What a row is, not whom it is about.
CODES = {
    "Commitment.text_version", "LogEntry.object_pk", "ServiceUse.service", "DeliveredDevice.kind", "PlanRow.model",
    "Approval.approved_by",  # an actor's kind and key
}  # fmt: skip
DEPTH = 3


def sample(model: type[models.Model], depth: int = DEPTH) -> models.Model:
    """Return an unsaved row whose every text holds the canary, and its relations likewise."""
    instance = model()
    for field in model._meta.concrete_fields:
        value = _value(field, depth)
        if value is not None:
            setattr(instance, field.name, value)
    return instance


def _value(field: "models.Field[Any, Any]", depth: int) -> Any:
    if field.is_relation:
        return sample(field.related_model, depth - 1) if depth else None
    if field.choices or field.primary_key or field.name in NUMBERS or _place(field) in CODES:
        return None
    if isinstance(field, models.CharField | models.TextField):
        return f"{CANARY} {field.name}"
    if isinstance(field, models.JSONField):
        return {CANARY: CANARY}
    return None


def _place(field: "models.Field[Any, Any]") -> str:
    return f"{field.model.__name__}.{field.name}"


def _about_people() -> list[type[models.Model]]:
    return [model for model in house.our_models() if model.data_map.kind is not Kind.NO_PERSON]


@pytest.mark.parametrize("model", _about_people(), ids=lambda model: model._meta.label)
def test_the_text_of_a_row_names_nobody(model: type[models.Model]) -> None:
    row = sample(model)
    assert CANARY not in str(row)
    assert CANARY not in repr(row)


def test_a_row_that_tells_a_name_is_noticed() -> None:
    told = 0
    for model in _about_people():
        row = sample(model)
        told += any(CANARY in str(value) for value in vars(row).values())
    assert told > 10


def test_a_key_made_at_random_is_never_a_field_of_a_form() -> None:
    keys = [model._meta.pk for model in house.our_models() if isinstance(model._meta.pk, models.UUIDField)]
    assert len(keys) > 10
    assert [str(key) for key in keys if key.editable] == []
