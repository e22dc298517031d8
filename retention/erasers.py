"""What else must go when rows of a table go: the one explicit list of effects beyond the rows themselves.

Change-log entries and files need no entry here: they go with every row by the data map.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper


@dataclass(frozen=True, slots=True)
class Eraser:
    """`collects` names a column whose values of the deleted rows are handed to `erase`, in the same transaction."""

    collects: str
    erase: Callable[[CursorWrapper, list[str]], int]


def forget_words(cursor: CursorWrapper, words: list[str]) -> int:
    """Remove the search words that no token has any more: a rare surname is a person. Give their count."""
    cursor.execute(
        "DELETE FROM customers_searchword w WHERE w.word = ANY(%s)"
        " AND NOT EXISTS (SELECT FROM customers_searchtoken t WHERE t.token = w.word)",
        [words],
    )
    return cursor.rowcount


def drop_empty_months(cursor: CursorWrapper, days: list[datetime.date]) -> int:
    """Drop the months of these days that are empty now. Tidying only: the rows went on their day."""
    dropped = 0
    for month in sorted({day.replace(day=1) for day in days}):
        after = (month + datetime.timedelta(days=32)).replace(day=1)
        cursor.execute("SELECT EXISTS (SELECT FROM sites_consumptionday WHERE day >= %s AND day < %s)", [month, after])
        if not cursor.fetchone()[0]:
            cursor.execute("SELECT drop_consumption_month(%s)", [month])
            dropped += cursor.fetchone()[0]
    return dropped


# By the table whose rows went: within the transaction of their chunk.
IN_CHUNK: dict[str, Eraser] = {
    "customers.SearchToken": Eraser("token", forget_words),
}
# By the root that is planned by day: after all its days of a run are gone.
AFTER_DAYS: dict[str, Callable[[CursorWrapper, list[datetime.date]], int]] = {
    "sites.ConsumptionDay": drop_empty_months,
}
