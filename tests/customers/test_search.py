"""What finds a customer: every way of writing, typos, and the index that each search uses."""

import datetime
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from customers import operations as act
from customers.models import Customer, SearchToken, SearchWord
from customers.search.finding import (
    find_customers,
    nearest_words,
    with_identity_code,
    with_number,
    with_prefixes,
)
from customers.search.folding import fold, words
from customers.search.guessing import KeyKind, guess
from customers.search.tokens import rebuild_search_tokens
from tests.customers.conftest import ASTA, NOON
from tests.factories.customers import CustomerFactory

DAY = datetime.date(2026, 11, 24)
CODE = "010190-999W"
WHO: Any = {"actor": ASTA, "at": NOON}


def yes(permission: str) -> bool:
    return True


def found(text: str, kind: str = "") -> set[str]:
    return {hit.key for hit in find_customers(guess(text, kind, on=DAY), yes).hits}


@pytest.fixture
def maija(at_work: None, settings: Any) -> Customer:
    settings.REGISTER_ALLOW_TEMPORARY_CODES = True
    CustomerFactory(family_name="Kallio", given_names="Aino", relationship_ended_on=None)
    rebuild_search_tokens()
    return act.register_customer(
        number="0100234",
        given_names="Maija Kaarina",
        family_name="Äijälä-Måns",
        phone="050 000 4567",
        email="m.aijala@example.com",
        street_address="Särkiniementie 21 B 4",
        postal_code="70700",
        post_office="Kuopio",
        identity_code=CODE,
        **WHO,
    )


@pytest.mark.item("C01")
@pytest.mark.parametrize(
    "text",
    [
        "Äijälä", "aijala", "ÄIJÄLÄ", "A\u0308ija\u0308la\u0308", "äij", "maija äijälä", "aijala maija", "måns", "mans",
        "Äijälä-Måns", "aijalamans", "maija särkiniementie", "särkiniementie 21", "Sarkiniementie 21 B 4",
        "70700 särkiniementie", "100234", "0100234", "100 234", "050 000 4567", "+358 50 000 4567", "0500004567",
        "050-0004567", "358500004567", "4567", "00 4567", "m.aijala@example.com", "M.Aijala@Example.com",
        "m.aijala@", "010190-999W", "010190-999w",
    ],
)  # fmt: skip
def test_every_way_of_writing_finds(maija: Customer, text: str) -> None:
    assert "0100234" in found(text)


@pytest.mark.parametrize("text", ["äijöläx", "kallio maija", "010190-999", "99999", "", " ", "%", "_", "'; --"])
def test_what_is_not_there_is_not_found(maija: Customer, text: str) -> None:
    assert "0100234" not in found(text)


@pytest.mark.parametrize(
    ("text", "near"), [("äijlä", "aijala"), ("kalllio", "kallio"), ("sarkiniementei", "sarkiniementie")]
)
def test_a_typo_is_corrected_by_the_words_of_the_register(maija: Customer, text: str, near: str) -> None:
    result = find_customers(guess(text, on=DAY), yes)
    assert near in result.nearly
    assert result.hits


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("kallio", KeyKind.NAME),
        ("kallionkatu 7", KeyKind.ADDRESS),
        ("010190-999W", KeyKind.IDENTITY_CODE),
        ("2064700-4", KeyKind.BUSINESS_ID),
        ("643000000000000017", KeyKind.METERING_POINT),
        ("050 000 4567", KeyKind.PHONE),
        ("100 234", KeyKind.CUSTOMER_NUMBER),
        ("RF18 5390 0754 7034", KeyKind.INVOICE),
        ("V1000001", KeyKind.CONTRACT),
        ("a@example.org", KeyKind.EMAIL),
    ],
)
def test_the_kind_of_key_is_guessed(text: str, kind: KeyKind) -> None:
    assert guess(text, on=DAY).kinds[0] == kind


def test_a_guess_can_be_overruled(maija: Customer) -> None:
    assert guess("4567", "number", on=DAY).kinds == (KeyKind.CUSTOMER_NUMBER,)
    assert found("4567", "number") == set()
    assert found("4567", "phone") == {"0100234"}


