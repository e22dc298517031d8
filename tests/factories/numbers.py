"""Identifiers with right check digits, made from a running number."""

import datetime

from biip.checksums import gs1_standard_check_digit
from schwifty import IBAN
from stdnum.fi import hetu, ytunnus

_CHECKS = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def identity_code(number: int) -> str:
    """Return a personal identity code of the test series, a different one for each number up to 3 million."""
    day = datetime.date(1930, 1, 1) + datetime.timedelta(days=number // 100)
    mark = "-" if day.year < 2000 else "A"
    stem = f"{day:%d%m%y}{mark}{900 + number % 100}"
    return next(stem + check for check in _CHECKS if hetu.is_valid(stem + check, allow_temporary=True))


def business_id(number: int) -> str:
    """Return a business ID of the range that begins with 9."""
    found = (
        f"9{candidate:06}-{digit}"
        for candidate in range(number * 2, number * 2 + 2)
        for digit in range(10)
        if ytunnus.is_valid(f"9{candidate:06}{digit}")
    )
    return next(found)


def iban(number: int) -> str:
    """Return a Finnish bank account number."""
    return str(IBAN.generate("FI", "500", f"000{number:07}"))


def gsrn(number: int) -> str:
    """Return a metering point identifier."""
    stem = f"643006966{number:08}"
    return f"{stem}{gs1_standard_check_digit(stem)}"


def reference(number: int) -> str:
    """Return a national reference number."""
    weights = (7, 3, 1)
    digits = str(1000 + number)
    total = sum(int(digit) * weights[place % 3] for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def file_name(number: int) -> str:
    """Return the name of an encrypted file."""
    return f"{number:032x}"
