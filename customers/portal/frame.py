"""What the frame of every page of the portal shows: the five pages, the person, and whom they may act for."""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Customer
from customers.queries import named_customers
from register.access.scope import Scope
from register.audit.acting import acting
from register.identity.models import PortalSession
from register.identity.portal import actor_of_portal, portal_of

LANGUAGES: Final = (("fi", "Suomi"), ("sv", "Svenska"), ("en", "English"))


@dataclass(frozen=True)
class Link:
    """A page of the menu: the same order at the foot of a phone and at the top of a desktop."""

    name: str
    title: str | Promise
    icon: str

    @property
    def is_there(self) -> bool:
        """Whether an app gives the page."""
        try:
            return bool(reverse(self.name))
        except NoReverseMatch:
            return False


PAGES: Final = (
    Link("portal-home", _("Home"), "home"),
    Link("portal-consumption", _("Consumption"), "chart"),
    Link("portal-invoices", _("Invoices"), "invoice"),
    Link("portal-contracts", _("Contracts"), "contract"),
    Link("portal-my-data", pgettext_lazy("menu", "My data"), "person"),
)


class Frame:
    """The frame of one request; each question is asked when a page shows the answer, and once."""

    def __init__(self, request: HttpRequest) -> None:
        self.session: PortalSession | None = portal_of(request)
        self.pages, self.languages = [page for page in PAGES if page.is_there], LANGUAGES
        self.here = request.resolver_match.view_name if request.resolver_match else ""
        self._known: list[Customer] | None = None

    @property
    def is_identified(self) -> bool:
        """Whether the person proved who they are."""
        return self.session is not None and self.session.is_identified

    @property
    def customers(self) -> list[Customer]:
        """The customers for whom the person may act; none by a code, which shows nobody's name."""
        if self._known is None:
            self._known = _customers_of(self.session) if self.session and self.is_identified else []
        return self._known

    @property
    def customer(self) -> Customer | None:
        """The customer whose data is shown."""
        acting_for = self.session.acting_for if self.session else None
        return next((row for row in self.customers if row.pk == acting_for), None)

    @property
    def name(self) -> str:
        """The name of that customer."""
        return self.customer.name if self.customer else ""

    @property
    def call_name(self) -> str:
        """How one greets a person: by the first of the given names."""
        return self.customer.given_names.split()[0] if self.customer and self.customer.given_names else self.name

    @property
    def initials(self) -> str:
        """Two letters of the name."""
        return "".join(word[0] for word in self.name.split()[:2]).upper()


def portal_frame(request: HttpRequest) -> dict[str, Any]:
    """Give the templates of the portal their frame; other templates do not look at it."""
    return {"portal": Frame(request)}


def _customers_of(session: PortalSession) -> list[Customer]:
    """Read the names of all whom the session may choose, which its scope of the moment does not show."""
    scope = Scope.portal(customers=tuple(session.customers))
    with acting(actor=actor_of_portal(session), scope=scope):
        return named_customers(session.customers)
