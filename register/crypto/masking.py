"""Masks: what may be shown of a secret where it was not asked to be opened."""

from datetime import date

DOTS = "••••"
SEALED = "•••"


def mask_identity_code(code: str) -> str:
    """Return the birth date and separator with the rest hidden: 010190-••••."""
    return code[:7] + DOTS if len(code) > 7 else DOTS


def mask_of_birth_date(born: date) -> str:
    """Return the same mask from a date of birth, so that nothing is decrypted to show it."""
    sign = {18: "+", 19: "-"}.get(born.year // 100, "A")
    return f"{born:%d%m%y}{sign}{DOTS}"


def mask_iban(iban: str) -> str:
    """Return the country and the last two characters: FI•• •••• •••• 12."""
    plain = "".join(iban.split())
    if len(plain) < 8:
        return DOTS
    return f"{plain[:2]}•• {DOTS} {DOTS} {plain[-2:]}"
