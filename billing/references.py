"""Reference numbers compared: the national and the international (RF) form of one reference are the same."""

from django.core.exceptions import ValidationError

from register.datamap.formats import clean_reference, rf_reference


def reference_key(text: str) -> str:
    """Give the form by which a reference is compared: national where it has one, else RF, else nothing.

    Nothing is also the answer for what is no Finnish or international reference.
    """
    try:
        code = clean_reference(text)
    except ValidationError:
        return ""
    if not code.startswith("RF"):
        return code
    rest = code[4:].lstrip("0")
    try:
        return clean_reference(rest)
    except ValidationError:
        return code


def forms_of(key: str) -> tuple[str, str]:
    """Give the two forms in which an invoice may hold a reference."""
    return (key, key) if key.startswith("RF") else (key, rf_reference(key))
