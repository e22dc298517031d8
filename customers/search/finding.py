"""Finds customers by their tokens, by blind index, and by the nearest word where nothing was found.

Under row-level security only `=` and ranges keep the index; a typo is corrected in the table of
words, which has no policy, and then searched exactly. A test explains each of these queries.
"""

import datetime
from collections.abc import Callable, Iterable
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Representative, SearchToken
from register.crypto.fields import blind_index_values
from register.datamap.formats import clean_identity_code, clean_phone

from .folding import after_prefix, digits, words
from .guessing import KeyKind, Query
from .hits import LIMIT, Found, Hit, Words, finds

KINDS = SearchToken.Kind
_ICONS = {Customer.Kind.PERSON: "users", Customer.Kind.COMPANY: "building", Customer.Kind.ESTATE: "users"}
_NEARLY = 3
NUMBER_LENGTH = 12


@finds("customers.view_customer")
def find_customers(query: Query, may: Callable[[str], bool]) -> Found:
    """Find customers and representatives by whatever kinds of key the text is taken for."""
    if not may("customers.view_customer") or not query.text:
        return Found()
    exact = _exact_keys(query)
    if exact:
        return Found(_hits(exact, query.on), is_exact=True)
    ways = _prefix_ways(query)
    hits = _hits(_merged(ways), query.on)
    if hits or not (query.has(KeyKind.NAME) or query.has(KeyKind.ADDRESS)):
        return Found(hits[:LIMIT], is_cut=len(hits) > LIMIT)
    return _found_nearly(query)


Match = tuple[UUID, Words, tuple[str, ...], int]


def with_prefixes(prefixes: Iterable[str], kinds: Iterable[str]) -> QuerySet[SearchToken]:
    """Give tokens of customers that have a word for each of the prefixes, the longest looked up first."""
    first, *others = sorted(prefixes, key=len, reverse=True)
    chosen = list(kinds)
    found = SearchToken.objects.filter(kind__in=chosen, token__gte=first, token__lt=after_prefix(first))
    for prefix in others:
        same = SearchToken.objects.filter(customer=OuterRef("customer"), kind__in=chosen)
        found = found.filter(Exists(same.filter(token__gte=prefix, token__lt=after_prefix(prefix))))
    return found


def with_identity_code(text: str) -> QuerySet[Customer]:
    """Give the customers with this personal identity code, their own or their representative's."""
    code = clean_identity_code(text, allow_temporary=True)
    own = blind_index_values(Customer, "identity_code_index", code)
    theirs = blind_index_values(Representative, "identity_code_index", code)
    by_representative = Representative.objects.filter(identity_code_index__in=theirs).values("mandates__customer")
    # A union of keys, for an OR of the two reads the whole table.
    found = Customer.objects.filter(identity_code_index__in=own).values("pk").union(by_representative)
    return Customer.objects.filter(pk__in=found)


def with_number(figures: str) -> QuerySet[Customer]:
    """Give the customers with this number, however many zeros stand before it here or there."""
    bare = figures.lstrip("0")
    written = [bare.zfill(width) for width in range(len(bare), NUMBER_LENGTH + 1)] if bare else []
    return Customer.objects.filter(number__in=written)


