"""Identifiers that are valid by their check digits and belong to nobody.

Identity codes are of the 900 series that is kept for tests, business IDs of a range not given out,
telephone numbers begin with 00 behind the operator's prefix, mail goes to example.org. Every check
digit is found by the library that also validates it.
"""

import unicodedata
from datetime import date
from random import Random

from biip.checksums import gs1_standard_check_digit
from schwifty import IBAN
from stdnum.fi import hetu, ytunnus

from register.datamap.formats import complete_reference, rf_reference

HETU_CHECKS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
SEPARATORS = {19: "-YXWVU", 20: "ABCDEF"}
BANK_CODES = ("500", "159", "405", "800", "360", "390", "106", "200")
MOBILE_PREFIXES = ("40", "41", "44", "45", "46", "50")


class Numbers:
    """Draws identifiers from one stream of chance, none twice."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self._used: set[str] = set()

    def identity_code(self, born_on: date, is_woman: bool) -> str:
        """Return a personal identity code of the test series; one in six with a separator of 2023."""
        while True:
            separators = SEPARATORS[born_on.year // 100]
            mark = separators[0] if self.chance.random() < 0.83 else self.chance.choice(separators[1:])
            individual = self.chance.randrange(900 + (not is_woman), 1000, 2)
            stem = f"{born_on:%d%m%y}{mark}{individual}"
            if self._is_new(stem):
                return next(stem + check for check in HETU_CHECKS if hetu.is_valid(stem + check, allow_temporary=True))

    def business_id(self) -> str:
        """Return a business ID of the range that begins with 9."""
        while True:
            stem = f"9{self.chance.randrange(1_000_000):06}"
            checked = (f"{stem}-{digit}" for digit in range(10) if ytunnus.is_valid(f"{stem}{digit}"))
            number = next(checked, None)
            if number and self._is_new(number):
                return number

    def iban(self) -> str:
        """Return a Finnish bank account number."""
        while True:
            account = f"000{self.chance.randrange(10_000_000):07}"
            number = str(IBAN.generate("FI", self.chance.choice(BANK_CODES), account))
            if self._is_new(number):
                return number

    def mobile(self) -> str:
        """Return a mobile number in E.164."""
        while True:
            prefix = self.chance.choice(MOBILE_PREFIXES)
            number = f"+358{prefix}00{self.chance.randrange(100_000):05}"
            if self._is_new(number):
                return number

    def email(self, *words: str) -> str:
        """Return a mail address of an example domain, made of those words."""
        stem = ".".join(folded for word in words if (folded := ascii_word(word)))
        domain = self.chance.choice(("example.org", "example.com", "example.net"))
        address, count = f"{stem}@{domain}", 1
        while not self._is_new(address):
            count += 1
            address = f"{stem}{count}@{domain}"
        return address

    def _is_new(self, number: str) -> bool:
        if number in self._used:
            return False
        self._used.add(number)
        return True


def gsrn(ordinal: int) -> str:
    """Return the metering point of that ordinal (from 1), in the prefix of the Finnish market.

    The first three are the metering points of the consumption files that the project tries.
    """
    stem = f"643000{ordinal:011}"
    return f"{stem}{gs1_standard_check_digit(stem)}"


def reference(ordinal: int, *, international: bool = False) -> str:
    """Return the reference number of that ordinal, national or as RF."""
    national = complete_reference(f"{100_000 + ordinal}")
    return rf_reference(national) if international else national


def ascii_word(word: str) -> str:
    """Return the word in small letters as mail addresses have it: Mäkelä becomes makela."""
    folded = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in folded if letter.isalnum() or letter == "-").strip("-")
