"""Why each item is held and for how long: the keeps of the tables in which it lies, for the notice and the record.

A part has the keeps of the rows with which it goes; a place those of the contracts that link it to people.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from .items import ITEMS, DataItem
from .map import DataMap, Keep, Kind
from .registry import own_map
from .report import homes
from .schedule import Period
from .vocabulary import PURPOSES, SOURCES, Basis, Clause, Section

Model = type[models.Model]


@dataclass(frozen=True)
class HeldItem:
    """One item with all that is told of it: purposes, grounds, sources, periods and where it lies."""

    item: DataItem
    purposes: list[Clause]
    bases: list[Basis]
    sources: list[Clause]
    periods: list[Period]
    tables: list[Model]


def held_items(section: Section | None = None) -> list[HeldItem]:
    """Give the items, all or those of a section, in the order of the seed."""
    return [_held(item) for item in ITEMS if section is None or item.section is section]


def keeps_of(model: Model) -> list[Keep]:
    """Give the reasons for which rows of a table are held, its own or those of the rows with which it goes."""
    return list(dict.fromkeys(_keeps(model, frozenset())))


def declared_map(model: Model) -> DataMap:
    """Give the data map of a model, whose absence is a fault of the build."""
    found = own_map(model)
    assert found is not None, model._meta.label
    return found


def _held(item: DataItem) -> HeldItem:
    tables = [model for model, _columns in homes()[item]]
    keeps = list(dict.fromkeys(keep for model in tables for keep in keeps_of(model)))
    return HeldItem(
        item,
        purposes=_in_order(item.purposes, PURPOSES),
        bases=list(dict.fromkeys(keep.basis for keep in keeps)),
        sources=_in_order(item.sources, SOURCES),
        periods=list(dict.fromkeys(keep.period for keep in keeps)),
        tables=tables,
    )


def _in_order(found: frozenset[Clause], order: Sequence[Clause]) -> list[Clause]:
    return [clause for clause in order if clause in found]


def _keeps(model: Model, seen: frozenset[Model]) -> Iterator[Keep]:
    data_map = own_map(model)
    if data_map is None or model in seen:
        return
    if data_map.kind is not Kind.NO_PERSON:
        yield from data_map.keeps
        for anchor in filter(None, data_map.anchors):
            yield from _keeps(_related(model, anchor), seen | {model})
    for link in data_map.linked:
        yield from _keeps(_end_of(model, link.period), seen | {model})


def _end_of(model: Model, path: str) -> Model:
    for name in path.split("__"):
        model = _related(model, name)
    return model


def _related(model: Model, name: str) -> Model:
    found: Any = model._meta.get_field(name).related_model
    return apps.get_model(found) if isinstance(found, str) else found
