"""The undo of an imported table: what it changed gets its old values back, what it made goes to the purge worker.

Whatever was edited since, or is needed by other rows, stays and is named. The relationships that contracts tell
are set for the rows that stand: at once, and again when the purge worker is through.
"""

import datetime
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from customers.imports.people import MERGE as CUSTOMER_MERGE
from customers.imports.prospects import PROSPECT_MERGE
from customers.imports.representatives import MANDATE_MERGE, REPRESENTATIVE_MERGE
from customers.models import Customer
from customers.search.tokens import rebuild_search_tokens
from register.access.refusing import Refusal
from register.access.scope import Actor
from register.audit.bulk import Merge
from register.audit.restoring import DELETE_MADE, MOST_NAMED, Named, old_values, restore_rows, rows_made, subjects_of
from register.work.filing import file_kinds
from register.work.importing import kinds
from register.work.models import ImportRun, Job
from register.work.operations import ask_for_work, mark_undone

from .contracts import CONTRACT_MERGE, CONTRACTS, HOLDER_MERGE, HOME_MERGE, PRODUCT_MERGE
from .devices import DEVICE_MERGE
from .places import ELECTRICITY_MERGE, HEAT_MERGE, METER_MERGE, SITES_MERGE
from .relationships import keep_relationships

MERGES: dict[type, Merge] = {
    merge.model: merge
    for merge in (
        CUSTOMER_MERGE,
        SITES_MERGE,
        ELECTRICITY_MERGE,
        HEAT_MERGE,
        METER_MERGE,
        CONTRACT_MERGE,
        HOLDER_MERGE,
        PRODUCT_MERGE,
        HOME_MERGE,
        REPRESENTATIVE_MERGE,
        MANDATE_MERGE,
        PROSPECT_MERGE,
        DEVICE_MERGE,
    )
}
PROHIBITIONS = "prohibitions"
KEEP_RELATIONSHIPS = "keep-relationships-after-undo"  # asked by the purge worker, which cannot write customers


class UnableToUndo(Refusal):
    """The import cannot be undone, and why."""


@dataclass(frozen=True, slots=True)
class Undoing:
    """What an undo did at once, and the purge worker's job that does the rest."""

    run: ImportRun
    restored_count: int
    kept: list[Named]
    job: Job


def undo_register_import(*, run: ImportRun, actor: Actor, at: datetime.datetime) -> Undoing:
    """Bring the rows that an import changed back to what they were; those it made go to the purge worker.

    Runs in the open scope, which must reach all rows of the import; all changes are logged.
    Raises: UnableToUndo.
    """
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        _refuse(run)
        customers = _customers(run)
        restored = restore_rows(run=run, merges={**MERGES, **kinds()[run.kind].merges}, at=at)
        keep_relationships(customers, actor=actor, at=at, note=_note(run))
        rebuild_search_tokens([UUID(key) for key in restored.keys.get(Customer._meta.label, ())])
        made_count = sum(map(len, rows_made(run).keys.values()))
        counts = {"restored": restored.count, "kept": len(restored.kept), "to_delete": made_count}
        mark_undone(run=run, at=at, counts=counts)
        named = [tuple(asdict(each).values()) for each in restored.kept[:MOST_NAMED]]
        job = ask_for_work(
            kind=DELETE_MADE,
            actor=actor,
            at=at,
            parameters={"run": str(run.pk), "kept": named, "customers": sorted(map(str, customers))},
            queue=Job.Queue.PURGE,
        )
        return Undoing(run, restored.count, restored.kept, job)


def settle_relationships(*, run: ImportRun, customers: Iterable[UUID], actor: Actor, at: datetime.datetime) -> None:
    """Set the relationships of those whose contracts an undo touched, after its deletions.

    Who has no contract any more gets the days back that the customer had before the import. Runs in the open scope.
    """
    former = old_values(run, Customer)
    keep_relationships(set(customers), actor=actor, at=at, note=_note(run), without=former)


def tables_of(kind: str) -> set[type] | None:
    """Give the tables that imports of a kind write and whose rows tell of the change log; None where none is undone."""
    if kind in kinds() and kind != PROHIBITIONS:
        return {*MERGES, *kinds()[kind].merges}
    return set(file_kinds()[kind].merges()) if kind in file_kinds() else None


def deletion_of(run: ImportRun) -> Job | None:
    """Give the purge worker's latest job for an undone import."""
    return Job.objects.filter(kind=DELETE_MADE, parameters__run=str(run.pk)).order_by("-asked_at").first()


def _customers(run: ImportRun) -> set[UUID]:
    """Give whose relationships are to be set: of this undo, and of one before it that did not come to its end."""
    if run.kind != CONTRACTS.code:
        return set()
    former = deletion_of(run)
    return {*subjects_of(run), *(UUID(key) for key in (former.parameters.get("customers", ()) if former else ()))}


def _note(run: ImportRun) -> dict[str, str]:
    return {"undo_of": str(run.pk)}


def _refuse(run: ImportRun) -> None:
    if run.kind == PROHIBITIONS:
        raise UnableToUndo(_("Prohibitions are people's objections: lift each of them at its customer."))
    if run.kind not in kinds():
        raise UnableToUndo(_("This is no import of a table."))
    job = deletion_of(run) if run.state == ImportRun.State.UNDONE else None
    if run.state != ImportRun.State.COMMITTED and not (job and job.state == Job.State.FAILED):
        raise UnableToUndo(_("Only an import that is in can be undone, and only once."))
