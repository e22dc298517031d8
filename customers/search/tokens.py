"""Makes the tokens by which customers are found, from their rows: in Python, then stored set by set.

The address of a person with non-disclosure gives no token: finding them by a place would disclose it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import connection

from customers.models import Customer, Mandate

from .folding import TOKEN_LENGTH, fold, words

FIELDS: Final = (
    "given_names",
    "family_name",
    "organisation_name",
    "phone",
    "other_phone",
    "email",
    "street_address",
    "postal_code",
    "post_office",
    "business_id",
    "is_protected",
)
_CHUNK: Final = 10_000
_MOST_REMEMBERED: Final = 50_000
_BETWEEN: Final = "\x1f"
_DIGIT: Final = re.compile(r"\d")


class TokenMaker:
    """Makes the tokens of customers, each as "kind:token".

    While it lives it remembers the words of names and places, which come again and again, and collects in
    `for_typos` those by which a mistyped word is corrected.
    """

    def __init__(self) -> None:
        self.for_typos: set[str] = set()
        self._known: dict[tuple[str, str], list[str]] = {}

    def tokens(self, row: Mapping[str, Any], representatives: Sequence[str] = ()) -> list[str]:
        """Give the tokens of a customer, each once; what a row does not give is empty."""
        value = row.get
        given, family = value("given_names") or "", value("family_name") or ""
        found = self._remembered("name", given) + self._remembered("name", family)
        if organisation := value("organisation_name"):
            found += self._words("name", organisation)
        if "-" in given or "-" in family:
            joined = [fold(name)[:TOKEN_LENGTH] for name in f"{given} {family}".replace("-", "").split()]
            found += self._of_kind("name", joined)
        if not value("is_protected"):
            found += self._words("address", value("street_address") or "")
            found += self._remembered("address", f"{value('postal_code') or ''} {value('post_office') or ''}")
        for number in (value("phone"), value("other_phone")):
            if number and (digits := _digits(number)):
                found += (f"phone:{digits}", f"phone:<{digits[::-1]}")  # a leading 0 is looked up as 358
        if email := value("email"):
            found.append(f"email:{_whole(email.lower())}")
        if business_id := value("business_id"):
            found.append(f"business-id:{_whole(business_id.replace('-', ''))}")
        for name in representatives:
            found += self._words("representative", name)
        return found if len(set(found)) == len(found) else list(dict.fromkeys(found))

    def _remembered(self, kind: str, text: str) -> list[str]:
        found = self._known.get((kind, text))
        if found is None:
            found = self._words(kind, text)
            if len(self._known) < _MOST_REMEMBERED:
                self._known[kind, text] = found
        return found

    def _words(self, kind: str, text: str) -> list[str]:
        return self._of_kind(kind, words(text))

    def _of_kind(self, kind: str, found: Sequence[str]) -> list[str]:
        self.for_typos.update([word for word in found if len(word) >= 3 and not _DIGIT.search(word)])
        return [f"{kind}:{word}" for word in found if word]


def rebuild_search_tokens(customer_ids: Collection[UUID] | None = None) -> int:
    """Make the tokens of these customers (None: of all) anew and return how many there are.

    Runs in the caller's transaction. Words that no token has any more are taken away with a few
    customers at once; after a rebuild of all that is done for all.
    """
    if customer_ids is not None and not customer_ids:
        return 0
    maker, count = TokenMaker(), 0
    with connection.cursor() as cursor:
        former = _forget(cursor, customer_ids)
        for keys in _all_keys() if customer_ids is None else _in_chunks(list(customer_ids)):
            count += _store(cursor, _made(maker, keys))
        cursor.execute(_NEW_WORDS, [sorted(maker.for_typos)])
        _drop_words(cursor, former)
    return count


def add_search_tokens(rows: Iterable[tuple[UUID, Mapping[str, Any]]]) -> int:
    """Make the tokens of customers that were stored just now, from the values given, and return how many there are.

    Runs in the transaction that made the customers' rows.
    """
    maker = TokenMaker()
    with connection.cursor() as cursor:
        count = _store(cursor, [(key, maker.tokens(row)) for key, row in rows])
        cursor.execute(_NEW_WORDS, [sorted(maker.for_typos)])
    return count


_INSERT: Final = r"""
    INSERT INTO customers_searchtoken (customer_id, kind, token)
    SELECT made.key, split_part(t, ':', 1), substr(t, strpos(t, ':') + 1)
    FROM unnest(%s::uuid[], %s::text[]) made (key, line), string_to_table(made.line, E'\x1f') t
"""
_NEW_WORDS: Final = "INSERT INTO customers_searchword (word) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING"


def _store(cursor: Any, made: Iterable[tuple[UUID, Sequence[str]]]) -> int:
    ready = list(made)
    cursor.execute(_INSERT, [[key for key, _tokens in ready], [_BETWEEN.join(tokens) for _key, tokens in ready]])
    count: int = cursor.rowcount
    return count


def _made(maker: TokenMaker, keys: Sequence[UUID]) -> list[tuple[UUID, Sequence[str]]]:
    # The lock keeps a customer from being purged between the reading and the storing.
    rows = Customer.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True).values("pk", *FIELDS)
    standing: dict[UUID, list[str]] = {}
    for key, given, family in Mandate.objects.filter(customer__in=keys).values_list(
        "customer", "representative__given_names", "representative__family_name"
    ):
        standing.setdefault(key, []).append(f"{given} {family}")
    return [(row["pk"], maker.tokens(row, standing.get(row["pk"], ()))) for row in rows]


def _all_keys() -> Iterator[Sequence[UUID]]:
    after = UUID(int=0)
    chunk = partial(Customer.objects.order_by("pk").values_list("pk", flat=True).filter)
    while keys := list(chunk(pk__gt=after)[:_CHUNK]):
        yield keys
        after = keys[-1]


def _in_chunks(keys: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (keys[at : at + _CHUNK] for at in range(0, len(keys), _CHUNK))


def _digits(number: str) -> str:
    return "".join(filter(str.isdigit, number))[: TOKEN_LENGTH - 1]


def _whole(text: str) -> str:
    return "".join(filter(str.isprintable, text))[:TOKEN_LENGTH]


def _forget(cursor: Any, customer_ids: Collection[UUID] | None) -> list[str] | None:
    if customer_ids is None:
        cursor.execute("DELETE FROM customers_searchtoken")
        return None
    cursor.execute(
        "DELETE FROM customers_searchtoken WHERE customer_id = ANY(%s) RETURNING token", [list(customer_ids)]
    )
    return sorted({token for (token,) in cursor.fetchall()}) if len(customer_ids) <= _CHUNK else None


def _drop_words(cursor: Any, former: list[str] | None) -> None:
    condition = "true" if former is None else "word = ANY(%s)"
    cursor.execute(
        f"DELETE FROM customers_searchword w WHERE {condition}"
        " AND NOT EXISTS (SELECT 1 FROM customers_searchtoken t WHERE t.token = w.word)",
        None if former is None else [former],
    )
