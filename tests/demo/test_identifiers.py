"""Identifiers of the demonstration: valid, of ranges that belong to nobody, the same for the same seed."""

from csv import DictReader
from datetime import date
from pathlib import Path

import phonenumbers
import pytest
from biip.checksums import gs1_standard_check_digit
from schwifty import IBAN
from stdnum import iso11649
from stdnum.fi import hetu, ytunnus

from demo.chance import Keys, at, stream, years_before
from demo.names import Names, estate, genitive
from demo.numbers import Numbers, gsrn, reference
from demo.streets import AREAS, Streets
from register.datamap.formats import clean_reference


@pytest.mark.item("C03")
def test_identity_codes_are_valid_only_as_test_codes() -> None:
    numbers = Numbers(stream(1, "test"))
    codes = [numbers.identity_code(date(1999, 12, 31), is_woman=True) for _ in range(150)]
    assert len(set(codes)) == 150
    assert all(hetu.is_valid(code, allow_temporary=True) and not hetu.is_valid(code) for code in codes)
    assert {code[6] for code in codes} > {"-", "Y"}, "separators of the reform of 2023 occur"
    assert all(int(code[7:10]) % 2 == 0 for code in codes)
    assert numbers.identity_code(date(2004, 2, 29), is_woman=False)[6] in "ABCDEF"


@pytest.mark.item("B01")
def test_bank_accounts_business_ids_references_and_metering_points_pass_their_libraries() -> None:
    numbers = Numbers(stream(1, "test"))
    for ordinal in range(1, 60):
        assert IBAN(numbers.iban(), validate_bban=True).bic
        assert ytunnus.is_valid(numbers.business_id())
        assert gs1_standard_check_digit(gsrn(ordinal)[:-1]) == int(gsrn(ordinal)[-1])
        assert iso11649.is_valid(reference(ordinal, international=True))
        assert clean_reference(reference(ordinal)) == reference(ordinal)
    assert gsrn(1) == "643000000000000016"
    assert gsrn(3) == "643000000000000030"


@pytest.mark.item("C04")
def test_phone_numbers_are_valid_and_mail_goes_to_example_domains() -> None:
    numbers = Numbers(stream(1, "test"))
    mobiles = [numbers.mobile() for _ in range(100)]
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in mobiles)
    addresses = [numbers.email("Äijö", "Mäkelä-Niemi") for _ in range(5)]
    assert len(set(addresses)) == 5
    assert all(address.split("@")[1].startswith("example.") for address in addresses)
    assert addresses[0].startswith("aijo.makela-niemi@")


def test_keys_are_of_version_7_from_the_past_and_the_same_for_a_seed() -> None:
    moment = at(date(2019, 1, 1), 9)
    key = Keys(5, "customers").at(moment)
    assert key.version == 7
    assert key.int >> 80 == int(moment.timestamp() * 1000)
    assert key == Keys(5, "customers").at(moment) != Keys(6, "customers").at(moment)


def test_names_fit_their_age_and_bend_as_in_finnish() -> None:
    names = Names(stream(1, "test"))
    old = {names.person(date(1924, 5, 1)).call_name for _ in range(80)}
    young = {names.person(date(2010, 5, 1)).call_name for _ in range(80)}
    assert old & {"Aino", "Toivo", "Eino"} and not young & {"Eino", "Irja", "Tauno"}
    assert [genitive(name) for name in ("Korhonen", "Laine", "Niemi", "Mattila", "Lindström")] == [
        "Korhosen",
        "Laineen",
        "Niemen",
        "Mattilan",
        "Lindströmin",
    ]
    assert estate(names.person(date(1930, 1, 1), surname="Korhonen")).endswith(" Korhosen kuolinpesä")


@pytest.mark.item("C06")
def test_addresses_lie_in_postal_codes_that_exist() -> None:
    text = (Path(__file__).parents[2] / "customers/data/postal_codes.csv").read_text(encoding="utf-8")
    known = {row["code"] for row in DictReader(text.splitlines())}
    assert len(known) > 3500
    streets = Streets(stream(1, "test"))
    assert all(code in known for code in AREAS)
    for _ in range(50):
        house, away = streets.house(), streets.elsewhere()
        assert house.postal_code in known and away.postal_code in known
        assert streets.flat(house, 13).street_address == f"{house.street_address} B 14"


def test_years_before_clamps_the_leap_day() -> None:
    assert years_before(date(2024, 2, 29), 1) == date(2023, 2, 28)
