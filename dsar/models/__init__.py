"""The tables of what people ask: requests with their timeline and corrections, and the packages made for them."""

from .packages import Package, PackageDownload
from .requests import Correction, Request, RequestEvent

__all__ = ["Correction", "Package", "PackageDownload", "Request", "RequestEvent"]
