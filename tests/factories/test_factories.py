"""Every model with a data map has a factory, and each factory makes a row that the database takes."""

from typing import Any

import pytest
from django.db import models

from register.audit.acting import acting_as_service
from register.datamap.map import Kind
from register.datamap.registry import declared_models

from . import FACTORIES

_KINDS = {Kind.ROOT, Kind.PART, Kind.DERIVED, Kind.NO_PERSON, Kind.GATE}
_MODELS = [model for model, data_map in declared_models() if data_map.kind in _KINDS]


@pytest.mark.parametrize("model", _MODELS, ids=lambda model: model._meta.label)
def test_the_model_has_a_factory(model: type[models.Model]) -> None:
    assert model in FACTORIES


@pytest.mark.parametrize("model", list(FACTORIES), ids=lambda model: model._meta.label)
def test_the_factory_makes_two_rows_that_the_database_takes(model: type[models.Model], db: Any) -> None:
    with acting_as_service("test"):
        rows = [FACTORIES[model](), FACTORIES[model]()]
        for row in rows:
            assert model._default_manager.filter(pk=row.pk).exists()
