"""Values in the forms that people write: what is taken, what is refused, and the reason given."""

import datetime
import string
from collections.abc import Callable
from typing import Any

import phonenumbers
import pytest
from biip.checksums import gs1_standard_check_digit
from django.core.exceptions import ValidationError
from hypothesis import assume, given
from hypothesis import strategies as st
from schwifty import IBAN

from register.datamap import formats
from register.datamap.formats import (
    CleanedBy,
    CleanedCharField,
    bic_of_iban,
    birth_date_of,
    clean_bic,
    clean_business_id,
    clean_country,
    clean_email,
    clean_gsrn,
    clean_iban,
    clean_identity_code,
    clean_phone,
    clean_postal_code,
    clean_reference,
    complete_reference,
    country_names,
    is_in_eea,
    rf_reference,
)

CHECK_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
ALL: list[Callable[[str], str]] = [
    clean_identity_code,
    clean_business_id,
    clean_gsrn,
    clean_iban,
    clean_bic,
    clean_reference,
    clean_phone,
    clean_postal_code,
    clean_email,
    clean_country,
]


def refusal(clean: Callable[..., object], *args: object, **kwargs: object) -> str:
    with pytest.raises(ValidationError) as caught:
        clean(*args, **kwargs)
    return str(caught.value.error_list[0].code)


def offices(code: str) -> str | None:
    return {"70100": "KUOPIO", "00100": "HELSINKI"}.get(code)


@st.composite
def identity_codes(draw: st.DrawFn) -> tuple[str, datetime.date]:
    born = draw(st.dates(datetime.date(1800, 1, 1), datetime.date(2099, 12, 31)))
    signs = {18: "+", 19: "-YXWVU", 20: "ABCDEF"}[born.year // 100]
    number = draw(st.integers(2, 999))
    start = f"{born:%d%m%y}{draw(st.sampled_from(signs))}{number:03}"
    for character in CHECK_CHARACTERS:  # the library says which is right
        if formats.hetu.is_valid(start + character, allow_temporary=True):
            return start + character, born
    raise AssertionError(start)


@pytest.mark.item("C03")
@pytest.mark.item("C02")
@given(identity_codes())
def test_an_identity_code_is_kept_as_it_is_and_tells_the_birth_date(pair: tuple[str, datetime.date]) -> None:
    code, born = pair
    assert clean_identity_code(f" {code.lower()} ", allow_temporary=True) == code
    assert birth_date_of(code) == born


@given(identity_codes(), st.sampled_from(CHECK_CHARACTERS))
def test_a_wrong_check_character_is_named(pair: tuple[str, datetime.date], character: str) -> None:
    code, _ = pair
    assume(code[-1] != character)
    assert refusal(clean_identity_code, code[:-1] + character, allow_temporary=True) == "identity_code.check_character"


@pytest.mark.parametrize("code", ["131052-308T", "131052Y308T", "131052V308T", "131052–308t"])
def test_the_separators_of_2023_and_a_typed_dash_are_taken(code: str) -> None:
    assert clean_identity_code(code) in {"131052-308T", "131052Y308T", "131052V308T"}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("310252-308Y", "identity_code.component"),
        ("131052-001R", "identity_code.component"),
        ("131052308T", "identity_code.format"),
        ("", "identity_code.format"),
        ("010190-999W", "identity_code.temporary"),
    ],
)
def test_an_identity_code_that_cannot_be_is_refused_with_its_reason(code: str, reason: str) -> None:
    assert refusal(clean_identity_code, code, allow_temporary=False) == reason


def test_a_setting_lets_temporary_codes_in(settings: Any) -> None:
    settings.REGISTER_ALLOW_TEMPORARY_CODES = True
    assert clean_identity_code("010190-999W") == "010190-999W"
    settings.REGISTER_ALLOW_TEMPORARY_CODES = False
    assert refusal(clean_identity_code, "010190-999W") == "identity_code.temporary"


@pytest.mark.clause("K1")
@pytest.mark.parametrize("text", ["2064700-4", "20647004", "FI20647004", " 2064700 – 4 "])
def test_a_business_id_has_one_form(text: str) -> None:
    assert clean_business_id(text) == "2064700-4"


@given(st.integers(0, 9_999_999), st.integers(0, 9))
def test_at_most_one_check_digit_makes_a_business_id(base: int, digit: int) -> None:
    start = f"{base:07}"
    good = [code for code in (f"{start}-{at}" for at in range(10)) if formats.ytunnus.is_valid(code)]
    assert len(good) <= 1
    if f"{start}-{digit}" not in good:
        assert refusal(clean_business_id, f"{start}-{digit}") == "business_id.check_digit"


