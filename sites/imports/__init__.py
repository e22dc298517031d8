"""What comes in from tables of sites, meters and contracts."""

from .contracts import CONTRACTS
from .devices import DEVICES
from .places import METERS, SITES

__all__ = ["CONTRACTS", "DEVICES", "METERS", "SITES"]
