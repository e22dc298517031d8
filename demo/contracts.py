"""Writes down contracts with holders and products, and what their holders told and saved of the home."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from demo.chance import Keys, day_between, stream
from demo.numbers import reference
from demo.products import PriceList, priced_on
from demo.rows import Writer
from demo.sites import ENERGY, NETWORK
from demo.texts import DEVICES, DIARY, ROOM_ACCESS, SUPPLIERS, TIMING
from demo.town import SUPPLY_SOLD_ON, Place, Tenancy, Town
from sites.models import Contract, ContractHolder, ContractProduct, DeliveredDevice, DiaryEntry, HomeDetails


class Signed(NamedTuple):
    """A contract that was written, as invoices need it."""

    id: UUID
    line: str
    controller: int
    tenancy: Tenancy
    product: str
    reference: str
    started_on: date
    ended_on: date | None


class Contracts:
    """Makes the rows of contracts, in the order of the town."""

    def __init__(self, town: Town, writer: Writer, prices: PriceList) -> None:
        self.town, self.until, self.writer, self.prices = town, town.until, writer, prices
        self.chance = stream(town.seed, "contracts")
        self.keys = Keys(town.seed, "contracts")
        self._count = 0

    def write(self, places: list[Place]) -> Iterator[Signed]:
        """Write the contracts of these places, and yield those that took effect."""
        for place in places:
            for tenancy in place.tenancies:
                yield from self._contracts(tenancy)

    def _contracts(self, tenancy: Tenancy) -> Iterator[Signed]:
        place = tenancy.place
        started, ended = tenancy.started_on, tenancy.ended_on
        was_sold = started < SUPPLY_SOLD_ON and self.chance.random() < 0.65 and not tenancy.is_cancelled
        is_later = ended is None or ended > SUPPLY_SOLD_ON
        supplier = self.chance.choice(SUPPLIERS) if is_later and not tenancy.is_cancelled else ""
        yield from self._contract(tenancy, "network", place.site_id, _network_product(place), started, ended, supplier)
        if was_sold:
            end = SUPPLY_SOLD_ON if is_later else ended
            product = "SAHKO-TOIST" if place.ordinal % 3 else "SAHKO-24KK"
            yield from self._contract(tenancy, "supply", place.site_id, product, started, end)
        if place.has_district_heat:
            product = "LAMPO-PIEN" if place.kind.code == "house" else "LAMPO-KIINT"
            yield from self._contract(tenancy, "heat", place.heat_site_id, product, started, ended)

    def _contract(
        self,
        tenancy: Tenancy,
        line: str,
        site: UUID,
        product: str,
        started: date,
        ended: date | None,
        supplier: str = "",
    ) -> Iterator[Signed]:
        self._count += 1
        controller = NETWORK if line == "network" else ENERGY
        key = self.keys.on(tenancy.signed_on)
        mark = {"network": "V", "heat": "L", "supply": "S"}[line]
        number = reference(self._count, international=self._count % 12 == 0)
        self.writer.table(Contract).add(
            id=key,
            number=f"{mark}{1_000_000 + self._count}",
            reference=number,
            line=line,
            controller_id=controller,
            site_id=site,
            supplier_name=supplier,
            signed_on=tenancy.signed_on,
            started_on=started,
            ended_on=ended,
            is_cancelled=tenancy.is_cancelled,
            source=("R1", "R2", "R2", "R2", "R6")[self._count % 5],
        )
        for holder in tenancy.holders:
            self.writer.table(ContractHolder).add(contract_id=key, controller_id=controller, customer_id=holder.id)
        self._product(key, product, started, ended, tenancy)
        if line != "supply" and not tenancy.is_cancelled:
            self._home(key, tenancy, line)
            self._devices(key, controller, tenancy, line)
            yield Signed(key, line, controller, tenancy, product, number, started, ended)

    def _product(self, key: UUID, product: str, started: date, ended: date | None, tenancy: Tenancy) -> None:
        """Write the product of the contract and, for some, the one that it was changed to later."""
        change = None
        if product == "SIIRTO-YLEIS" and tenancy.place.ordinal % 9 == 2 and not tenancy.is_cancelled:
            change = day_between(self.chance, started, ended or self.until)
            if not started < change < (ended or self.until):
                change = None
        periods = [(product, started, change or ended)]
        if change:
            periods.append(("SIIRTO-AIKA", change, ended))
        for code, start, end in periods:
            last = min(end or self.until, self.until) - timedelta(days=1)
            energy, basic, _power = priced_on(code, max(last, start))  # the price in force, or the last one
            self.writer.table(ContractProduct).add(
                contract_id=key,
                product_id=self.prices.keys[code],
                energy_c_kwh=energy,
                basic_eur_month=basic,
                started_on=start,
                ended_on=end if end != start else None,
            )

    def _home(self, key: UUID, tenancy: Tenancy, line: str) -> None:
        place, chance = tenancy.place, self.chance
        code = place.kind.code
        used = place.heat_kwh_year if line == "heat" else place.kwh_year + place.electric_heat_kwh_year
        self.writer.table(HomeDetails).add(
            contract_id=key,
            housing="premises" if code in ("premises", "building") else code,
            tenure="owner" if tenancy.is_owner else "tenant" if chance.random() < 0.95 else "other",
            heating=place.heating,
            technical_room_access=chance.choice(ROOM_ACCESS) if line == "heat" or code == "building" else "",
            timing_of_use=chance.choice(TIMING) if chance.random() < 0.4 else "",
            estimate_kwh_year=round(used, -2),
        )
        if tenancy.holders[0].index % 8 == 2 and tenancy.ended_on is None:
            self._diary(key, tenancy)

    def _diary(self, key: UUID, tenancy: Tenancy) -> None:
        first = max(tenancy.started_on, self.until - timedelta(days=900))
        for title, text in self.chance.sample(DIARY, self.chance.randint(1, 3)):
            self.writer.table(DiaryEntry).add(
                contract_id=key,
                customer_id=tenancy.holders[0].id,
                happened_on=day_between(self.chance, first, self.until),
                title=title,
                text=text,
            )

    def _devices(self, key: UUID, controller: int, tenancy: Tenancy, line: str) -> None:
        chance, share = self.chance, 0.5 if line == "heat" else 0.05
        if chance.random() > share or tenancy.started_on > self.until:
            return
        kind, model = DEVICES[0] if line == "heat" else chance.choice(DEVICES[1:])
        last = min(tenancy.ended_on or self.until, self.until)
        delivered = day_between(chance, tenancy.started_on, last)
        self.writer.table(DeliveredDevice).add(
            contract_id=key,
            controller_id=controller,
            kind=kind,
            model=model,
            serial_number=f"{model.split()[0]}{chance.randrange(10**6):06}",
            delivered_on=delivered,
            removed_on=last if tenancy.ended_on and tenancy.ended_on <= self.until else None,
        )


def _network_product(place: Place) -> str:
    if place.kwh_year > 60_000:
        return "SIIRTO-TEHO"
    if place.kind.code in ("farm", "building"):
        return "SIIRTO-KAUSI"
    return "SIIRTO-AIKA" if place.heating == "storage" else "SIIRTO-YLEIS"