def test_the_six_digits_of_old_business_ids_get_their_zero() -> None:
    assert clean_business_id("112038-9") == "0112038-9"


def test_a_business_id_of_another_shape_is_refused() -> None:
    assert refusal(clean_business_id, "123") == "business_id.format"


@pytest.mark.item("S01")
@given(st.from_regex(r"[1-9][0-9]{16}", fullmatch=True), st.integers(1, 9))
def test_a_gsrn_has_one_right_check_digit(base: str, shift: int) -> None:
    digit = gs1_standard_check_digit(base)
    assert clean_gsrn(f" {base[:6]} {base[6:]}{digit}") == f"{base}{digit}"
    assert refusal(clean_gsrn, f"{base}{(digit + shift) % 10}") == "gsrn.check_digit"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("000000000000000001", "gsrn.check_digit"),
        ("000000000000000000", "gsrn.placeholder"),
        ("64300000000000001", "gsrn.format"),
        ("64300000000000001X", "gsrn.format"),
        ("٦٤٣٠٠٠٠٠٠٠٠٠٠٠٠٠١٦", "gsrn.format"),
    ],
)
def test_a_masked_or_cut_gsrn_is_refused_with_its_reason(text: str, reason: str) -> None:
    assert refusal(clean_gsrn, text) == reason


@pytest.mark.item("B01")
@given(st.sampled_from(["123456", "500015", "800010"]), st.from_regex(r"[0-9]{7}", fullmatch=True))
def test_an_iban_is_kept_without_spaces(bank: str, account: str) -> None:
    iban = IBAN.generate("FI", bank_code=bank[:3], account_code=account)
    assert clean_iban(iban.formatted.lower()) == str(iban)
    wrong = f"FI{(int(iban[2:4]) % 97) + 1:02}{iban[4:]}"
    assert refusal(clean_iban, wrong) == "iban.check_digits"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FI21 1234 5600 0007 86", "iban.check_digits"),
        ("FI21 1234 5600 0007", "iban.length"),
        ("ZZ21 1234 5600 0007 85", "iban.country"),
        ("123456-785", "iban.format"),
        ("", "iban.format"),
    ],
)
def test_an_iban_that_is_wrong_says_how(text: str, reason: str) -> None:
    assert refusal(clean_iban, text) == reason


def test_a_foreign_iban_is_taken() -> None:
    assert clean_iban("DE89 3704 0044 0532 0130 00") == "DE89370400440532013000"


def test_an_iban_names_its_bank() -> None:
    assert bic_of_iban("FI2112345600000785") == "NDEAFIHH"
    assert bic_of_iban("FI") == ""


def test_a_bic_has_one_form() -> None:
    assert clean_bic("okoy fihh") == "OKOYFIHH"
    assert refusal(clean_bic, "OKOY") == "bic.format"


@pytest.mark.item("C10")
@given(st.integers(100, 10**19 - 1), st.integers(1, 9))
def test_a_national_reference_has_one_right_check_digit(base: int, shift: int) -> None:
    code = complete_reference(str(base))
    spaced = f"00{code[:-5]} {code[-5:]}"
    assert clean_reference(spaced) == code
    assert refusal(clean_reference, code[:-1] + str((int(code[-1]) + shift) % 10)) == "reference.check_digit"
    assert clean_reference(rf_reference(code)) == rf_reference(code)


@pytest.mark.parametrize("known", ["1232", "13", "1009", "123453"])
def test_references_known_from_the_banks_guide(known: str) -> None:
    if len(known) < 4:
        assert refusal(clean_reference, known) == "reference.format"
    else:
        assert clean_reference(known) == known


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("RF17 5390 0754 7034", "reference.check_digit"),
        ("RF18", "reference.format_rf"),
        ("12a4", "reference.format"),
        ("1" * 21, "reference.format"),
    ],
)
def test_a_reference_that_is_wrong_says_how(text: str, reason: str) -> None:
    assert refusal(clean_reference, text) == reason


def test_an_international_reference_is_taken() -> None:
    assert clean_reference("rf18 5390 0754 7034") == "RF18539007547034"
    assert rf_reference("1232") == clean_reference(rf_reference("1232"))


@pytest.mark.item("C04")
@pytest.mark.parametrize(
    "text",
    ["040 123 4567", "+358 40 1234567", "00358401234567", "+358 (0)40 123 4567", "040–1234567"],
)
def test_a_phone_number_has_one_form(text: str) -> None:
    assert clean_phone(text) == "+358401234567"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("call me", "phone.format"), ("12", "phone.number"), ("040 1234567 ext. 3", "phone.extension")],
)
def test_a_phone_number_that_cannot_be_called_is_refused(text: str, reason: str) -> None:
    assert refusal(clean_phone, text) == reason


