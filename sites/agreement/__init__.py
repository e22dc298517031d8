"""Compares the days of a relationship, from which its retention runs, with the contracts behind them.

The operations on contracts keep both in step; this finds where something passed them by.
"""

from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

# The days as the contracts have them; a cancelled contract counts only where there is no other.
_COMPARED = """
WITH seen AS (
    SELECT id, relationship_started_on AS started_on, relationship_ended_on AS ended_on
    FROM customers_customer WHERE %(after)s::uuid IS NULL OR id > %(after)s::uuid ORDER BY id LIMIT %(most)s
), days AS (
    SELECT h.customer_id, bool_and(c.is_cancelled) AS is_cancelled,
        min(c.started_on) FILTER (WHERE NOT c.is_cancelled) AS started_on,
        max(coalesce(c.ended_on, 'infinity')) FILTER (WHERE NOT c.is_cancelled) AS ended_on,
        min(least(c.started_on, c.ended_on)) AS cancelled_started_on,
        max(coalesce(c.ended_on, 'infinity')) AS cancelled_ended_on
    FROM seen s JOIN sites_contractholder h ON h.customer_id = s.id JOIN sites_contract c ON c.id = h.contract_id
    GROUP BY h.customer_id
), told AS (
    SELECT customer_id, CASE WHEN is_cancelled THEN cancelled_started_on ELSE started_on END AS started_on,
        nullif(CASE WHEN is_cancelled THEN cancelled_ended_on ELSE ended_on END, 'infinity') AS ended_on
    FROM days
), stand AS (
    SELECT m.representative_id, max(coalesce(k.relationship_ended_on, 'infinity')) AS ended_on
    FROM customers_mandate m JOIN customers_customer k ON k.id = m.customer_id
    WHERE m.representative_id IN (
        SELECT n.representative_id FROM customers_mandate n JOIN seen s ON s.id = n.customer_id
    )
    GROUP BY m.representative_id
)
SELECT s.id,
    t.customer_id IS NOT NULL AND (
        t.ended_on IS DISTINCT FROM s.ended_on OR s.started_on IS NULL OR t.started_on < s.started_on
    )
    OR EXISTS (
        SELECT FROM customers_mandate m JOIN customers_representative r ON r.id = m.representative_id
        JOIN stand d ON d.representative_id = r.id
        WHERE m.customer_id = s.id AND nullif(d.ended_on, 'infinity') IS DISTINCT FROM r.relationship_ended_on
    ) AS differs,
    t.customer_id IS NULL AND s.ended_on IS NULL AS is_endless
FROM seen s LEFT JOIN told t ON t.customer_id = s.id ORDER BY s.id
"""


@dataclass
class Compared:
    """Some customers, one after the other: those whose days differ, and those that run on without any contract.

    A first day before that of every contract is no difference: older contracts have gone. A representative's day
    counts with the customers for whom they stand.
    """

    differing: list[UUID] = field(default_factory=list)
    endless: list[UUID] = field(default_factory=list)
    count: int = 0
    last: UUID | None = None


def compare_relationships(*, after: UUID | None = None, most: int = 20_000) -> Compared:
    """Compare the next customers after a key, in the scope of the caller; `last` is where the next call begins."""
    found = Compared(last=after)
    with connection.cursor() as cursor:
        cursor.execute(_COMPARED, {"after": after, "most": most})
        for key, differs, is_endless in cursor.fetchall():
            found.count, found.last = found.count + 1, key
            if differs:
                found.differing.append(key)
            elif is_endless:
                found.endless.append(key)
    return found
