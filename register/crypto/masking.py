"""Masks: what may be shown of a secret where it was not asked to be opened."""

DOTS = "••••"
SEALED = "•••"


def mask_identity_code(code: str) -> str:
    """Return the birth date and separator with the rest hidden: 010190-••••."""
    return code[:7] + DOTS if len(code) > 7 else DOTS


def mask_iban(iban: str) -> str:
    """Return the country and the last two characters: FI•• •••• •••• 12."""
    plain = "".join(iban.split())
    if len(plain) < 8:
        return DOTS
    return f"{plain[:2]}•• {DOTS} {DOTS} {plain[-2:]}"
