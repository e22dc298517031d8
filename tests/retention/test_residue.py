"""After the purge nothing is left of a person, and nobody else's data differs by a byte."""

import datetime

import pytest

from register.crypto.files import path_of
from register.datamap.map import Kind
from register.datamap.registry import declared_models, subject_paths
from register.work.tasks import deliver_outbox
from tests.factories.sites import SiteFactory

from .conftest import Purge
from .graph import dump, free_texts, full_customer, put_canaries, rows_of, secrets_of, tables_with

LAST_DAY = datetime.date(2010, 6, 30)
ALL_GONE = datetime.date(2023, 1, 1)
CANARY = "kanarialintu-Tuomiojärvi"


@pytest.mark.clause("T1")
def test_nothing_of_a_person_is_left_in_any_table_log_or_file(purge_on: Purge) -> None:
    rows = full_customer(LAST_DAY)
    put_canaries(rows, CANARY)
    secrets = secrets_of(rows)
    names = [row.stored_as for row in rows.values() if hasattr(row, "stored_as")]
    for name in names:
        path_of(name).parent.mkdir(parents=True, exist_ok=True)
        path_of(name).write_bytes(b"sealed")
    before = dump()
    with_texts = {model._meta.db_table for model in rows if free_texts(model)}
    assert tables_with(CANARY[:30], before) >= with_texts | {"audit_logentry"}
    assert all(tables_with(secret, before) for secret in secrets)
    assert all(path_of(name).exists() for name in names)

    run = purge_on(ALL_GONE)

    after = dump()
    assert tables_with(CANARY[:30], after) == set()
    assert {model._meta.db_table: model._default_manager.filter(pk=row.pk).count() for model, row in rows.items()} == {
        model._meta.db_table: 0 for model in rows
    }
    left = {table for secret in secrets for table in tables_with(secret, after)}
    assert left == {"work_outboxmessage"}, "only the messages that say which files to delete"
    assert all(path_of(name).exists() for name in names), "a file is not deleted before its row"
    assert run.file_count == len(names)
    deliver_outbox()
    assert not any(path_of(name).exists() for name in names)


def test_the_graph_has_a_row_of_every_table_that_is_about_a_person(scope: None) -> None:
    rows = full_customer(LAST_DAY)
    about = {model for model, data_map in declared_models() if subject_paths(data_map) or data_map.kind is Kind.DERIVED}
    assert {model._meta.label for model in about - set(rows)} == {"customers.SearchWord"}


def test_a_search_word_goes_with_its_last_token(purge_on: Purge) -> None:
    full_customer(LAST_DAY, family_name="Harvinainen")
    full_customer(LAST_DAY, family_name="Virtanen")
    full_customer(None, family_name="Virtanen")
    assert tables_with("harvinainen", dump()) >= {"customers_searchword", "customers_searchtoken"}
    purge_on(ALL_GONE)
    assert tables_with("harvinainen", dump()) == set()
    assert tables_with("virtanen", dump()) == {"customers_searchword", "customers_searchtoken"}


def test_the_neighbour_is_the_same_byte_for_byte(purge_on: Purge) -> None:
    home = SiteFactory.create()
    gone = full_customer(LAST_DAY, site=home, family_name="Mäki", email="mäki@example.org", street_address="Kotikatu 1")
    stays = full_customer(
        None, site=home, family_name="Mäkinen", email="toinen.mäki@example.org", street_address="Kotikatu 1"
    )
    before = rows_of(stays)
    assert all(texts for name, texts in before.items() if not name.startswith("log of"))
    purge_on(datetime.date(2022, 1, 1))
    assert rows_of(stays) == before
    assert not any(texts for texts in rows_of(gone).values())
