"""Customers for tests of the portal: made with what the pages show, and signed in over HTTP or in a browser."""

import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext

from customers.models import Customer
from register.audit.acting import acting_as_service
from register.identity.models import PortalSession
from register.identity.operations import open_portal_session
from tests.factories import FACTORIES

CODE, BANK = PortalSession.Means.CODE, PortalSession.Means.DEMONSTRATION


def make_customer(**values: Any) -> Customer:
    """Make a customer who can be found by e-mail, as every operation that makes one leaves it."""
    from customers.search.tokens import rebuild_search_tokens

    with acting_as_service("test"):
        row: Customer = FACTORIES[Customer](**values)
        rebuild_search_tokens([row.pk])
        row.refresh_from_db()
    return row


def open_session(
    customer: Customer,
    *,
    means: str = BANK,
    others: tuple[UUID, ...] = (),
    language: str = "fi",
    at: datetime.datetime | None = None,
) -> tuple[PortalSession, str]:
    """Open a session of the portal, as if the customer had just signed in."""
    return open_portal_session(
        means=means,
        person_id=customer.pk,
        customers=[customer.pk, *others],
        acting_for=None if means == CODE else customer.pk,
        language=language,
        at=at or timezone.now(),
    )


def portal_client(customer: Customer, **values: Any) -> Client:
    """Give a client with a session of the portal; `means=CODE` for the limited view."""
    client = Client()
    client.cookies[settings.PORTAL_COOKIE_NAME] = open_session(customer, **values)[1]
    return client


def enter_portal(context: BrowserContext, url: str, customer: Customer, **values: Any) -> None:
    """Give a browser window a session of the portal."""
    token = open_session(customer, **values)[1]
    context.add_cookies([{"name": settings.PORTAL_COOKIE_NAME, "value": token, "url": url}])
