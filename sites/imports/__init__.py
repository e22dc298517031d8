"""What comes in from tables of sites, meters and contracts."""

from .contracts import CONTRACTS
from .places import METERS, SITES

__all__ = ["CONTRACTS", "METERS", "SITES"]
