"""Deletes one chunk of a plan in one transaction: all of it happens, its ledger row included, or nothing.

Dangerous: this is the only code that deletes mapped rows. It takes keys from the plan and nothing else, locks
them, and checks the whole predicate again before it deletes parts, roots and every copy.
"""

import datetime
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from auditlog.registry import auditlog
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F

from register.audit.models import LogEntry
from register.datamap.registry import label, own_map
from register.work.models import OutboxMessage
from retention.aggregates import Aggregate, Model, column_of, quoted
from retention.eligibility import clock_of, eligible, holds_on, is_due, is_held, is_moment, last_day_of
from retention.erasers import IN_CHUNK
from retention.ledger import hash_of
from retention.models import LedgerEntry, PlanRow, RetentionRun

from .holds import share_holds

_LEDGER_LOCK = zlib.crc32(b"retention.ledger") & 0x7FFFFFFF
_ONE_DAY = datetime.timedelta(days=1)
_REPLACED = """
EXISTS (
    SELECT FROM sites_consumptioncorrection former
    WHERE former.replaced_by_id = %(import_id)s AND former.site_id = r.site_id AND former.series = r.series
        AND former.resolution_min = r.resolution_min AND former.day = r.day
)"""


@dataclass
class Outcome:
    """What became of one chunk. `last` is where the next one begins."""

    last: Any
    planned_count: int
    gone_count: int = 0
    part_count: int = 0
    copy_count: int = 0
    file_count: int = 0
    days: list[datetime.date] = field(default_factory=list)


