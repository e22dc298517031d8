"""Brings values that people typed to the form in which they are kept, or refuses them by their field."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from customers.models import PostalCode
from register.access.refusing import Refusal
from register.crypto.masking import SEALED
from register.datamap.formats import (
    clean_business_id,
    clean_country,
    clean_email,
    clean_identity_code,
    clean_phone,
    clean_postal_code,
)

_CLEANERS: dict[str, Callable[[str], str]] = {
    "identity_code": clean_identity_code,
    "business_id": clean_business_id,
    "phone": clean_phone,
    "other_phone": clean_phone,
    "email": clean_email,
    "country": clean_country,
}


def cleaned(values: Mapping[str, Any], error: type[Refusal]) -> dict[str, Any]:
    """Return the values in the form in which they are kept. Raises: `error`, naming the field."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        text = " ".join(value.split()) if isinstance(value, str) else value
        cleaner = _CLEANERS.get(name)
        if cleaner and isinstance(text, str) and text and text != SEALED:
            text = _by(cleaner, text, name, error)
        result[name] = text
    return result


def with_postal_code(values: dict[str, Any], country: str, error: type[Refusal]) -> dict[str, Any]:
    """Check a Finnish postal code against the table of codes and give it its post office."""
    code = values.get("postal_code")
    if not code or country != "FI":
        return values
    offices = {row.code: row.office_fi for row in PostalCode.objects.filter(code=code)}
    is_known = bool(offices) or PostalCode.objects.exists()
    office_of = offices.get if is_known else None
    code = _by(lambda text: clean_postal_code(text, office_of=office_of), code, "postal_code", error)
    return {**values, "postal_code": code, "post_office": offices.get(code) or values.get("post_office", "")}


def _by(clean: Callable[[str], str], text: str, name: str, error: type[Refusal]) -> str:
    try:
        return clean(text)
    except ValidationError as fault:
        raise error(fault.messages[0], field=name) from None
