"""The same seed makes the same demonstration register, another one another."""

import datetime
from itertools import chain
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from demo.operations import load_demonstration
from demo.town import SMALLEST
from register.audit.acting import acting_as_service

UNTIL = datetime.date(2026, 11, 24)
NOW = datetime.datetime(2026, 11, 24, 9, tzinfo=datetime.UTC)


def _digests() -> dict[str, str]:
    """Return a digest of each table, without what is drawn anew each time: ciphertext, files, keys of words."""
    found = {}
    hidden = {
        "identity_code",
        "identity_code_index",
        "iban",
        "iban_index",
        "stored_as",
        "wrapped_key",
        "digest",
        "quality",
    }
    with connection.cursor() as cursor:
        for model in chain.from_iterable(
            apps.get_app_config(label).get_models() for label in ("customers", "sites", "billing", "recordings")
        ):
            columns = [field.column for field in model._meta.concrete_fields if field.column not in hidden]
            keys = [c for c in columns if not (c == "id" and isinstance(model._meta.pk, models.AutoField))]
            keys = [column for column in keys if column not in ("mandate_id", "product_id", "recipient_id")]
            row = " || '|' || ".join(f"coalesce(\"{column}\"::text, '')" for column in keys)
            cursor.execute(
                "SELECT md5(string_agg(line, chr(10) ORDER BY line))"
                f' FROM (SELECT ({row}) COLLATE "C" AS line FROM {model._meta.db_table}) AS lines'
            )
            found[model.__name__] = cursor.fetchone()[0]
    return found


def test_the_same_seed_makes_the_same_register(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loaded(seed: int) -> dict[str, str]:
        with transaction.atomic():
            load_demonstration(customers=SMALLEST, seed=seed, until=UNTIL, at=NOW)
            with acting_as_service("test"):
                digests = _digests()
            transaction.set_rollback(True)
        return digests

    monkeypatch.setattr("demo.consumption.DAYS_OF_FEW", 60)
    with django_db_blocker.unblock(), override_settings(REGISTER_FILES_DIR=str(tmp_path)):
        first, again, other = loaded(5), loaded(5), loaded(6)
    assert first == again
    assert first["Customer"] and first["Customer"] != other["Customer"]
    assert first["ConsumptionDay"] != other["ConsumptionDay"]
