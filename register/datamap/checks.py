"""The build fails where the data map has a hole: each check has an id and a hint."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from . import items
from .elsewhere import DECLARED
from .map import DataMap, Kind
from .registry import declared_models, own_map


@register(Tags.models)
def check_data_map(app_configs: Sequence[AppConfig] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuse a model without a map, a field unmapped, a root without a keep, an item without a home."""
    if app_configs is not None:
        return []
    return [*_undeclared(), *_faulty_maps(), *_homeless_items(), *_cycles()]


def _undeclared() -> Iterator[Error]:
    examined = 0
    for model in apps.get_models(include_auto_created=True):
        examined += 1
        if model._meta.proxy or model._meta.swapped or own_map(model) is not None:
            continue
        if model._meta.auto_created and model._meta.label not in DECLARED:
            yield Error(
                f"{model._meta.label} is an automatic many-to-many table.",
                hint="Make the table a model of its own, with a data_map.",
                id="datamap.E008",
            )
        elif model._meta.label not in DECLARED:
            yield Error(
                f"{model._meta.label} has no data_map of its own.",
                hint="Declare data_map on the model, or the table in register/datamap/elsewhere.py.",
                obj=model,
                id="datamap.E001",
            )
    if not examined:
        yield Error("No model was examined.", hint="Run the checks with the apps loaded.", id="datamap.E009")


def _faulty_maps() -> Iterator[Error]:
    for model, data_map in declared_models():
        yield from _faulty_fields(model, data_map)
        yield from _faulty_keeps(model, data_map)


def _faulty_fields(model: type[models.Model], data_map: DataMap) -> Iterator[Error]:
    if not data_map.fields and not data_map.technical and data_map.kind in (Kind.DERIVED, Kind.NO_PERSON):
        return
    names = {field.name for field in model._meta.local_fields if not isinstance(field, models.CompositePrimaryKey)}
    mapped = {name for columns in data_map.fields.values() for name in columns} | set(data_map.technical)
    for name in sorted(names - mapped):
        yield Error(
            f"{model._meta.label}.{name} is not in the data map.",
            hint="Name it under an item in fields, or in technical.",
            obj=model,
            id="datamap.E002",
        )
    for name in sorted(mapped - names):
        yield Error(f"{model._meta.label} maps {name}, which is no field.", obj=model, id="datamap.E003")


def _faulty_keeps(model: type[models.Model], data_map: DataMap) -> Iterator[Error]:
    if data_map.kind is Kind.ROOT and not data_map.keeps:
        yield Error(
            f"{model._meta.label} is a root without a keep.",
            hint="Say why its rows are held and from when, or name in goes_with the aggregate it is a part of.",
            obj=model,
            id="datamap.E004",
        )
    if data_map.kind is Kind.PART and data_map.keeps:
        yield Error(f"{model._meta.label} is a part with a keep of its own.", obj=model, id="datamap.E005")
    for keep in data_map.keeps:
        if not _is_forward(model, keep.clock.path):
            yield Error(
                f"The clock {keep.clock.path} of {model._meta.label} is no column or forward path.",
                hint="A reverse relation would vanish with the children: keep the date on the row.",
                obj=model,
                id="datamap.E006",
            )
    purposes = {keep.purpose for keep in data_map.keeps}
    for item in data_map.fields if data_map.keeps else ():
        if not purposes & item.purposes:
            yield Error(
                f"{model._meta.label} holds {item.seed} for purposes that the item does not have.",
                hint="Give the row a keep of one of the item's purposes, or the item the purpose.",
                obj=model,
                id="datamap.E007",
            )


def _is_forward(model: type[models.Model], path: str) -> bool:
    current: Any = model
    for name in path.split("__"):
        try:
            field = current._meta.get_field(name)
        except (FieldDoesNotExist, AttributeError):
            return False
        if field.auto_created and not field.concrete:
            return False
        current = field.related_model
    return True


def _homeless_items() -> Iterator[Error]:
    housed = {item for _model, data_map in declared_models() for item in data_map.fields}
    for item in items.ITEMS:
        if item not in housed:
            yield Error(f"Item {item.seed} has no home.", hint="Map it on the model that holds it.", id="datamap.E010")


def _cycles() -> Iterator[Error]:
    roots = {model for model, data_map in declared_models() if data_map.kind is Kind.ROOT}
    graph = {model: _referenced_roots(model) & roots - {model} for model in roots}
    for model in roots:
        if model in _reachable(graph, model):
            yield Error(f"{model._meta.label} is in a cycle of aggregates.", obj=model, id="datamap.E011")


def _referenced_roots(model: type[models.Model]) -> set[type[models.Model]]:
    return {
        field.related_model
        for field in model._meta.local_fields
        if field.many_to_one and isinstance(field.related_model, type)
    }


def _reachable(
    graph: dict[type[models.Model], set[type[models.Model]]], start: type[models.Model]
) -> set[type[models.Model]]:
    seen: set[type[models.Model]] = set()
    waiting = list(graph[start])
    while waiting:
        model = waiting.pop()
        if model not in seen:
            seen.add(model)
            waiting.extend(graph[model])
    return seen
