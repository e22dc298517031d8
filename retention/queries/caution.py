"""When a plan needs a person's word: old rows that nobody has seen yet, or far more than was foreseen."""

import datetime
from uuid import UUID

from retention.aggregates import aggregates
from retention.eligibility import HELSINKI, Holds, eligible, holds_on, is_held, last_day_of, rows
from retention.models import Hold, RetentionRun

from .outlook import PERIOD_OF

LONGEST_GAP = datetime.timedelta(days=31)
_FAR_FACTOR, _FAR_ROWS = 1.5, 100


def backlog(*, run: RetentionRun) -> int:
    """Count the rows that could have gone more than a month before the day of a run and that nobody has seen yet.

    Not counted: what waits for another row that goes now, what a hold kept till now (its release is a person's
    word), and what an earlier run was to delete and did not get.
    """
    before = run.as_of - LONGEST_GAP - datetime.timedelta(days=1)
    ended = _holds_that_ended(run.as_of - LONGEST_GAP, run.as_of)
    renamed = {f"ended_{name}": keys for name, keys in ended.parameters.items()}
    count = 0
    for aggregate in aggregates():
        condition, parameters = eligible(aggregate, holds_on(run.as_of), before)
        planned = (
            f"q.key = r.{aggregate.key}"
            if aggregate.is_keyed
            else f"q.day = {last_day_of(aggregate, aggregate.keeps[0])}"
        )
        for held in is_held(aggregate, ended):
            condition += f" AND NOT {held.replace('%(held_', '%(ended_held_')}"
        ((found,),) = rows(
            f"SELECT count(*) FROM {aggregate.table} r WHERE {condition} AND NOT EXISTS (SELECT FROM"
            f" retention_planrow q JOIN retention_retentionrun u ON u.id = q.run_id WHERE q.model = %(label)s"
            f" AND u.kind = 'run' AND u.id <> %(run)s AND {planned})",
            parameters | renamed | {"label": aggregate.label, "run": run.pk},
        )
        count += found
    return count


def exceeds_forecast(*, run: RetentionRun, former: RetentionRun) -> bool:
    """Tell whether a plan has far more rows of a rule than the former run foresaw for the days since.

    Only rules of a year and more: what goes sooner is not known a month ahead.
    """
    days = (run.as_of - former.as_of).days
    since = [(former.as_of + datetime.timedelta(days=number + 1)).isoformat() for number in range(days)]
    for name, counted in run.counts.items():
        foreseen = former.days_ahead.get(name, {})
        for rule, count in counted["rules"].items():
            expected = sum(foreseen.get(rule, {}).get(day, 0) for day in since)
            if PERIOD_OF[rule].effective[0] and count > expected * _FAR_FACTOR + _FAR_ROWS:
                return True
    return False


def _holds_that_ended(after: datetime.date, on: datetime.date) -> Holds:
    keys: dict[str, list[UUID]] = {}
    for hold in Hold.objects.all():
        released_on = hold.released_at.astimezone(HELSINKI).date() if hold.released_at else None
        ended_on = min((day for day in (released_on, hold.until_on) if day is not None), default=None)
        if ended_on is not None and after <= ended_on <= on:
            keys.setdefault(hold.kind, []).append(hold.target)
    return Holds(keys)