def test_a_foreign_phone_number_keeps_its_country() -> None:
    assert clean_phone("+46 70 123 45 67") == "+46701234567"
    assert clean_phone("070 123 45 67", region="SE") == "+46701234567"


@pytest.mark.item("C06")
def test_a_postal_code_is_checked_with_its_post_office() -> None:
    assert clean_postal_code("FI-70100", "Kuopio", office_of=offices) == "70100"
    assert clean_postal_code(" 70100 ") == "70100"
    assert refusal(clean_postal_code, "70100", "Helsinki", office_of=offices) == "postal_code.post_office"
    assert refusal(clean_postal_code, "99999", office_of=offices) == "postal_code.unknown"
    assert refusal(clean_postal_code, "7010") == "postal_code.format"


def test_the_refusal_names_the_right_post_office() -> None:
    with pytest.raises(ValidationError, match="KUOPIO"):
        clean_postal_code("70100", "Helsinki", office_of=offices)


@pytest.mark.item("C05")
def test_an_email_address_keeps_its_name_and_lowers_its_domain() -> None:
    assert clean_email(" Aino.Virtanen@Example.FI ") == "Aino.Virtanen@example.fi"
    for text in ["", "aino", "aino@", "aino@example.fi\nBcc: x@example.fi", "a b@example.fi"]:
        assert refusal(clean_email, text) == "email.format"


def test_countries_have_names_in_each_language_and_the_eea_is_part_of_them() -> None:
    assert clean_country("fi") == "FI"
    assert country_names("fi")["SE"] == "Ruotsi"
    assert set(country_names("fi")) == set(country_names("sv")) == set(country_names("en"))
    assert len(country_names("en")) == 249
    assert len(formats.EEA_COUNTRIES) == 30
    assert set(country_names("en")) >= formats.EEA_COUNTRIES
    assert is_in_eea("NO")
    assert not is_in_eea("CH")
    assert not is_in_eea("GB")
    for text in ["EU", "ZZ", "Finland", ""]:
        assert refusal(clean_country, text) == "country.unknown"


@pytest.mark.parametrize("clean", ALL)
@given(st.text(alphabet=string.printable + "äöÅ–\u00a0\u2028\x00", max_size=30))
def test_any_text_is_either_refused_with_a_code_or_kept_in_a_form_that_stays(
    clean: Callable[[str], str], text: str
) -> None:
    try:
        form = clean(text)
    except ValidationError as refused:
        (error,) = refused.error_list
        assert "." in str(error.code)
        if text.strip() and len(text) > 12:
            assert text not in str(error.message)
    else:
        assert clean(form) == form


@pytest.mark.parametrize("clean", ALL)
def test_a_text_of_a_hundred_thousand_characters_is_refused_at_once(clean: Callable[[str], str]) -> None:
    for text in ("1" * 100_000, "a@" * 50_000, " " * 100_000, "+" * 100_000):
        started = datetime.datetime.now(datetime.UTC)
        refusal(clean, text)
        assert (datetime.datetime.now(datetime.UTC) - started).total_seconds() < 1


def test_a_validator_refuses_what_is_not_in_its_kept_form() -> None:
    validate = CleanedBy(clean_iban)
    validate("FI2112345600000785")
    assert refusal(validate, "FI21 1234 5600 0007 85") == "not_canonical"
    assert refusal(validate, "FI2112345600000786") == "iban.check_digits"
    assert validate == CleanedBy(clean_iban) != CleanedBy(clean_bic)


def test_a_form_field_gives_the_kept_form() -> None:
    field = CleanedCharField(clean=clean_iban, required=False)
    assert field.clean("fi21 1234 5600 0007 85") == "FI2112345600000785"
    assert field.clean("") == ""
    assert refusal(field.clean, "FI21 1234 5600 0007 86") == "iban.check_digits"


@pytest.mark.parametrize(
    "text", ["040 123 4567", "+358 40 1234567", "0451234567", "050-1234567", "0400 123456", "0457 1234567"]
)
def test_the_short_way_of_a_mobile_number_agrees_with_the_library(text: str) -> None:
    number = phonenumbers.parse(text, "FI")
    assert phonenumbers.is_valid_number(number)
    assert clean_phone(text) == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(st.from_regex(r"(\+358|0)[1-9][0-9]{2,11}", fullmatch=True))
def test_no_number_passes_the_short_way_that_the_library_refuses(text: str) -> None:
    number = phonenumbers.parse(text, "FI")
    expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    try:
        assert clean_phone(text) == expected
        assert phonenumbers.is_valid_number(number)
    except ValidationError:
        assert not phonenumbers.is_valid_number(number)
