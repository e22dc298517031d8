"""Masks show no more than they should."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from register.crypto.masking import mask_iban, mask_identity_code, mask_of_birth_date


def test_an_identity_code_keeps_its_birth_date() -> None:
    assert mask_identity_code("010190-999R") == "010190-••••"


@pytest.mark.parametrize(
    ("born", "mask"),
    [
        (date(1990, 1, 1), "010190-••••"),
        (date(2012, 12, 31), "311212A••••"),
        (date(1899, 5, 6), "060599+••••"),
    ],
)
def test_a_birth_date_gives_the_mask_without_the_code(born: date, mask: str) -> None:
    assert mask_of_birth_date(born) == mask


def test_an_account_keeps_its_country_and_last_two() -> None:
    assert mask_iban("FI21 1234 5600 0007 85") == "FI•• •••• •••• 85"


@given(st.text(max_size=7))
def test_a_text_too_short_to_mask_is_hidden_whole(text: str) -> None:
    assert mask_identity_code(text) == mask_iban(text) == "••••"