@pytest.mark.item("C03")
def test_an_identity_code_is_found_only_whole(maija: Customer) -> None:
    result = find_customers(guess(CODE, on=DAY), yes)
    assert result.is_exact
    assert guess(CODE, on=DAY).is_secret
    assert not SearchToken.objects.filter(token__contains="010190").exists()


def test_a_protected_address_neither_shows_nor_finds(maija: Customer) -> None:
    assert "0100234" in found("särkiniementie 21")
    act.change_customer(customer_id=maija.pk, is_protected=True, **WHO)
    assert "0100234" not in found("särkiniementie 21")
    (hit,) = find_customers(guess("äijälä", on=DAY), yes).hits
    assert hit.is_protected
    assert "Särkiniementie" not in str(hit.line)


def test_a_changed_name_finds_and_the_former_leaves_no_word(maija: Customer) -> None:
    act.change_customer(customer_id=maija.pk, family_name="Virtanen", **WHO)
    assert found("virtanen") == {"0100234"}
    assert found("äijälä") == set()
    assert not SearchWord.objects.filter(word__in=["aijala", "mans"]).exists()
    assert SearchWord.objects.filter(word="maija").exists()


def test_without_permission_nothing_is_found(maija: Customer) -> None:
    query = guess("äijälä", on=DAY)
    assert find_customers(query, yes).hits
    assert find_customers(query, lambda permission: False).hits == []


def test_rebuilding_all_gives_what_the_operations_gave(maija: Customer) -> None:
    before = set(SearchToken.objects.filter(customer=maija).values_list("kind", "token"))
    assert rebuild_search_tokens() >= len(before)
    assert set(SearchToken.objects.filter(customer=maija).values_list("kind", "token")) == before


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00", max_codepoint=0x24F), max_size=40))
def test_words_have_no_capitals_and_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert all(word == fold(word) for word in words(text))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Äijälä", "aijala"),
        ("Ångström", "angstrom"),
        ("Ørsted", "orsted"),
        ("Łukasz Đorđe", "lukasz dorde"),
        ("Straße", "strasse"),
        ("Æbeltoft Œuvre", "aebeltoft oeuvre"),
        ("Þór", "thor"),
        ("é", "e"),
        ("KUOPIO", "kuopio"),
    ],
)
def test_letters_are_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.fixture
def crowded(maija: Customer, as_owner: Any) -> Customer:
    """So many words that the planner chooses as in a real register."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO customers_searchword SELECT md5(n::text) FROM generate_series(1, 20000) n")
        cursor.execute(
            "INSERT INTO customers_searchtoken (customer_id, kind, token)"
            " SELECT %s, 'name', md5(n::text) FROM generate_series(1, 20000) n",
            [maija.pk],
        )
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_searchword, customers_searchtoken")
    return maija


def test_each_search_uses_an_index_under_the_policies(crowded: Customer) -> None:
    kinds = ["name", "address", "representative"]
    for query in (
        with_prefixes(["aij"], kinds).values_list("customer"),
        with_prefixes(["maija", "aij"], kinds).values_list("customer"),
        with_prefixes(["<7654"], ["phone"]).values_list("customer"),
        SearchToken.objects.filter(kind="email", token="m.aijala@example.com").values_list("customer"),
    ):
        told = str(query.explain(format="text"))
        assert "Seq Scan on customers_searchtoken" not in told
        assert "search_token_by_word" in told
        bounds = told.split("Index Cond: ")[1].split("Filter: ")[0]
        assert "token >= " in bounds or "'m.aijala@example.com'" in bounds
    # There are few customers here, of which the planner may as well read all.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    told = str(with_identity_code(CODE).explain(format="text"))
    assert "Seq Scan" not in told
    assert "Index Cond: (identity_code_index = " in told
    told = str(with_number("100234").explain(format="text"))
    assert "customers_customer_number_key" in told


def test_the_nearest_word_is_found_by_an_index(crowded: Customer) -> None:
    assert nearest_words("kallio")[0] == "kallio"
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN SELECT word FROM customers_searchword WHERE word % 'kallio'")
        assert "search_word_by_likeness" in str(cursor.fetchall())
