"""Registers and changes customers; each leaves the customer findable by the new values."""

import datetime
from typing import Any, Final, TypedDict, Unpack
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.search.tokens import rebuild_search_tokens
from register.access.refusing import Refusal, operation
from register.access.scope import Actor
from register.audit.saving import save_changes
from register.crypto.masking import SEALED
from register.datamap.formats import birth_date_of

from .cleaning import cleaned, with_postal_code

_NUMBERING_LOCK: Final = 7_310_001
_FIRST_NUMBER: Final = 100_001


class CustomerValues(TypedDict, total=False):
    """The columns of a customer that people fill in."""

    kind: str
    given_names: str
    family_name: str
    organisation_name: str
    birth_on: datetime.date | None
    identity_code: str | None
    business_id: str
    phone: str
    other_phone: str
    email: str
    street_address: str
    postal_code: str
    post_office: str
    country: str
    language: str
    is_protected: bool


class UnableToRegisterCustomer(Refusal):
    """A customer cannot be registered."""


@operation(UnableToRegisterCustomer)
def register_customer(
    *,
    actor: Actor,
    at: datetime.datetime,
    number: str = "",
    contacted_on: datetime.date | None = None,
    **values: Unpack[CustomerValues],
) -> Customer:
    """Register a person, company or estate under a new customer number and return it.

    Until there is a contract, the clock runs from `contacted_on`, the day of the quotation, order
    or other contact (by default the day of `at`). Source: clauses R2, T1.
    Raises: UnableToRegisterCustomer.
    """
    row = Customer(number=number or _next_number())
    prepared = _prepared(values, row, UnableToRegisterCustomer)
    day = contacted_on or localdate(at)
    save_changes(row, {**prepared, "relationship_ended_on": day + datetime.timedelta(days=1)})
    rebuild_search_tokens([row.pk])
    return row


class UnableToChangeCustomer(Refusal):
    """A customer cannot be changed."""


@operation(UnableToChangeCustomer)
def change_customer(
    *, customer_id: UUID, actor: Actor, at: datetime.datetime, **values: Unpack[CustomerValues]
) -> Customer:
    """Change what is kept of a customer, only the columns given, and return the customer.

    Raises: UnableToChangeCustomer.
    """
    row = Customer.objects.select_for_update().filter(pk=customer_id).first()
    if row is None:
        raise UnableToChangeCustomer(_("There is no such customer."))
    if save_changes(row, _prepared(values, row, UnableToChangeCustomer)):
        rebuild_search_tokens([row.pk])
    return row


def set_relationship(
    *, customer_id: UUID, started_on: datetime.date | None, ended_on: datetime.date | None
) -> Customer:
    """Set from when to when a customer has contracts; the operations on contracts tell it, in their transaction.

    `ended_on` is the first day with no contract in effect, None while one runs.
    """
    row = Customer.objects.select_for_update().get(pk=customer_id)
    save_changes(row, {"relationship_started_on": started_on, "relationship_ended_on": ended_on})
    return row


def _prepared(values: Any, row: Customer, error: type[Refusal]) -> dict[str, Any]:
    result = cleaned(values, error)
    country = result.get("country") or row.country
    if result.get("postal_code", row.postal_code) != row.postal_code:
        result = with_postal_code(result, country, error)
    code = result.get("identity_code")
    if code and code != SEALED:
        result = _with_birth_date(result, code, row, error)
    return result


def _with_birth_date(values: dict[str, Any], code: str, row: Customer, error: type[Refusal]) -> dict[str, Any]:
    try:
        born_on = birth_date_of(code)
    except ValidationError as fault:
        raise error(fault.messages[0], field="identity_code") from None
    told = values.get("birth_on") or row.birth_on
    if told and told != born_on:
        raise error(_("The date of birth and the identity code do not agree."), field="birth_on")
    return {**values, "birth_on": born_on}


def _next_number() -> str:
    """Give the number after the greatest of six digits; two at a time wait for one another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NUMBERING_LOCK])
        cursor.execute(
            "SELECT number FROM customers_customer WHERE number >= '100000' AND number < '999999'"
            " AND length(number) = 6 ORDER BY number DESC LIMIT 1"
        )
        found = cursor.fetchone()
    return str(max(_FIRST_NUMBER, int(found[0]) + 1) if found else _FIRST_NUMBER)