def delete_chunk(
    *, run: RetentionRun, aggregate: Aggregate, after: Any, most: int, at: datetime.datetime
) -> Outcome | None:
    """Delete the next rows of the plan, `most` of them, and give what became of them; None where none is left.

    A row that somebody else has locked, or that is no longer eligible, stays in the plan.
    Raises: IntegrityError where a table that is not declared refers to a row; nothing of the chunk is gone then.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # At once, and with the name of the constraint: deferred ones would fail nameless at the commit.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        share_holds(cursor)
        outcome = (_delete_keys if aggregate.is_keyed else _delete_days)(cursor, run, aggregate, after, most, at)
        if outcome is not None and (outcome.gone_count or outcome.days):
            _count(run, outcome)
        return outcome


def _delete_keys(
    cursor: CursorWrapper, run: RetentionRun, aggregate: Aggregate, after: UUID | None, most: int, at: datetime.datetime
) -> Outcome | None:
    plan = PlanRow.objects.filter(run=run, model=aggregate.label, spared="").order_by("key")
    if after is not None:
        plan = plan.filter(key__gt=after)
    keys = [key for key in plan.values_list("key", flat=True)[:most] if key is not None]
    if not keys:
        return None
    outcome = Outcome(last=keys[-1], planned_count=len(keys))
    gone = _eligible_keys(cursor, aggregate, keys, run.as_of)
    if gone:
        _delete_rows(cursor, run, aggregate, gone, at, outcome)
        _forget_plan(cursor, run, aggregate, gone)
    return outcome


def delete_keys(
    cursor: CursorWrapper,
    run: RetentionRun,
    aggregate: Aggregate,
    keys: list[Any],
    at: datetime.datetime,
    outcome: Outcome,
) -> None:
    """Delete these rows with parts, copies and ledger, and count them in the run.

    For rows that the caller has locked and checked, within the transaction of its chunk.
    """
    if keys:
        _delete_rows(cursor, run, aggregate, keys, at, outcome)
        _count(run, outcome)


def _delete_rows(
    cursor: CursorWrapper,
    run: RetentionRun,
    aggregate: Aggregate,
    keys: list[Any],
    at: datetime.datetime,
    outcome: Outcome,
) -> None:
    _delete_parts(cursor, aggregate, keys, at, outcome)
    own = f"x.{aggregate.key} = ANY(%(keys)s::{aggregate.key_type}[])"
    row_count, copy_count, file_count = _delete(cursor, aggregate.model, own, keys, at)
    outcome.gone_count = row_count
    outcome.copy_count += copy_count
    outcome.file_count += file_count
    _write_ledger(run, aggregate, outcome, at, keys=keys)


def locked_keys(cursor: CursorWrapper, aggregate: Aggregate, keys: list[Any]) -> list[Any]:
    """Lock the rows that nobody else has locked. The check comes in a statement of its own, which sees all before."""
    cursor.execute(
        f"SELECT r.{aggregate.key} FROM {aggregate.table} r WHERE r.{aggregate.key} = ANY(%s::{aggregate.key_type}[])"
        f" ORDER BY r.{aggregate.key} FOR UPDATE SKIP LOCKED",
        [keys],
    )
    return [key for (key,) in cursor.fetchall()]


def _eligible_keys(cursor: CursorWrapper, aggregate: Aggregate, keys: list[UUID], on: datetime.date) -> list[UUID]:
    """Lock the rows that are due and that nobody else has locked, then check the whole predicate.

    The lock looks at the row's own clocks as they are now. What other tables say is asked after it, in a
    statement of its own, which sees all that was committed before the lock.
    """
    due, clocks = is_due(aggregate, on)
    of_keys = f"SELECT r.{aggregate.key} FROM {aggregate.table} r WHERE r.{aggregate.key} = ANY(%(keys)s::uuid[])"
    cursor.execute(f"{of_keys} AND {due} FOR UPDATE OF r SKIP LOCKED", clocks | {"keys": keys})
    locked = [key for (key,) in cursor.fetchall()]
    condition, parameters = eligible(aggregate, holds_on(on), on)
    if not locked or condition == due:
        return locked
    cursor.execute(f"{of_keys} AND {condition}", parameters | {"keys": locked})
    return [key for (key,) in cursor.fetchall()]


def _forget_plan(cursor: CursorWrapper, run: RetentionRun, aggregate: Aggregate, keys: list[UUID]) -> None:
    cursor.execute(
        "DELETE FROM retention_planrow WHERE run_id = %s AND model = %s AND key = ANY(%s::uuid[])",
        [run.pk, aggregate.label, keys],
    )


def _delete_parts(
    cursor: CursorWrapper, aggregate: Aggregate, keys: list[UUID], at: datetime.datetime, outcome: Outcome
) -> None:
    for part in aggregate.parts:
        row_count, copy_count, file_count = _delete(cursor, part.model, part.condition, keys, at)
        outcome.part_count += row_count
        outcome.copy_count += copy_count
        outcome.file_count += file_count


def _delete(
    cursor: CursorWrapper, model: Model, condition: str, keys: list[Any], at: datetime.datetime
) -> tuple[int, int, int]:
    """Delete rows with their log entries, post the deletion of their files, and give the three counts."""
    cursor.execute(_statement(model, condition), {"keys": keys, "at": at})
    row_count, copy_count, file_count, collected = cursor.fetchone()
    eraser = IN_CHUNK.get(label(model))
    if eraser is not None and collected:
        copy_count += eraser.erase(cursor, collected)
    return row_count, copy_count, file_count


@cache
def _statement(model: Model, condition: str) -> str:
    data_map, eraser = own_map(model), IN_CHUNK.get(label(model))
    files = list(data_map.files) if data_map else []
    returned = [f"x.{quoted(model._meta.pk.column)}::text AS pk"]
    returned += [f"x.{quoted(column_of(model, name))} AS file{number}" for number, name in enumerate(files)]
    returned += [f"x.{quoted(column_of(model, eraser.collects))} AS collected"] if eraser else []
    found = condition.format(key="= ANY(%(keys)s::uuid[])")
    table = quoted(model._meta.db_table)
    steps = [f"gone AS (DELETE FROM {table} x WHERE {found} RETURNING {', '.join(returned)})"]
    counts = ["(SELECT count(*) FROM gone)", "0", "0", "NULL"]
    if auditlog.contains(model):
        kind = ContentType.objects.get_for_model(model).pk
        steps.append(
            f"entries AS (DELETE FROM {quoted(LogEntry._meta.db_table)} l USING gone"
            f" WHERE l.content_type_id = {kind} AND l.object_pk = gone.pk RETURNING 1)"
        )
        counts[1] = "(SELECT count(*) FROM entries)"
    if files:
        names = ", ".join(f"(gone.file{number})" for number in range(len(files)))
        steps.append(
            f"files AS (INSERT INTO {quoted(OutboxMessage._meta.db_table)}"
            " (kind, payload, made_at, next_try_at, attempt_count, error)"
            " SELECT 'delete-file', jsonb_build_object('name', name), %(at)s, %(at)s, 0, ''"
            f" FROM gone, LATERAL (VALUES {names}) AS file(name) WHERE name <> '' RETURNING 1)"
        )
        counts[2] = "(SELECT count(*) FROM files)"
    if eraser:
        counts[3] = "(SELECT array_agg(DISTINCT collected) FROM gone)"
    return f"WITH {', '.join(steps)} SELECT {', '.join(counts)}"


def _delete_days(
    cursor: CursorWrapper,
    run: RetentionRun,
    aggregate: Aggregate,
    after: datetime.date | None,
    most: int,
    at: datetime.datetime,
) -> Outcome | None:
    """Delete all eligible rows of the next days; what a hold keeps of them stays until a later run."""
    days = list(_days_of(run, aggregate, after, most))
    if not days:
        return None
    condition, parameters = eligible(aggregate, holds_on(run.as_of), run.as_of)
    of_days, bounds = _of_days(aggregate, days)
    cursor.execute(
        f"DELETE FROM {aggregate.table} r WHERE {of_days} AND {condition}", {**parameters, **bounds, "days": days}
    )
    outcome = Outcome(last=days[-1], planned_count=cursor.rowcount, gone_count=cursor.rowcount, days=days)
    PlanRow.objects.filter(run=run, model=aggregate.label, day__in=days).delete()
    if outcome.gone_count:
        _write_ledger(run, aggregate, outcome, at, days=days)
    return outcome


def delete_days_of_import(
    cursor: CursorWrapper,
    run: RetentionRun,
    aggregate: Aggregate,
    import_id: UUID,
    month: datetime.date,
    at: datetime.datetime,
) -> Outcome:
    """Delete what an undone import made of a month, but what a hold covers, with its ledger row.

    A day that it replaced goes by no means: it has former values, which undoing gives back first.
    The ledger names the import: its rows have no keys, and their days are those of other rows too.
    """
    holds = holds_on(at.date())
    stays = "".join(f" AND NOT {condition}" for condition in is_held(aggregate, holds))
    cursor.execute(
        f"DELETE FROM {aggregate.table} r WHERE r.import_run_id = %(import_id)s AND r.day >= %(month)s::date"
        f" AND r.day < (%(month)s::date + interval '1 month')::date AND NOT ({_REPLACED}){stays}",
        {**holds.parameters, "import_id": import_id, "month": month},
    )
    outcome = Outcome(last=month, planned_count=cursor.rowcount, gone_count=cursor.rowcount)
    if outcome.gone_count:
        _write_ledger(run, aggregate, outcome, at, keys=[import_id])
        _count(run, outcome)
    return outcome


def _days_of(
    run: RetentionRun, aggregate: Aggregate, after: datetime.date | None, most: int
) -> Iterator[datetime.date]:
    """Give the next days of the plan, as many as hold about `most` rows, one at least."""
    plan = PlanRow.objects.filter(run=run, model=aggregate.label, spared="").order_by("day")
    if after is not None:
        plan = plan.filter(day__gt=after)
    row_count = 0
    for day, day_count in plan.values_list("day", "row_count")[:400]:
        if day is None or (row_count and row_count + day_count > most):
            return
        row_count += day_count
        yield day


def _of_days(aggregate: Aggregate, days: list[datetime.date]) -> tuple[str, Mapping[str, Any]]:
    """The condition that the clock of r is on one of the days, in a form that indexes and partitions serve."""
    keep = aggregate.keeps[0]
    clock = clock_of(aggregate, keep)
    shift = _ONE_DAY if keep.clock.exclusive else datetime.timedelta()
    first, beyond = days[0] + shift, days[-1] + shift + _ONE_DAY
    on_days = f"{last_day_of(aggregate, keep)} = ANY(%(days)s::date[])"
    if is_moment(clock):
        bounds = "(%({})s::date::timestamp AT TIME ZONE 'Europe/Helsinki')"
        lower, upper = bounds.format("first"), bounds.format("beyond")
    else:
        lower, upper = "%(first)s::date", "%(beyond)s::date"
    return (
        f"{clock.column} >= {lower} AND {clock.column} < {upper} AND {on_days}",
        {"first": first, "beyond": beyond},
    )


def _write_ledger(
    run: RetentionRun,
    aggregate: Aggregate,
    outcome: Outcome,
    at: datetime.datetime,
    *,
    keys: Sequence[UUID | int] = (),
    days: list[datetime.date] | None = None,
) -> None:
    with connection.cursor() as cursor:
        # One writer at a time until its commit: the undo of an import does not take the lock of the one run.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LEDGER_LOCK])
    before = LedgerEntry.objects.order_by("-id").values_list("hash", flat=True).first()
    entry = LedgerEntry(
        run=run,
        chunk_number=run.chunk_count + 1,
        model=aggregate.label,
        keys=sorted(key for key in keys if isinstance(key, UUID)),
        numbers=sorted(key for key in keys if isinstance(key, int)),
        days=days or [],
        row_count=outcome.gone_count,
        part_count=outcome.part_count,
        copy_count=outcome.copy_count,
        file_count=outcome.file_count,
        previous_hash=before or "",
        at=at,
    )
    entry.hash = hash_of(entry)
    entry.save(force_insert=True)


def _count(run: RetentionRun, outcome: Outcome) -> None:
    """Add the chunk to the run's counts, in the same transaction; the instance follows after the commit."""
    run_counts = ("gone_count", "part_count", "copy_count", "file_count")
    changes: dict[str, Any] = {name: F(name) + getattr(outcome, name) for name in run_counts}
    changes["chunk_count"] = F("chunk_count") + int(outcome.gone_count > 0)
    RetentionRun.objects.filter(pk=run.pk).update(**changes)
    run.refresh_from_db(fields=[*run_counts, "chunk_count"])
