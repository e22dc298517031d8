"""What comes in from files of the bank and of billing systems."""

from .payments import PAYMENTS

__all__ = ["PAYMENTS"]
