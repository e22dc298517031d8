"""Makes the tokens by which customers are found, set by set, from their rows.

The address of a person with non-disclosure gives no token: finding them by a place would disclose it.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import connection

from .folding import TOKEN_LENGTH

_PAIRS: Final = (("æ", "ae"), ("œ", "oe"), ("ß", "ss"), ("þ", "th"))
_CHUNK: Final = 20_000

_STANDING: Final = (
    "customers_mandate m JOIN customers_customer c ON c.id = m.customer_id"
    " JOIN customers_representative r ON r.id = m.representative_id"
)

# Each gives rows of (customer, kind, token); `{mine}` limits them to the customers that are made anew.
_SOURCES: Final = (
    ("name", "c.given_names || ' ' || c.family_name || ' ' || c.organisation_name", "customers_customer c", "true"),
    (
        "address",
        "c.street_address || ' ' || c.postal_code || ' ' || c.post_office",
        "customers_customer c",
        "NOT c.is_protected",
    ),
    (
        "representative",
        "r.given_names || ' ' || r.family_name",
        _STANDING,
        "true",
    ),
)
_WORD_KINDS: Final = ("name", "address", "representative")


def rebuild_search_tokens(customer_ids: Collection[UUID] | None = None) -> int:
    """Make the tokens of these customers (None: of all) anew and return how many there are.

    Runs in the caller's transaction. Words that no token has any more are taken away with a few
    customers at once; after a rebuild of all that is done for all.
    """
    if customer_ids is not None and not customer_ids:
        return 0
    mine = "true" if customer_ids is None else "c.id = ANY(%(ids)s)"
    parameters = {"ids": list(customer_ids or ())}
    with connection.cursor() as cursor:
        former = _forget(cursor, customer_ids)
        cursor.execute(_insert(mine), parameters)
        count = cursor.rowcount
        cursor.execute(_NEW_WORDS, {"kinds": list(_WORD_KINDS), **parameters, "all": customer_ids is None})
        _drop_words(cursor, former)
    return count


def fold_sql(expression: str) -> str:
    """Return the SQL that folds as folding.fold does."""
    sql = f"lower(regexp_replace(normalize(lower({expression}), NFKD), '[\\u0300-\\u036f]', '', 'g'))"
    sql = f"translate({sql}, 'øđłðħ', 'odldh')"
    for letter, pair in _PAIRS:
        sql = f"replace({sql}, '{letter}', '{pair}')"
    return sql


def _insert(mine: str) -> str:
    parts = [
        f"SELECT c.id, '{kind}', left(w, {TOKEN_LENGTH}) FROM {tables}"
        f" CROSS JOIN LATERAL regexp_split_to_table({fold_sql(text)}, '[^[:alnum:]]+') w"
        f" WHERE {mine} AND ({condition}) AND w <> ''"
        for kind, text, tables, condition in _SOURCES
    ]
    parts += [f"{part} WHERE {mine} AND {condition}" for part, condition in _WHOLE]
    return (
        "INSERT INTO customers_searchtoken (customer_id, kind, token) SELECT DISTINCT found.* FROM ("
        + " UNION ALL ".join(parts)
        + ") AS found (customer, kind, token) WHERE token <> ''"
    )


def _whole(kind: str, expression: str) -> str:
    return f"SELECT c.id, '{kind}', left({expression}, {TOKEN_LENGTH}) FROM customers_customer c"


_PHONES = (
    "SELECT c.id, 'phone', t FROM customers_customer c"
    " CROSS JOIN LATERAL (VALUES (c.phone), (c.other_phone)) AS p (number)"
    " CROSS JOIN LATERAL (SELECT regexp_replace(p.number, '[^0-9]', '', 'g')) AS d (digits)"
    " CROSS JOIN LATERAL (VALUES (d.digits), ('<' || reverse(d.digits)),"
    " (CASE WHEN p.number LIKE '+358%%' THEN '0' || substr(d.digits, 4) ELSE '' END)) AS v (t)"
)
_JOINED_NAMES = (
    f"SELECT c.id, 'name', left({fold_sql('n')}, {TOKEN_LENGTH}) FROM customers_customer c CROSS JOIN LATERAL "
    "regexp_split_to_table(replace(c.given_names || ' ' || c.family_name, '-', ''), '\\s+') n"
)
_WHOLE: Final = (
    (_whole("number", "ltrim(c.number, '0')"), "true"),
    (_whole("email", "lower(c.email)"), "c.email <> ''"),
    (_whole("business-id", "replace(c.business_id, '-', '')"), "c.business_id <> ''"),
    (_PHONES, "p.number <> ''"),
    (_JOINED_NAMES, "c.given_names || c.family_name LIKE '%%-%%'"),
)
_NEW_WORDS: Final = """
    INSERT INTO customers_searchword (word)
    SELECT DISTINCT token FROM customers_searchtoken
    WHERE kind = ANY(%(kinds)s) AND length(token) >= 3 AND token !~ '[0-9]' AND (%(all)s OR customer_id = ANY(%(ids)s))
    ON CONFLICT DO NOTHING
"""


def _forget(cursor: object, customer_ids: Collection[UUID] | None) -> list[str] | None:
    execute, fetchall = cursor.execute, cursor.fetchall  # type: ignore[attr-defined]
    if customer_ids is None:
        execute("DELETE FROM customers_searchtoken")
        return None
    execute("DELETE FROM customers_searchtoken WHERE customer_id = ANY(%s) RETURNING token", [list(customer_ids)])
    return sorted({token for (token,) in fetchall()}) if len(customer_ids) <= _CHUNK else None


def _drop_words(cursor: object, former: list[str] | None) -> None:
    condition = "true" if former is None else "word = ANY(%s)"
    cursor.execute(  # type: ignore[attr-defined]
        f"DELETE FROM customers_searchword w WHERE {condition}"
        " AND NOT EXISTS (SELECT 1 FROM customers_searchtoken t WHERE t.token = w.word)",
        None if former is None else [former],
    )
