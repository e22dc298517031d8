"""Sign-in to the portal: a code to the customer's address, or the word of whoever identified the person.

Dangerous if loosened: known and unknown addresses must be answered alike, so what differs between them (the
letter with the code) is done by the worker after the answer, and the page does the same for both.
"""

import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, ServiceUse
from customers.queries import customers_at, portal_person
from register.access.scope import Actor
from register.identity.models import PortalSession
from register.identity.operations import ask_for_code, make_code, open_portal_session, use_code

# What one does on the portal, as the use of a service.
EVENTS: Final[dict[str, str | Promise]] = {
    "code": _("sign-in by a code"),
    "identification": _("sign-in by identification"),
    "consumption-file": _("download of consumption"),
}


class UnableToSignIn(Exception):
    """Nobody in the register has this identity: there is nothing to show."""


def ask_to_sign_in(*, email: str, language: str, browser_token: str, at: datetime.datetime) -> None:
    """Ask for a one-time code to this address, for this browser; the same happens for an address nobody has."""
    ask_for_code(customers=customers_at(email), language=language, browser_token=browser_token, at=at)


def send_sign_in_code(*, code_id: UUID, at: datetime.datetime) -> bool:
    """Send a code that was asked for to the address in the register, and tell whether one was sent."""
    made = make_code(code_id=code_id, at=at)
    if made is None:
        return False
    row, code = made
    address = Customer.objects.filter(pk__in=row.customers).exclude(email="").values_list("email", flat=True).first()
    if not address:
        return False
    with translation.override(row.language):
        EmailMessage(
            subject=gettext("Your sign-in code"),
            body=render_to_string("email/sign_in_code.txt", {"code": code, "expires_at": row.expires_at}),
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[address],
        ).send()
    return True


def sign_in_by_code(*, browser_token: str, code: str, at: datetime.datetime) -> tuple[PortalSession, str] | None:
    """Open the limited view with a code and return the session with its token; None for every failure."""
    row = use_code(browser_token=browser_token, code=code, at=at)
    if row is None:
        return None
    _note_use(row.customers, "code", at)
    return open_portal_session(
        means=PortalSession.Means.CODE,
        person_id=row.customers[0],
        customers=row.customers,
        acting_for=None,
        language=row.language,
        at=at,
    )


def sign_in_identified(
    *, identity_code: str, means: str, language: str, at: datetime.datetime
) -> tuple[PortalSession, str]:
    """Open the full view for a person whom a bank has identified, and return the session with its token.

    They see their own data, and may choose those who gave them a power of attorney. Raises: UnableToSignIn.
    """
    person = portal_person(identity_code, on=localdate(at))
    if person is None:
        raise UnableToSignIn
    _note_use([person.customers[0]], "identification", at)
    return open_portal_session(
        means=means,
        person_id=person.person_id,
        customers=person.customers,
        acting_for=person.customers[0],
        language=person.language or language,
        at=at,
    )


def note_service_use(*, customer_id: UUID, event: str, actor: Actor, at: datetime.datetime) -> ServiceUse:
    """Write down one use of the portal, such as a download, on the customer's own data."""
    with translation.override(settings.LANGUAGE_CODE):  # in the register's language, whatever the session speaks
        words, service = str(EVENTS[event]), gettext("online service")
    return ServiceUse.objects.create(customer_id=customer_id, service=service, event=words, happened_at=at)


def _note_use(customers: list[UUID] | tuple[UUID, ...], event: str, at: datetime.datetime) -> None:
    for customer_id in customers:
        note_service_use(customer_id=customer_id, event=event, actor=Actor.customer(customer_id), at=at)
