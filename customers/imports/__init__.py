"""What comes in from tables of customers, representatives, prospects and prohibitions."""

from .people import CUSTOMERS, unknown_post_offices
from .prohibitions import PROHIBITIONS
from .prospects import PROSPECTS
from .representatives import REPRESENTATIVES

__all__ = ["CUSTOMERS", "PROHIBITIONS", "PROSPECTS", "REPRESENTATIVES", "unknown_post_offices"]
