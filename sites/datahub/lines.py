"""What a line of a Datahub customer file says, read alone and exactly.

The rule for the fast reader in blocks.py, which must read every line as this module does or hand it over.
Source: docs/formats/datahub-csv.md.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from register.datamap.formats import clean_gsrn
from sites.slots import EPOCH

SEPARATOR = b";"
HEADERS = (
    "Mittauspisteen tunnus;Tuotteen tyyppi;Resoluutio;Yksikkötyyppi;Lukeman tyyppi;Alkuaika;Määrä;Laatu",
    "MeteringPointGSRN;Product Type;Resolution;Unit Type;Reading Type;Start Time;Quantity;Quality",
)
ACTIVE_ENERGY = b"8716867000030"
UNIT = b"kWh"
READING_TYPE = b"BN01"
RESOLUTIONS_MIN = {b"PT15M": 15, b"PT1H": 60}
MEASURED = "OK"
MISSING = "MISSING"
GAP = -(2**31)
FIRST_YEAR, LAST_YEAR = 2000, 2099
LARGEST_WH = 2_000_000_000
LONGEST_WORD = 40

_TIME = re.compile(rb"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z")
_QUANTITY = re.compile(rb"(-?)(\d{1,9}),(\d{6})")
_WORD = re.compile(r"[^\W_][\w .+/()-]*")


class Unreadable(Exception):
    """One line, or one file, that cannot be taken, with a code and the values its sentence needs."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class Series(NamedTuple):
    """What the readings of a line belong to: a metering point and the length of its slots."""

    gsrn: str
    resolution_min: int


class Reading(NamedTuple):
    """One line: its series, start in quarters since 1970, energy (GAP if none), quality and whether it was rounded."""

    series: Series
    quarter: int
    wh: int
    word: str
    was_rounded: bool


@dataclass(frozen=True)
class Reader:
    """Reads single lines; `mapping` names the metering point that stands for an identifier in the file."""

    mapping: Mapping[str, str] = field(default_factory=dict)

    def line(self, line: bytes) -> Reading:
        """Read one line without its line end.

        Raises: Unreadable.
        """
        parts = line.split(SEPARATOR)
        if len(parts) != 8:
            if not line:
                raise Unreadable("blank_line")
            raise Unreadable("wrong_field_count", count=len(parts))
        if line.decode("utf-8-sig", "replace") in HEADERS:
            raise Unreadable("second_header")
        series = self.series(parts[0], parts[1], parts[2], parts[3], parts[4])
        quarter = read_time(parts[5], series.resolution_min)
        word = read_word(parts[7])
        if word == MISSING:
            return Reading(series, quarter, GAP, word, was_rounded=False)
        wh, was_rounded = read_quantity(parts[6])
        return Reading(series, quarter, wh, word, was_rounded)

    def series(self, point: bytes, product: bytes, resolution: bytes, unit: bytes, kind: bytes) -> Series:
        """Read the fields that the lines of one series share.

        Raises: Unreadable.
        """
        gsrn = self.point(_shown(point))
        if product != ACTIVE_ENERGY:
            raise Unreadable("wrong_product", value=_shown(product))
        if resolution not in RESOLUTIONS_MIN:
            raise Unreadable("wrong_resolution", value=_shown(resolution))
        if unit != UNIT:
            raise Unreadable("wrong_unit", value=_shown(unit))
        if kind != READING_TYPE:
            raise Unreadable("wrong_reading_type", value=_shown(kind))
        return Series(gsrn, RESOLUTIONS_MIN[resolution])

    def point(self, text: str) -> str:
        """Give the metering point that an identifier in the file means.

        Raises: Unreadable.
        """
        text = self.mapping.get(text, text)
        if len(text) != 18 or not text.isascii():
            raise Unreadable("invalid_metering_point", value=text, reason=_("It has no 18 digits."))
        try:
            return clean_gsrn(text)
        except ValidationError as refusal:
            raise Unreadable("invalid_metering_point", value=text, reason=refusal.message) from None


def read_time(text: bytes, resolution_min: int) -> int:
    """Read a start time such as 2024-12-31T22:15:00Z as quarters since 1970.

    Raises: Unreadable.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise Unreadable("invalid_time", value=_shown(text))
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        dt.time(hour, minute, second)
        number = (dt.date(year, month, day) - EPOCH).days
    except ValueError:
        raise Unreadable("invalid_time", value=_shown(text)) from None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unreadable("outside_years", value=_shown(text))
    if second or minute % resolution_min:
        raise Unreadable("not_at_slot_start", value=_shown(text), minutes=resolution_min)
    return number * 96 + hour * 4 + minute // 15


def read_quantity(text: bytes) -> tuple[int, bool]:
    """Read kWh with six decimals as whole Wh, rounded half to even, and say whether that changed it.

    Raises: Unreadable.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise Unreadable("invalid_quantity", value=_shown(text))
    sign, whole, decimals = match.groups()
    wh, rest = divmod(int(whole) * 1_000_000 + int(decimals), 1000)
    if sign and (wh or rest):
        raise Unreadable("negative_energy", value=_shown(text))
    wh += rest > 500 or (rest == 500 and wh % 2 == 1)
    if wh > LARGEST_WH:
        raise Unreadable("too_large", value=_shown(text))
    return wh, rest != 0


def read_word(text: bytes) -> str:
    """Read the quality, whatever word it is.

    Raises: Unreadable.
    """
    word = text.decode("utf-8", "replace")
    if len(word) > LONGEST_WORD or not _WORD.fullmatch(word):
        raise Unreadable("invalid_quality", value=_shown(text))
    return word


def _shown(text: bytes) -> str:
    shown = text[:LONGEST_WORD].decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "�" for letter in shown)
