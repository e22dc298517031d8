"""The purge worker deletes for an undo only what the import made, whatever the application writes about it."""

import datetime
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from billing.models import InvoiceRow
from customers.models import Customer, PowerOfAttorney, Prospect
from recordings.models import Recording
from register.access.guard import another_role
from register.audit.models import LogEntry
from register.audit.restoring import DELETE_MADE
from register.work.models import ImportRun, Job, Sourced
from retention.models import Hold
from retention.tasks import UnableToDelete, delete_rows_of_an_undone_import
from tests.factories import FACTORIES
from tests.harness.roles import as_role

VICTIMS = [Recording, Prospect, Customer, PowerOfAttorney, InvoiceRow, Hold]


def forged(rows: list[Any], *, kind: str = "customers", state: str = "undone", at: Any = None) -> Job:
    """Claim as the application that an import made these rows, and ask for their deletion."""
    at = at or timezone.now()
    run = ImportRun.objects.create(kind=kind, sha256="0" * 64, state=state, started_by="staff:x", started_at=at)
    for row in rows:
        claim(row, run)
    return Job.objects.create(
        kind=DELETE_MADE, queue="purge", parameters={"run": str(run.pk)}, asked_by="staff:x", asked_at=at
    )


def claim(row: Any, run: ImportRun) -> None:
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(row),
        object_pk=str(row.pk),
        object_repr="",
        action=LogEntry.Action.CREATE,
        changes={},
        timestamp=run.started_at,
        additional_data={"import_run": str(run.pk)},
        actor_kind="staff",
        actor_id="x",
    )


def work_on(job: Job) -> dict[str, Any]:
    with as_role("purge"), another_role():
        return dict(delete_rows_of_an_undone_import(job))


def remain(rows: list[Any]) -> bool:
    return all(type(row)._default_manager.filter(pk=row.pk).exists() for row in rows)


@pytest.mark.parametrize(
    ("kind", "state"),
    [("customers", "refused"), ("customers", "committed"), ("prohibitions", "undone"), ("demo", "undone")],
)
def test_what_is_not_undone_or_cannot_be_deletes_nothing(kind: str, state: str, scope: None) -> None:
    rows = [FACTORIES[model].create() for model in VICTIMS]
    with pytest.raises(UnableToDelete):
        work_on(forged(rows, kind=kind, state=state))
    assert remain(rows)


@pytest.mark.parametrize("kind", ["customers", "invoices", "recordings"])
def test_rows_that_the_import_did_not_make_are_refused_and_named(kind: str, scope: None) -> None:
    rows = [FACTORIES[model].create() for model in VICTIMS]
    result = work_on(forged(rows, kind=kind, at=timezone.now() - datetime.timedelta(days=9000)))
    assert remain(rows)
    assert (result["deleted"], result["refused"]) == (0, len(rows))
    assert {tuple(each) for each in result["named"]} == {
        (row._meta.label, str(row.pk), "not-of-this-import") for row in rows
    }


def test_a_row_older_than_the_import_that_it_names_is_refused(scope: None) -> None:
    job = forged([], at=timezone.now() + datetime.timedelta(hours=1))
    run = ImportRun.objects.get(pk=job.parameters["run"])
    row = FACTORIES[Prospect].build(import_run_id=run.pk)
    Prospect.objects.bulk_create([row])  # without an entry of its own in the log
    claim(row, run)
    assert work_on(job)["refused"] == 1
    assert remain([row])


@pytest.mark.parametrize("model", Sourced.__subclasses__(), ids=lambda model: model._meta.label)
def test_which_import_made_a_row_cannot_be_changed(model: Any, scope: None) -> None:
    row = FACTORIES[model].create()
    run = ImportRun.objects.get(pk=forged([]).parameters["run"])
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        connection.cursor().execute(
            f'UPDATE "{model._meta.db_table}" SET import_run_id = %s WHERE id = %s', [run.pk, row.pk]
        )


@pytest.mark.parametrize("change", ["kind = 'invoices'", "started_at = '2000-01-01'", "id = gen_random_uuid()"])
def test_what_an_import_is_cannot_be_changed(change: str, scope: None) -> None:
    forged([])
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        connection.cursor().execute(f"UPDATE work_importrun SET {change}")
