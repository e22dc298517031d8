"""The tables of where: places and their things, contracts with their products, and consumption."""

from .consumption import ConsumptionCorrection, ConsumptionDay, QualityWord, Series
from .contracts import (
    Contract,
    ContractHolder,
    ContractProduct,
    DeliveredDevice,
    DiaryEntry,
    HomeDetails,
    Line,
    Product,
    ProductPrice,
)
from .places import ElectricityConnection, HeatConnection, Meter, Site

__all__ = [
    "ConsumptionCorrection",
    "ConsumptionDay",
    "Contract",
    "ContractHolder",
    "ContractProduct",
    "DeliveredDevice",
    "DiaryEntry",
    "ElectricityConnection",
    "HeatConnection",
    "HomeDetails",
    "Line",
    "Meter",
    "Product",
    "ProductPrice",
    "QualityWord",
    "Series",
    "Site",
]
