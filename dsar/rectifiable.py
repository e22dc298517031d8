"""Which data of a person can be corrected by a request, and what they are now.

A datum is named by its column, and its correction is applied by the operation of the app that owns it.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise

from customers.models import Customer

_PERSON: Final = ("given_names", "family_name")
_COMPANY: Final = ("organisation_name",)
_ALL: Final = (
    "phone",
    "other_phone",
    "email",
    "street_address",
    "postal_code",
    "post_office",
    "country",
    "language",
)


@dataclass(frozen=True)
class Datum:
    """One datum that may be corrected: its column, its name for people, and its value now."""

    name: str
    label: str | Promise
    value: str


def rectifiable(customer: Customer) -> list[Datum]:
    """Give the data of a customer that a request may correct, with their values now."""
    own = _PERSON if customer.kind == Customer.Kind.PERSON else _COMPANY
    return [datum(customer, name) for name in (*own, *_ALL)]


def datum(customer: Customer, name: str) -> Datum:
    """Give one datum of a customer."""
    column: Any = Customer._meta.get_field(name)
    return Datum(name, column.verbose_name, str(getattr(customer, name) or ""))


def label_of(name: str) -> str | Promise:
    """Give the name for people of a datum."""
    column: Any = Customer._meta.get_field(name)
    return column.verbose_name
