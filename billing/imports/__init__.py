"""What comes in from files of the bank and of billing systems."""

from .history import HISTORY
from .invoices import INVOICES
from .payments import PAYMENTS

__all__ = ["HISTORY", "INVOICES", "PAYMENTS"]
