"""The tables of what people ask: requests with their timeline and corrections, and the packages made for them."""

from .requests import Correction, Request, RequestEvent

__all__ = ["Correction", "Request", "RequestEvent"]
