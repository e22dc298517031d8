"""Each of the 56 items has a home that holds it: a row made with it is read back with it, in columns of its own."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import models

from register.audit.acting import acting_as_service
from register.datamap.items import BY_SEED
from register.datamap.map import Kind
from register.datamap.registry import declared_models
from register.datamap.report import homes
from tests.factories import FACTORIES

pytestmark = pytest.mark.django_db

ITEMS = [
    pytest.param("C01", marks=pytest.mark.item("C01")),
    pytest.param("C02", marks=pytest.mark.item("C02")),
    pytest.param("C03", marks=pytest.mark.item("C03")),
    pytest.param("C04", marks=pytest.mark.item("C04")),
    pytest.param("C05", marks=pytest.mark.item("C05")),
    pytest.param("C06", marks=pytest.mark.item("C06")),
    pytest.param("C07", marks=pytest.mark.item("C07")),
    pytest.param("C08", marks=pytest.mark.item("C08")),
    pytest.param("C09", marks=pytest.mark.item("C09")),
    pytest.param("C10", marks=pytest.mark.item("C10")),
    pytest.param("C11", marks=pytest.mark.item("C11")),
    pytest.param("C12", marks=pytest.mark.item("C12")),
    pytest.param("C13", marks=pytest.mark.item("C13")),
    pytest.param("C14", marks=pytest.mark.item("C14")),
    pytest.param("S01", marks=pytest.mark.item("S01")),
    pytest.param("S02", marks=pytest.mark.item("S02")),
    pytest.param("S03", marks=pytest.mark.item("S03")),
    pytest.param("S04", marks=pytest.mark.item("S04")),
    pytest.param("S05", marks=pytest.mark.item("S05")),
    pytest.param("S06", marks=pytest.mark.item("S06")),
    pytest.param("S07", marks=pytest.mark.item("S07")),
    pytest.param("S08", marks=pytest.mark.item("S08")),
    pytest.param("S09", marks=pytest.mark.item("S09")),
    pytest.param("S10", marks=pytest.mark.item("S10")),
    pytest.param("S11", marks=pytest.mark.item("S11")),
    pytest.param("S12", marks=pytest.mark.item("S12")),
    pytest.param("S13", marks=pytest.mark.item("S13")),
    pytest.param("S14", marks=pytest.mark.item("S14")),
    pytest.param("S15", marks=pytest.mark.item("S15")),
    pytest.param("S16", marks=pytest.mark.item("S16")),
    pytest.param("S17", marks=pytest.mark.item("S17")),
    pytest.param("S18", marks=pytest.mark.item("S18")),
    pytest.param("S19", marks=pytest.mark.item("S19")),
    pytest.param("S20", marks=pytest.mark.item("S20")),
    pytest.param("S21", marks=pytest.mark.item("S21")),
    pytest.param("S22", marks=pytest.mark.item("S22")),
    pytest.param("S23", marks=pytest.mark.item("S23")),
    pytest.param("S24", marks=pytest.mark.item("S24")),
    pytest.param("S25", marks=pytest.mark.item("S25")),
    pytest.param("B01", marks=pytest.mark.item("B01")),
    pytest.param("B02", marks=pytest.mark.item("B02")),
    pytest.param("B03", marks=pytest.mark.item("B03")),
    pytest.param("B04", marks=pytest.mark.item("B04")),
    pytest.param("B05", marks=pytest.mark.item("B05")),
    pytest.param("B06", marks=pytest.mark.item("B06")),
    pytest.param("B07", marks=pytest.mark.item("B07")),
    pytest.param("B08", marks=pytest.mark.item("B08")),
    pytest.param("B09", marks=pytest.mark.item("B09")),
    pytest.param("B10", marks=pytest.mark.item("B10")),
    pytest.param("B11", marks=pytest.mark.item("B11")),
    pytest.param("O01", marks=pytest.mark.item("O01")),
    pytest.param("O02", marks=pytest.mark.item("O02")),
    pytest.param("O03", marks=pytest.mark.item("O03")),
    pytest.param("O04", marks=pytest.mark.item("O04")),
    pytest.param("O05", marks=pytest.mark.item("O05")),
    pytest.param("O06", marks=pytest.mark.item("O06")),
]


@pytest.mark.parametrize("seed", ITEMS)
def test_the_item_is_kept_in_its_home(seed: str) -> None:
    places = homes()[BY_SEED[seed]]
    assert places
    for model, columns in places:
        with acting_as_service("test"):
            row = FACTORIES[model]()
            kept = model._default_manager.filter(pk=row.pk).values(*columns).get()
        assert any(value not in (None, "", []) for value in kept.values()), model._meta.label


@pytest.mark.parametrize("seed", ITEMS)
def test_the_item_is_no_catch_all(seed: str) -> None:
    for model, columns in homes()[BY_SEED[seed]]:
        for column in columns:
            field: Any = model._meta.get_field(column)
            assert not isinstance(field, models.JSONField), f"{model._meta.label}.{column}"
            assert field.verbose_name


@pytest.mark.clause("K2")
@pytest.mark.clause("P1")
@pytest.mark.clause("P2")
@pytest.mark.clause("P3")
@pytest.mark.clause("P4")
@pytest.mark.clause("P5")
@pytest.mark.clause("P6")
def test_each_item_has_purposes_and_sources_and_each_root_its_basis() -> None:
    used = set()
    for item in BY_SEED.values():
        assert item.purposes, item.seed
        assert item.sources, item.seed
        used |= {clause.id for clause in item.purposes}
    assert used == {"P1", "P2", "P3", "P4", "P5", "P6"}
    for model, data_map in declared_models():
        if data_map.kind is Kind.ROOT:
            assert all(keep.basis and keep.purpose for keep in data_map.keeps), model._meta.label


@pytest.mark.clause("R1")
@pytest.mark.clause("R3")
@pytest.mark.clause("R4")
@pytest.mark.clause("R6")
@pytest.mark.clause("R7")
def test_each_source_gives_some_item() -> None:
    sources = {clause.id for item in BY_SEED.values() for clause in item.sources}
    assert sources == {"R1", "R2", "R3", "R4", "R5", "R6", "R7"}


def test_the_page_of_the_data_map_tells_every_item() -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "data-map.md").read_text(encoding="utf-8")
    for seed in BY_SEED:
        assert f"| {seed} |" in page
