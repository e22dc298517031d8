"""What comes in from tables of customers and of prohibitions."""

from .people import CUSTOMERS, unknown_post_offices
from .prohibitions import PROHIBITIONS

__all__ = ["CUSTOMERS", "PROHIBITIONS", "unknown_post_offices"]
