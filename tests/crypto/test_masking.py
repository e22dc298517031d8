"""Masks show no more than they should."""

from hypothesis import given
from hypothesis import strategies as st

from register.crypto.masking import mask_iban, mask_identity_code


def test_an_identity_code_keeps_its_birth_date() -> None:
    assert mask_identity_code("010190-999R") == "010190-••••"


def test_an_account_keeps_its_country_and_last_two() -> None:
    assert mask_iban("FI21 1234 5600 0007 85") == "FI•• •••• •••• 85"


@given(st.text(max_size=7))
def test_a_text_too_short_to_mask_is_hidden_whole(text: str) -> None:
    assert mask_identity_code(text) == mask_iban(text) == "••••"
