"""Sets from when to when many customers have contracts, and their representatives' clock with it.

Dangerous if read in a narrower scope: a customer whose other contract is hidden would seem to have left, and be
purged too early. So the contracts are read in a scope of their own, as one by one in sites/operations.py.
"""

import datetime
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from customers.models import Customer, Representative
from customers.operations.standing import keep_representatives
from register.access.scope import Actor
from register.audit.bulk import Merge, merge_rows
from sites.queries import relationship_days

_DAYS = ("relationship_started_on", "relationship_ended_on")
_CHUNK = 5_000
RELATIONSHIP_MERGE = Merge(
    model=Customer,
    key=("id",),
    columns=("id", *_DAYS),
    once=(),
    exact=_DAYS,
    subjects="ARRAY[m.id]",
)


def keep_relationships(
    customer_ids: Collection[UUID],
    *,
    actor: Actor,
    at: datetime.datetime,
    note: Mapping[str, str],
    without: Mapping[UUID, Mapping[str, Any]] | None = None,
) -> None:
    """Set the relationship of these customers from the contracts of both controllers; the change is logged.

    A customer without a contract stays as it is, unless `without` tells the values that it is to have then.
    Runs in the open scope.
    """
    keys = sorted(customer_ids)
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        rows: list[tuple[Any, ...]] = [(key, *days) for key, days in relationship_days(chunk, actor=actor).items()]
        rows += _former_rows(set(chunk) - {row[0] for row in rows}, without or {})
        merge_rows(RELATIONSHIP_MERGE, rows, at=at, note=note)
        standing = Representative.objects.filter(mandates__customer__in=chunk)
        keep_representatives(set(standing.values_list("pk", flat=True)))


def _former_rows(keys: Collection[UUID], values: Mapping[UUID, Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    there = Customer.objects.filter(pk__in=[key for key in keys if key in values]).values_list("pk", *_DAYS)
    return [(key, *(values[key].get(name, now) for name, now in zip(_DAYS, days, strict=True))) for key, *days in there]
