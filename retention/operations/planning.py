"""Makes the plan of a run: for each root, in the order of reference, the keys that go and the day and rule by which.

The plan is written in one transaction, so that a run either has its whole plan or none.
"""

import hashlib
from typing import Any

from django.db import connection, transaction

from retention.aggregates import Aggregate, Part, aggregates, quoted
from retention.eligibility import eligible, goes_on, holds_on, last_day_of, rows, rule_of
from retention.models import PlanRow, RetentionRun
from retention.queries import foresee

_COLUMNS = "run_id, model, key, day, row_count, rule, due_on, spared"


def write_plan(run: RetentionRun) -> None:
    """Write the plan of a run with its counts and its hash; an earlier plan of this kind of run is forgotten."""
    with transaction.atomic():
        PlanRow.objects.filter(run__kind=run.kind).delete()
        counts: dict[str, Any] = {}
        digest = hashlib.sha256()
        for aggregate in aggregates():
            _plan(run, aggregate)
            found = _counted(run, aggregate)
            if found["rows"]:
                _refresh_statistics()
                counts[aggregate.label] = found
                digest.update(f"{aggregate.label}:{_digest(run, aggregate)}\n".encode())
        run.counts = counts
        counted = RetentionRun.objects.exclude(forecast={}).filter(as_of__lte=run.as_of)
        former = counted.exclude(pk=run.pk).order_by("-as_of", "-started_at").first()
        run.forecast, run.days_ahead = foresee(on=run.as_of, former=former)
        run.planned_count = sum(found["rows"] for found in counts.values())
        run.plan_hash = digest.hexdigest()
        run.save(update_fields=["counts", "planned_count", "plan_hash", "forecast", "days_ahead"])


def _plan(run: RetentionRun, aggregate: Aggregate) -> None:
    condition, parameters = eligible(aggregate, holds_on(run.as_of), run.as_of, planned="%(run)s")
    parameters |= {"run": run.id, "model": aggregate.label}
    if aggregate.is_keyed:
        values = f"%(run)s, %(model)s, r.{aggregate.key}, NULL, 1, {rule_of(aggregate)}, {goes_on(aggregate)}, ''"
        grouping = ""
    else:
        day = last_day_of(aggregate, aggregate.keeps[0])
        values = f"%(run)s, %(model)s, NULL::uuid, {day}, count(*), {rule_of(aggregate)}, {goes_on(aggregate)}, ''"
        values = values.replace(goes_on(aggregate), f"min({goes_on(aggregate)})")
        grouping = f" GROUP BY {day}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO retention_planrow ({_COLUMNS}) SELECT {values}"
            f" FROM {aggregate.table} r WHERE {condition}{grouping}",
            parameters,
        )


def _counted(run: RetentionRun, aggregate: Aggregate) -> dict[str, Any]:
    """Count what is planned: rows by rule, the first and last day on which they were due, and their parts."""
    found = rows(
        "SELECT rule, sum(row_count), min(due_on), max(due_on) FROM retention_planrow"
        " WHERE run_id = %(run)s AND model = %(model)s GROUP BY rule ORDER BY rule",
        {"run": run.id, "model": aggregate.label},
    )
    if not found:
        return {"rows": 0}
    return {
        "rows": sum(int(count) for _rule, count, _first, _last in found),
        "rules": {rule: int(count) for rule, count, _first, _last in found},
        "first_due_on": min(first for _rule, _count, first, _last in found).isoformat(),
        "last_due_on": max(last for _rule, _count, _first, last in found).isoformat(),
        "parts": {part.label: count for part in aggregate.parts if (count := _count_part(run, aggregate, part))},
    }


def _count_part(run: RetentionRun, aggregate: Aggregate, part: Part) -> int:
    """Count the rows of a part that go with the planned roots, but for those that go with another one before."""
    condition = _goes_with_planned(part, aggregate)
    for earlier in aggregates():
        if earlier is aggregate:
            break
        for other in earlier.parts:
            if other.model is part.model:
                condition = f"({condition}) AND NOT ({_goes_with_planned(other, earlier)})"
    found = rows(f"SELECT count(*) FROM {quoted(part.model._meta.db_table)} x WHERE {condition}", {"run": run.id})
    return int(found[0][0])


def _goes_with_planned(part: Part, aggregate: Aggregate) -> str:
    planned = "SELECT q.key FROM retention_planrow q WHERE q.run_id = %(run)s AND q.model ="
    return part.condition.format(key=f"IN ({planned} '{aggregate.label}')")


def _digest(run: RetentionRun, aggregate: Aggregate) -> str:
    found = rows(
        "SELECT encode(sha256(string_agg(coalesce(key::text, day::text || ' ' || row_count), ',' ORDER BY key, day)"
        "::bytea), 'hex') FROM retention_planrow WHERE run_id = %(run)s AND model = %(model)s",
        {"run": run.id, "model": aggregate.label},
    )
    return str(found[0][0])


def _refresh_statistics() -> None:
    """Tell the planner of the database what is new in the plan, before the next root is planned by it."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {quoted(PlanRow._meta.db_table)}")
