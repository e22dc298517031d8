"""Customers with identity codes, many at once, for the tests of rotation."""

from collections.abc import Iterator

from customers.models import Customer
from register.audit.acting import acting_as_service
from register.crypto.fields import blind_index_values
from register.crypto.sealing import version_of


def codes(count: int) -> list[str]:
    """Return texts in the place of identity codes, all different."""
    return [f"010190-{number:05}" for number in range(count)]


def add_people(count: int) -> list[str]:
    """Store customers, each with one of the codes, and return the codes."""
    made = codes(count)
    with acting_as_service("test"):
        Customer.objects.bulk_create(
            Customer(number=f"{at}", family_name="Testi", identity_code=code) for at, code in enumerate(made)
        )
    return made


def found(code: str) -> list[str]:
    """Return the numbers of the customers whom a search by identity code finds."""
    with acting_as_service("test"):
        wanted = blind_index_values(Customer, "identity_code_index", code)
        return list(Customer.objects.filter(identity_code_index__in=wanted).values_list("number", flat=True))


def versions() -> set[int]:
    """Return the key versions that the stored codes and indexes have."""
    with acting_as_service("test"):
        return set(_versions())


def _versions() -> Iterator[int]:
    for customer in Customer.objects.only("identity_code", "identity_code_index"):
        assert customer.identity_code is not None
        assert customer.identity_code_index is not None
        yield customer.identity_code.version
        yield version_of(customer.identity_code_index)
