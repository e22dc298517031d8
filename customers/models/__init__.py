"""The tables of who: persons, companies and estates, those who stand for them, and what they told."""

from .contacts import ConsentedDatum, Contact, Disclosure, Recipient, SatisfactionResponse, ServiceUse
from .desk import Pin, RunningCall
from .marketing import MarketingPermission, Prospect, Suppression
from .people import Customer, Mandate, PostalCode, PowerOfAttorney, Representative
from .search import SearchToken, SearchWord

__all__ = [
    "ConsentedDatum",
    "Contact",
    "Customer",
    "Disclosure",
    "Mandate",
    "MarketingPermission",
    "Pin",
    "PostalCode",
    "PowerOfAttorney",
    "Prospect",
    "Recipient",
    "Representative",
    "RunningCall",
    "SatisfactionResponse",
    "SearchToken",
    "SearchWord",
    "ServiceUse",
    "Suppression",
]
