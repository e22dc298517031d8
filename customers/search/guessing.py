"""Guesses what kind of key was typed, by its shape; the person sees the guess and may overrule it."""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from register.datamap.formats import clean_business_id, clean_gsrn, clean_identity_code, clean_reference

from .folding import digits, fold

_LIKE_IDENTITY_CODE = re.compile(r"\d{6}[-+A-FU-Y]\d{2,3}[0-9A-Z]?")


class KeyKind(models.TextChoices):
    """What a search text may be."""

    NAME = "name", _("name")
    ADDRESS = "address", _("address")
    PHONE = "phone", _("phone")
    EMAIL = "email", _("email")
    CUSTOMER_NUMBER = "number", _("customer number")
    IDENTITY_CODE = "identity-code", _("identity code, exact only")
    BUSINESS_ID = "business-id", _("business ID")
    METERING_POINT = "metering-point", _("metering point")
    CONTRACT = "contract", _("contract")
    INVOICE = "invoice", _("invoice or reference")


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for on a day: the text as typed and the kinds of key that it is taken for."""

    text: str
    kinds: tuple[KeyKind, ...]
    on: datetime.date
    is_overruled: bool = False

    def has(self, kind: KeyKind) -> bool:
        """Whether the text is taken for this kind."""
        return kind in self.kinds

    @property
    def is_secret(self) -> bool:
        """Whether the text is never to be shown again: a personal identity code."""
        return self.has(KeyKind.IDENTITY_CODE)


def guess(text: str, chosen: str = "", *, on: datetime.date) -> Query:
    """Take a text for the kinds of key that its shape allows, or for the chosen one alone."""
    text = " ".join(text.split())[:200]
    if chosen in KeyKind.values:
        return Query(text, (KeyKind(chosen),), on, is_overruled=True)
    return Query(text, tuple(_kinds_of(text)), on)


def _kinds_of(text: str) -> list[KeyKind]:
    plain, bare = fold(text), re.sub(r"[\s-]", "", text)
    if not plain:
        return []
    # Mistyped or half written it is a secret too: it finds nothing, and is not shown again.
    if _passes(clean_identity_code, text, allow_temporary=True) or _LIKE_IDENTITY_CODE.fullmatch(_bare(text)):
        return [KeyKind.IDENTITY_CODE]
    if "@" in text:
        return [KeyKind.EMAIL]
    if any(sign.isalpha() for sign in plain):
        return _kinds_of_words(text, plain)
    kinds = []
    figures = digits(text)
    if re.fullmatch(r"\d{6,7}-\d", text.replace(" ", "")) and _passes(clean_business_id, text):
        kinds.append(KeyKind.BUSINESS_ID)
    is_most_of_one = len(figures) >= 14 and figures.startswith(("64", "30"))
    if _passes(clean_gsrn, text) or is_most_of_one or (figures.startswith("643") and len(figures) >= 6):
        kinds.append(KeyKind.METERING_POINT)
    if text.startswith(("+", "0")) and len(figures) >= 4:
        kinds.append(KeyKind.PHONE)
    if bare.isdigit() and len(bare) <= 12 and not text.startswith("+"):
        kinds.append(KeyKind.CUSTOMER_NUMBER)
    if "-" in text or len(figures) >= 6 or _passes(clean_reference, text):
        kinds.append(KeyKind.INVOICE)
    if len(figures) >= 4 and KeyKind.PHONE not in kinds:
        kinds.append(KeyKind.PHONE)
    return kinds or [KeyKind.CUSTOMER_NUMBER]


def _kinds_of_words(text: str, plain: str) -> list[KeyKind]:
    if re.fullmatch(r"rf\d{2}[0-9a-z ]{1,26}", plain) and _passes(clean_reference, text):
        return [KeyKind.INVOICE]
    if re.fullmatch(r"fi\d{8}", plain.replace(" ", "")) and _passes(clean_business_id, text):
        return [KeyKind.BUSINESS_ID]
    if re.fullmatch(r"[a-z]{1,4}-?\d{2,4}-?\d{2,8}", plain.replace(" ", "")):
        return [KeyKind.CONTRACT, KeyKind.INVOICE]
    if any(sign.isdigit() for sign in plain):
        return [KeyKind.ADDRESS, KeyKind.NAME]
    return [KeyKind.NAME, KeyKind.ADDRESS]


def _bare(text: str) -> str:
    return "".join(text.split()).upper().translate(dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"))


def _passes(clean: Callable[..., str], text: str, **options: bool) -> bool:
    try:
        clean(text, **options)
    except ValidationError:
        return False
    return True
