"""Counts and fingerprints of tables, so that a restored database can be held against the dumped one."""

from django.db.backends.utils import CursorWrapper
from psycopg import sql

_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""


def tables(cursor: CursorWrapper) -> list[str]:
    """Return the tables of the register, a partitioned one as one."""
    cursor.execute(_TABLES)
    return [name for (name,) in cursor.fetchall()]


def count(cursor: CursorWrapper, table: str) -> list[object]:
    """Return the rows of a table and the sum of their fingerprints, whatever their order."""
    query = "SELECT count(*), coalesce(sum(hash_record_extended(t.*, 0)::numeric), 0)::text FROM {} t"
    cursor.execute(sql.SQL(query).format(sql.Identifier(table)).as_string(cursor.connection))
    rows, fingerprint = cursor.fetchone() or (0, "0")
    return [rows, fingerprint]


def key_versions(cursor: CursorWrapper, columns: list[tuple[str, str]]) -> list[int]:
    """Return the versions of the keys under which values of these columns (table, column) are sealed."""
    found: set[int] = set()
    for table, column in columns:
        query = sql.SQL("SELECT DISTINCT get_byte({column}, 0) FROM {table} WHERE length({column}) > 0").format(
            column=sql.Identifier(column), table=sql.Identifier(table)
        )
        cursor.execute(query.as_string(cursor.connection))
        found |= {version for (version,) in cursor.fetchall()}
    return sorted(found)
