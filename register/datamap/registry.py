"""Finds the declarations of all models: which are mapped, who are roots, which parts hang on which root."""

from collections.abc import Iterator

from django.apps import apps
from django.db import models

from .map import DataMap, Kind, Through


def own_map(model: type[models.Model]) -> DataMap | None:
    """Give the declaration that the model itself makes; an inherited one does not count."""
    found = model.__dict__.get("data_map")
    return found if isinstance(found, DataMap) else None


def declared_models() -> Iterator[tuple[type[models.Model], DataMap]]:
    """Give every model with its declaration, in the order of the apps."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy or model._meta.swapped:
            continue
        if (data_map := own_map(model)) is not None:
            yield model, data_map


def roots() -> list[type[models.Model]]:
    """Give the roots of the aggregates: the models whose rows go by their own clocks."""
    return [model for model, data_map in declared_models() if data_map.kind is Kind.ROOT]


def parts_of(root: type[models.Model]) -> list[tuple[type[models.Model], str]]:
    """Give the parts that go with a root, as (model, name of the relation), those that hang on parts last."""
    return [
        (model, anchor)
        for model, data_map in declared_models()
        for anchor in data_map.anchors
        if anchor and model._meta.get_field(anchor).related_model is root
    ]


def subject_paths(data_map: DataMap) -> list[str]:
    """Give the paths to persons, those through places included."""
    return [path.path if isinstance(path, Through) else path for path in data_map.subjects]


def label(model: type[models.Model]) -> str:
    """Give the stable name of a model in plans and ledgers: app.Model."""
    return model._meta.label
