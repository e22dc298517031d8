"""The tables of places, contracts and products on the admin site: lists for reading, forms that are operations."""

from . import contracts, places, products

__all__ = ["contracts", "places", "products"]
