"""The words in which the register says why it holds a datum: purposes, bases, sources, sensitivity.

Each purpose and source is a clause of the register description (docs/seed/clauses.csv).
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True, eq=False)
class Clause:
    """One clause of the register description, cited by its number in the seed; it is equal to itself only.

    Its words are of many languages, so they may not make its hash.
    """

    id: str
    title: str | Promise
    short: str | Promise = ""


P1 = Clause("P1", _("managing and developing the customer relationship"), _("customer relationship"))
P2 = Clause(
    "P2", _("maintaining, offering, developing and delivering products and services"), _("products and services")
)
P3 = Clause("P3", _("marketing and distance selling of products and services"), _("marketing"))
P4 = Clause("P4", _("payment monitoring and debt collection"), _("payments and collection"))
P5 = Clause(
    "P5", _("verifying the content of calls, training staff and studying the service level"), _("verifying calls")
)
P6 = Clause("P6", _("profiling as law or the customer's consent allows"), _("profiling"))
PURPOSES = (P1, P2, P3, P4, P5, P6)

R1 = Clause("R1", _("the person and the controller's own activity"), _("you and our own work"))
R2 = Clause(
    "R2",
    _("requests for quotation, orders, contracts and other contacts"),
    _("quotation, order, contract or other contact"),
)
R3 = Clause("R3", _("Business Information System (YTJ)"), "YTJ")
R4 = Clause("R4", _("Suomen Asiakastieto Oy"), "Asiakastieto")
R5 = Clause("R5", _("Fonecta Oy"), "Fonecta")
R6 = Clause("R6", _("Kilpailuttaja.fi (Energy Brokers Finland Oy)"), "Kilpailuttaja.fi")
R7 = Clause("R7", _("Itella Asiakkuusmarkkinointi Oy"), "Itella")
SOURCES = (R1, R2, R3, R4, R5, R6, R7)


class Basis(StrEnum):
    """The ground on which a row is held (GDPR 6(1))."""

    CONTRACT = "contract"
    LAW = "law"
    INTEREST = "interest"
    CONSENT = "consent"

    @property
    def words(self) -> str | Promise:
        """The ground in words."""
        return _BASIS_TITLES[self]

    @property
    def word(self) -> str | Promise:
        """The ground in a word, for tables."""
        return _BASIS_WORDS[self]


_BASIS_TITLES = {
    Basis.CONTRACT: _("contract (GDPR 6(1)(b))"),
    Basis.LAW: _("legal obligation (GDPR 6(1)(c))"),
    Basis.INTEREST: _("legitimate interest (GDPR 6(1)(f))"),
    Basis.CONSENT: _("consent (GDPR 6(1)(a))"),
}


_BASIS_WORDS = {
    Basis.CONTRACT: _("contract"),
    Basis.LAW: _("law"),
    Basis.INTEREST: _("legitimate interest"),
    Basis.CONSENT: _("consent"),
}


class Sensitivity(StrEnum):
    """How closely an item is guarded: masked items open with a reason, secret ones are encrypted too."""

    ORDINARY = "ordinary"
    MASKED = "masked"
    SECRET = "secret"


class Section(StrEnum):
    """The part of the register description in which an item stands."""

    CUSTOMER = "customer"
    SITE = "site"
    BILLING = "billing"
    OTHER = "other"

    @property
    def words(self) -> str | Promise:
        """The heading of the section."""
        return _SECTION_TITLES[self]


_SECTION_TITLES = {
    Section.CUSTOMER: _("Customer data"),
    Section.SITE: _("Data on the site"),
    Section.BILLING: _("Billing and payments"),
    Section.OTHER: _("Other data"),
}