def nearest_words(word: str) -> list[str]:
    """Give the words of the register that are most like a mistyped one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word FROM customers_searchword WHERE word %% %s ORDER BY similarity(word, %s) DESC, word LIMIT %s",
            [word, word, _NEARLY],
        )
        return [found for (found,) in cursor.fetchall()]


def _exact_keys(query: Query) -> list[Match]:
    if query.has(KeyKind.IDENTITY_CODE):
        try:
            holders = with_identity_code(query.text).values_list("pk", flat=True)
        except ValidationError:
            return []
        return [(key, _("Identity code"), (), 0) for key in holders]
    lookups = []
    figures = digits(query.text)
    if query.has(KeyKind.CUSTOMER_NUMBER):
        numbered = with_number(figures).values_list("pk", flat=True)[: LIMIT + 1]
        found: list[Match] = [(key, _("Customer number"), (), 0) for key in numbered]
        if found:
            return found
    if query.has(KeyKind.BUSINESS_ID):
        lookups.append((KINDS.BUSINESS_ID, figures.zfill(8), _("Business ID")))
    if query.has(KeyKind.PHONE):
        lookups.append((KINDS.PHONE, _phone_digits(query.text), _("Phone")))
    if query.has(KeyKind.EMAIL):
        lookups.append((KINDS.EMAIL, query.text.lower(), _("Email")))
    for kind, token, why in lookups:
        keys = SearchToken.objects.filter(kind=kind, token=token).values_list("customer", flat=True)[: LIMIT + 1]
        matches: list[Match] = [(key, why, (), 0) for key in keys]
        if token and matches:
            return matches
    return []


def _phone_digits(text: str) -> str:
    try:
        return digits(clean_phone(text))
    except ValidationError:
        return _with_country(digits(text))


def _with_country(figures: str) -> str:
    """Give the beginning of a number as the international form that is kept has it."""
    return f"358{figures[1:]}" if figures.startswith("0") else figures


def _prefix_ways(query: Query) -> list[Match]:
    figures, found = digits(query.text), []
    if query.has(KeyKind.NAME) or query.has(KeyKind.ADDRESS):
        found += _by_words(query, words(query.text))
    if query.has(KeyKind.PHONE) and len(figures) >= 4:
        found += _by_prefix(KINDS.PHONE, _with_country(figures), _("Phone"))
        found += _by_prefix(KINDS.PHONE, f"<{figures[::-1]}", _("Last digits of the phone"))
    if query.has(KeyKind.EMAIL):
        found += _by_prefix(KINDS.EMAIL, query.text.lower(), _("Email"))
    return found


def _by_words(query: Query, typed: list[str], rank: int = 1) -> list[Match]:
    if not typed:
        return []
    kinds = [KINDS.NAME, KINDS.ADDRESS, KINDS.REPRESENTATIVE]
    if query.is_overruled:
        kinds = [KINDS.ADDRESS] if query.has(KeyKind.ADDRESS) else [KINDS.NAME, KINDS.REPRESENTATIVE]
    tokens = with_prefixes(typed, kinds).values_list("customer", "kind")[: 4 * LIMIT]
    marks, order = tuple(typed), {KINDS.NAME: 0, KINDS.REPRESENTATIVE: 1, KINDS.ADDRESS: 2}
    found: list[Match] = [
        (key, KINDS(kind).label, marks, rank + order[KINDS(kind)])
        for key, kind in sorted(tokens, key=lambda row: order[KINDS(row[1])])
    ]
    if len(typed) == 1 and not query.is_overruled:
        found += _by_prefix(KINDS.EMAIL, typed[0], _("Email"), marks, rank=4)
    return found


def _by_prefix(kind: str, prefix: str, why: Words, marks: tuple[str, ...] = (), rank: int = 1) -> list[Match]:
    tokens = with_prefixes([prefix], [kind]).values_list("customer", flat=True)[: LIMIT + 1]
    return [(key, why, marks, rank) for key in tokens]


def _found_nearly(query: Query) -> Found:
    typed = words(query.text)
    corrected, changed = [], False
    for word in typed:
        known = SearchToken.objects.filter(token__gte=word, token__lt=after_prefix(word)).exists()
        nearest = [word] if known else nearest_words(word)
        if not nearest:
            return Found()
        changed = changed or not known
        corrected.append(nearest)
    matches: list[Match] = []
    tried = [[choice] + [others[0] for others in corrected[1:]] for choice in corrected[0]] if changed else []
    for guess_words in tried:
        found = _by_words(query, guess_words, rank=6)
        near = " ".join(guess_words)
        matches += [
            (key, gettext("Nearly: %(words)s") % {"words": near}, marks, rank) for key, _why, marks, rank in found
        ]
    hits = _hits(_merged(matches), query.on)
    return Found(hits[:LIMIT], is_cut=len(hits) > LIMIT, nearly=tuple(" ".join(one) for one in tried))


def _merged(matches: Iterable[Match]) -> list[Match]:
    """Keep the best reason of each customer."""
    best: dict[UUID, Match] = {}
    for match in matches:
        if match[0] not in best or match[3] < best[match[0]][3]:
            best[match[0]] = match
    return list(best.values())[: LIMIT + 1]


def _hits(matches: list[Match], on: datetime.date) -> list[Hit]:
    reasons = {key: (why, marks, rank) for key, why, marks, rank in matches}
    rows = Customer.objects.filter(pk__in=reasons).defer("identity_code", "identity_code_index")
    return [_hit(row, on, *reasons[row.pk]) for row in rows]


def _hit(row: Customer, on: datetime.date, why: Words, marks: tuple[str, ...], rank: int) -> Hit:
    is_ended = row.relationship_ended_on is not None and row.relationship_ended_on <= on
    return Hit(
        section="customers",
        icon=_ICONS[Customer.Kind(row.kind)],
        title=row.sort_name,
        line="" if row.is_protected else _line(row),
        why=why,
        key=row.number,
        url=reverse("staff-customer", args=[row.pk]) + "?from=search",
        status=("off", _("Former")) if is_ended else ("ok", _("Customer")),
        customers=(row.pk,),
        marked=marks,
        is_ended=is_ended,
        is_protected=row.is_protected,
        rank=rank,
    )


def _line(row: Customer) -> str:
    place = " ".join(filter(None, (row.postal_code, row.post_office)))
    address = ", ".join(filter(None, (row.street_address, place)))
    return " · ".join(filter(None, (address, row.business_id)))
