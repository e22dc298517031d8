"""The written forms of values: each `clean_…` takes what people write and returns the one form kept.

Check digits are left to libraries. A refusal is a ValidationError whose code is stable and whose
words say what is wrong; they never repeat the value, which may be a secret.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import phonenumbers
from babel import Locale
from biip.checksums import gs1_standard_check_digit
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from schwifty import BIC, IBAN
from schwifty import checksum as bank_checksum
from schwifty.exceptions import (
    InvalidBBANChecksum,
    InvalidChecksumDigits,
    InvalidCountryCode,
    InvalidLength,
    SchwiftyException,
)
from stdnum import exceptions as stdnum_errors
from stdnum import iso7064, iso11649
from stdnum.fi import hetu, ytunnus

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

CENTURIES = {"+": 1800, **dict.fromkeys("-YXWVU", 1900), **dict.fromkeys("ABCDEF", 2000)}

# The 27 members of the European Union with Iceland, Liechtenstein and Norway.
# Source: Agreement on the European Economic Area, parties as of 1 February 2020; read 24.11.2026.
_EUROPEAN_UNION = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EEA_COUNTRIES = frozenset(f"{_EUROPEAN_UNION} IS LI NO".split())

# Codes that CLDR names beside those of ISO 3166-1: unions, test codes, islands without a code.
_NOT_ISO = "AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ"
_NO_COUNTRIES = frozenset(_NOT_ISO.split())

_MOST_OF_EMAIL = 320  # as Django's validator has it, by RFC 3696

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")


@sensitive_variables()
def clean_identity_code(text: str, allow_temporary: bool | None = None) -> str:
    """Return a personal identity code in capitals, with the separators of 2023 as well.

    Temporary and artificial codes (individual number 900 to 999) pass only where the argument or
    the setting REGISTER_ALLOW_TEMPORARY_CODES allows them.

    Raises: ValidationError.
    """
    if allow_temporary is None:
        allow_temporary = bool(getattr(settings, "REGISTER_ALLOW_TEMPORARY_CODES", False))
    if _is_plain_identity_code(text, allow_temporary):
        return text
    code = _squeezed(text).translate(_DASHES).upper()
    try:
        return hetu.validate(code, allow_temporary=allow_temporary)
    except stdnum_errors.InvalidChecksum:
        raise _refusal(
            "identity_code.check_character",
            _("The last character of the identity code does not match the rest: look for a mistyped digit."),
        ) from None
    except stdnum_errors.InvalidComponent:
        if not allow_temporary and hetu.is_valid(code, allow_temporary=True):
            raise _refusal(
                "identity_code.temporary",
                _("This is a temporary identity code (900 to 999): the final one is needed."),
            ) from None
        raise _refusal(
            "identity_code.component",
            _("The identity code begins with a date that does not exist, or its number is below 002."),
        ) from None
    except stdnum_errors.ValidationError:
        raise _refusal(
            "identity_code.format",
            _("An identity code is six digits of birth date, a sign and four characters, such as 131052-308T."),
        ) from None


@sensitive_variables()
def _is_plain_identity_code(text: str, allow_temporary: bool) -> bool:
    """Tell whether a code is right as it is written, by the pattern and the checksum of the library.

    The library's own way first replaces character by character, which takes five times as long.
    """
    if not text.isascii() or not (match := hetu._hetu_re.fullmatch(text)):
        return False
    day, month, year, century, individual, control = match.groups()
    try:
        datetime.date(CENTURIES[century] + int(year), int(month), int(day))
    except ValueError:
        return False
    is_final = "002" <= individual < "900"
    has_number = is_final or (allow_temporary and individual >= "900")
    return has_number and control == hetu._calc_checksum(f"{day}{month}{year}{individual}")


@sensitive_variables()
def birth_date_of(identity_code: str) -> datetime.date:
    """Return the date of birth in a personal identity code, temporary ones included.

    Raises: ValidationError when the code is not valid.
    """
    return birth_date_in(clean_identity_code(identity_code, allow_temporary=True))


@sensitive_variables()
def birth_date_in(clean_code: str) -> datetime.date:
    """Return the date of birth in a code that `clean_identity_code` gave, without checking it again."""
    year = CENTURIES[clean_code[6]] + int(clean_code[4:6])
    return datetime.date(year, int(clean_code[2:4]), int(clean_code[:2]))


def clean_business_id(text: str) -> str:
    """Return a Finnish business ID as 1234567-8; a VAT number (FI12345678) gives its business ID.

    Raises: ValidationError.
    """
    code = _squeezed(text).translate(_DASHES).upper()
    if len(code) == 8 and code[6] == "-":
        code = f"0{code}"  # the six digits of before 2001
    try:
        return ytunnus.format(ytunnus.validate(code))
    except stdnum_errors.InvalidChecksum:
        raise _refusal(
            "business_id.check_digit", _("The check digit of the business ID is wrong: look for a mistyped digit.")
        ) from None
    except stdnum_errors.ValidationError:
        raise _refusal(
            "business_id.format", _("A business ID is seven digits, a hyphen and a check digit, such as 2077474-0.")
        ) from None


def clean_gsrn(text: str) -> str:
    """Return a metering point's GSRN as 18 digits.

    Raises: ValidationError.
    """
    code = _squeezed(text)
    if not _is_digits(code) or len(code) != 18:
        raise _refusal("gsrn.format", _("A metering point identifier (GSRN) has exactly 18 digits."))
    if gs1_standard_check_digit(code[:-1]) != int(code[-1]):
        raise _refusal(
            "gsrn.check_digit",
            _("The check digit of the metering point identifier is wrong: it is mistyped or masked."),
        )
    if not code.strip("0"):
        raise _refusal("gsrn.placeholder", _("A metering point identifier of zeros only stands for no place."))
    return code


@sensitive_variables()
def clean_iban(text: str) -> str:
    """Return an account number in capitals without spaces.

    Raises: ValidationError.
    """
    code = _squeezed(text).upper()
    try:
        iban = IBAN(code)
        if iban.country_code == "FI":
            iban.validate(validate_bban=True)
        return str(iban.compact)
    except (InvalidChecksumDigits, InvalidBBANChecksum):
        raise _refusal(
            "iban.check_digits", _("The check digits of the account number are wrong: look for a mistyped digit.")
        ) from None
    except InvalidCountryCode:
        raise _refusal("iban.country", _("The account number begins with no country that has IBANs.")) from None
    except InvalidLength:
        raise _refusal("iban.length", _("The account number is too short or too long for its country.")) from None
    except (SchwiftyException, ValueError):
        raise _refusal(
            "iban.format", _("An account number is an IBAN: two letters and digits, such as FI21 1234 5600 0007 85.")
        ) from None


def bic_of_iban(iban: str) -> str:
    """Return the BIC of the bank that an account number names, or "" where it is not known."""
    return str(IBAN(iban, allow_invalid=True).bic or "")


def clean_bic(text: str) -> str:
    """Return a bank's BIC of 8 or 11 characters in capitals.

    Raises: ValidationError.
    """
    try:
        return str(BIC(_squeezed(text).upper()).compact)
    except (SchwiftyException, ValueError):
        raise _refusal("bic.format", _("A BIC has 8 or 11 characters, such as OKOYFIHH.")) from None


def clean_reference(text: str) -> str:
    """Return a reference number: national without leading zeros or spaces, or international (RF).

    Raises: ValidationError.
    """
    code = _squeezed(text).upper()
    if code.startswith("RF"):
        return _clean_rf(code)
    code = code.lstrip("0")
    if not _is_digits(code) or not 4 <= len(code) <= 20:
        raise _refusal("reference.format", _("A reference number has 4 to 20 digits, or begins with RF."))
    if complete_reference(code[:-1]) != code:
        raise _refusal(
            "reference.check_digit", _("The check digit of the reference number is wrong: look for a mistyped digit.")
        )
    return code


def complete_reference(base: str) -> str:
    """Return the national reference number of 3 to 19 digits with its check digit added."""
    # Weights 7, 3, 1 from the right to the next ten: Estonia's accounts use the same rule.
    return base + bank_checksum.algorithms["EE:default"].compute([base])


def rf_reference(national: str) -> str:
    """Return the international form (ISO 11649) of a national reference number."""
    return f"RF{iso7064.mod_97_10.calc_check_digits(f'{national}RF')}{national}"


def clean_phone(text: str, region: str = "FI") -> str:
    """Return a telephone number as +358401234567 (E.164); without a country it is of the region.

    Raises: ValidationError.
    """
    plain = _finnish_mobile(text) if region == "FI" else ""
    if plain:
        return plain
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text).translate(_DASHES), region)
    except phonenumbers.NumberParseException:
        raise _refusal("phone.format", _("This is no telephone number.")) from None
    if number.extension:
        raise _refusal("phone.extension", _("Leave the extension out: it cannot be called or texted directly."))
    if not phonenumbers.is_valid_number(number):
        raise _refusal(
            "phone.number", _("There is no such telephone number: it is too short, too long or of no operator.")
        )
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _finnish_mobile(text: str) -> str:
    """Return a Finnish mobile number written with digits and spaces as E.164, or nothing.

    The pattern is the library's own, so what passes here passes there and is the same number.
    """
    digits = text.replace(" ", "").replace("-", "")
    national = digits[4:] if digits.startswith("+358") else digits[1:] if digits.startswith("0") else ""
    is_plain = national.isascii() and national.isdigit() and national[0] != "0"
    return f"+358{national}" if is_plain and _mobile_pattern().fullmatch(national) else ""


@cache
def _mobile_pattern() -> re.Pattern[str]:
    metadata: Any = phonenumbers.PhoneMetadata.metadata_for_region("FI")
    return re.compile(metadata.mobile.national_number_pattern)


def clean_postal_code(text: str, post_office: str = "", *, office_of: Callable[[str], str | None] | None = None) -> str:
    """Return a Finnish postal code of five digits.

    `office_of` answers with the post office of a code, or None for a code that does not exist;
    with it the code must exist, and a post office given must be its own.

    Raises: ValidationError.
    """
    code = _squeezed(text).upper().removeprefix("FI-")
    if not _is_digits(code) or len(code) != 5:
        raise _refusal("postal_code.format", _("A postal code has five digits."))
    if office_of is None:
        return code
    office = office_of(code)
    if office is None:
        raise _refusal("postal_code.unknown", _("There is no such postal code."))
    if post_office.strip() and post_office.strip().casefold() != office.casefold():
        raise _refusal(
            "postal_code.post_office", _("The post office of this postal code is %(office)s."), office=office
        )
    return code


def clean_email(text: str) -> str:
    """Return an e-mail address with its domain in small letters.

    Raises: ValidationError.
    """
    address = (text if text.isascii() else unicodedata.normalize("NFC", text)).strip()
    name, _at, domain = address.rpartition("@")
    if len(address) > _MOST_OF_EMAIL or not _is_domain(domain) or not _user_pattern().match(name):
        raise _refusal("email.format", _("An e-mail address has the form name@example.fi."))
    return f"{name}@{domain.lower()}"


@lru_cache(2_000)
def _is_domain(domain: str) -> bool:
    """Whether mail can go to a domain: checked once for each, they come again and again."""
    try:
        validate_email(f"a@{domain}")
    except ValidationError:
        return False
    return True


@cache
def _user_pattern() -> re.Pattern[str]:
    pattern: Any = validate_email.user_regex
    return re.compile(pattern.pattern, pattern.flags)  # not the lazy object, which costs more than the match


def clean_country(text: str) -> str:
    """Return a country's code of two capitals (ISO 3166-1).

    Raises: ValidationError.
    """
    code = _squeezed(text).upper()
    if code not in country_names("en"):
        raise _refusal("country.unknown", _("There is no country with this code of two letters, such as FI."))
    return code


@cache
def country_names(language: str) -> dict[str, str]:
    """Return the names of all countries by code, in the order of the names."""
    names = Locale.parse(language).territories
    found = {
        code: str(name)
        for code, name in names.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }
    return dict(sorted(found.items(), key=lambda pair: pair[1].casefold()))


def is_in_eea(country: str) -> bool:
    """Whether a country belongs to the European Economic Area."""
    return country in EEA_COUNTRIES


@deconstructible
class CleanedBy:
    """A Django validator from one of the functions here: `validators=[CleanedBy(clean_iban)]`."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        self.clean = clean

    def __call__(self, value: str) -> None:
        """Refuse what the function refuses, and what it would still change."""
        if self.clean(value) != value:
            raise _refusal("not_canonical", _("The value is right, but not in the form in which it is kept."))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CleanedBy) and self.clean == other.clean

    def __hash__(self) -> int:
        return hash(self.clean)


class CleanedCharField(forms.CharField):
    """A form field that gives the canonical form: `CleanedCharField(clean=clean_iban)`."""

    def __init__(self, *, clean: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._canonical = clean

    def clean(self, value: Any) -> str:
        """Clean as any text, then by the function."""
        text: str = super().clean(value)
        return self._canonical(text) if text else text


def _clean_rf(code: str) -> str:
    try:
        return str(iso11649.validate(code))
    except stdnum_errors.InvalidChecksum:
        raise _refusal(
            "reference.check_digit", _("The check digit of the reference number is wrong: look for a mistyped digit.")
        ) from None
    except stdnum_errors.ValidationError:
        raise _refusal(
            "reference.format_rf", _("An international reference is RF, two check digits and up to 21 characters.")
        ) from None


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _refusal(code: str, message: "_StrOrPromise", **params: str) -> ValidationError:
    return ValidationError(message, code=code, params=params or None)
