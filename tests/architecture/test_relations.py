"""No model points upward: a relation by name escapes the import linter, so the models are asked."""

import re
import tomllib
from collections.abc import Iterable, Iterator

from django.db import models
from django.test.utils import isolate_apps

from tests.architecture import house


def strays(found: Iterable[type[models.Model]]) -> Iterator[str]:
    """The relations that lead from a layer to one above or beside it."""
    for model in found:
        own, app = house.layer_of(model.__module__), house.app_of(model.__module__)
        for field in model._meta.get_fields(include_hidden=True):
            target = field.related_model if field.is_relation and field.concrete else None
            if not isinstance(target, type):
                continue
            other, other_app = house.layer_of(target.__module__), house.app_of(target.__module__)
            if other is not None and own is not None and app != other_app and other <= own:
                yield f"{model._meta.label}.{field.name} leads to {target._meta.label}"


def test_no_relation_leads_upward() -> None:
    found = house.our_models()
    assert len(found) > 30
    assert list(strays(found)) == []


@isolate_apps("customers", "sites")
def test_a_relation_that_leads_upward_is_noticed() -> None:
    class Contract(models.Model):
        class Meta:
            app_label = "sites"

    class Person(models.Model):
        contract = models.ForeignKey(Contract, models.PROTECT)

        class Meta:
            app_label = "customers"

    Contract.__module__, Person.__module__ = "sites.models", "customers.models"
    assert list(strays([Person])) == ["customers.Person.contract leads to sites.Contract"]
    Contract.__module__, Person.__module__ = "customers.models", "sites.models"
    assert list(strays([Person])) == []


def test_no_many_to_many_table_is_made_behind_our_back() -> None:
    automatic = [
        f"{model._meta.label}.{field.name}"
        for model in house.our_models()
        for field in model._meta.local_many_to_many
        if field.remote_field.through is None or field.remote_field.through._meta.auto_created
    ]
    assert automatic == []


def test_deleting_a_row_deletes_no_other_in_silence() -> None:
    """CASCADE goes round the policies, and SET NULL hides a forgotten table from the purge."""
    allowed = {models.PROTECT, models.RESTRICT, models.DO_NOTHING}
    # django-auditlog's own column; content types go only by a command of the owner.
    inherited = {"audit.LogEntry.content_type"}
    found = [
        (f"{model._meta.label}.{field.name}", field.remote_field.on_delete)
        for model in house.our_models()
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey) and not field.remote_field.parent_link
    ]
    assert found
    assert [name for name, on_delete in found if on_delete not in allowed and name not in inherited] == []


def test_the_layers_are_those_that_the_import_linter_keeps() -> None:
    settings = tomllib.loads((house.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(each for each in settings["tool"]["importlinter"]["contracts"] if each["type"] == "layers")
    kept = [[name.strip() for name in re.split(r"[|:]", layer)] for layer in contract["layers"]]
    ours = [[name for name in layer if name in house.APPS] for layer in kept]
    assert tuple(tuple(layer) for layer in ours if layer) == house.LAYERS
