"""The price list of the demonstration: products of both controllers with their dated prices.

Prices are without value added tax, of the right size, and nobody's real ones.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from demo.rows import Writer
from demo.sites import ENERGY, NETWORK
from sites.models import Product, ProductPrice

PRICE_RISES = (
    (date(2010, 1, 1), Decimal("0.72")),
    (date(2014, 1, 1), Decimal("0.80")),
    (date(2017, 2, 1), Decimal("0.86")),
    (date(2019, 1, 1), Decimal("0.90")),
    (date(2022, 5, 1), Decimal("0.96")),
    (date(2024, 9, 1), Decimal("1.00")),
)


class Priced(NamedTuple):
    """A product as the price list has it today."""

    code: str
    name: str
    line: str
    controller: int
    energy_c_kwh: Decimal
    basic_eur_month: Decimal
    power_eur_kw_month: Decimal


_TODAY = (
    ("SIIRTO-YLEIS", "Yleissiirto 3×25 A", "network", "4.1200", "13.50", "0"),
    ("SIIRTO-AIKA", "Aikasiirto 3×35 A", "network", "3.4100", "23.90", "0"),
    ("SIIRTO-KAUSI", "Kausisiirto 3×63 A", "network", "2.9800", "54.00", "0"),
    ("SIIRTO-TEHO", "Tehosiirto, pienjännite", "network", "1.8500", "118.00", "2.4500"),
    ("LAMPO-PIEN", "Kaukolämpö, pientalo", "heat", "7.3900", "38.70", "0"),
    ("LAMPO-KIINT", "Kaukolämpö, kiinteistö", "heat", "6.8400", "214.00", "1.9000"),
    ("SAHKO-TOIST", "Sähkö, toistaiseksi voimassa", "supply", "5.2100", "3.20", "0"),
    ("SAHKO-24KK", "Sähkö, määräaikainen 24 kk", "supply", "4.6900", "3.20", "0"),
)
PRODUCTS = tuple(
    Priced(code, name, line, NETWORK if line == "network" else ENERGY, *map(Decimal, prices))
    for code, name, line, *prices in _TODAY
)
BY_CODE = {product.code: product for product in PRODUCTS}


class PriceList:
    """The products in the register: their keys, and what each cost on a day."""

    def __init__(self, writer: Writer) -> None:
        self.keys: dict[str, int] = {}
        products, prices = writer.keyed(Product), writer.table(ProductPrice)
        for product in PRODUCTS:
            self.keys[product.code] = products.new_key(writer)
            products.add(
                id=self.keys[product.code],
                code=product.code,
                name=product.name,
                line=product.line,
                controller_id=product.controller,
            )
            last = date(2019, 1, 1) if product.line == "supply" else None
            days = [day for day, _ in PRICE_RISES if last is None or day < last]
            for ordinal, day in enumerate(days):
                energy, basic, power = priced_on(product.code, day)
                prices.add(
                    product_id=self.keys[product.code],
                    energy_c_kwh=energy,
                    basic_eur_month=basic,
                    power_eur_kw_month=power,
                    started_on=day,
                    ended_on=days[ordinal + 1] if ordinal + 1 < len(days) else last,
                )


def priced_on(code: str, day: date) -> tuple[Decimal, Decimal, Decimal]:
    """Return the energy, basic and power price of that day."""
    product = BY_CODE[code]
    rise = [part for start, part in PRICE_RISES if start <= max(day, PRICE_RISES[0][0])][-1]
    return (
        (product.energy_c_kwh * rise).quantize(Decimal("0.0001")),
        (product.basic_eur_month * rise).quantize(Decimal("0.01")),
        (product.power_eur_kw_month * rise).quantize(Decimal("0.0001")),
    )


def vat_percent(day: date) -> Decimal:
    """Return the value added tax of that day. Source: Finland's Value Added Tax Act, rates of 2013 and 1.9.2024."""
    return Decimal("25.5") if day >= date(2024, 9, 1) else Decimal("24.0")
