"""Writes down where: sites, their connections and their meters."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from customers.postal_codes import known_offices
from customers.search.folding import words
from demo.chance import Keys, day_between, stream
from demo.numbers import gsrn
from demo.rows import Writer
from demo.town import Place, Town
from sites.models import ElectricityConnection, HeatConnection, Meter, Site

ENERGY, NETWORK = 1, 2
NETWORK_NAME = "Kuopion Sähköverkko Oy"
HEAT_ORDINALS_FROM = 50_000_000
FUSES_A = {"flat": 25, "terraced": 25, "house": 25, "cottage": 25, "farm": 50, "premises": 63, "building": 63}
# Where the districts outside the town lie: latitude and longitude of their middles.
MIDDLES = {
    "71160": (62.918, 28.123),
    "71310": (62.762, 28.035),
    "71750": (63.157, 27.302),
    "72100": (62.895, 26.965),
    "73300": (63.205, 28.083),
    "73310": (63.250, 28.030),
    "73500": (63.063, 28.328),
}
TOWN_MIDDLE = (62.885, 27.662)


class Sites:
    """Makes the rows of places and their things, in the order of the town."""

    def __init__(self, town: Town, writer: Writer) -> None:
        self.town, self.until, self.writer = town, town.until, writer
        self.chance = stream(town.seed, "sites")
        self.keys = Keys(town.seed, "sites")

    def write(self, places: list[Place]) -> None:
        """Write these places: the electricity site, and the heat site where there is one."""
        for place in places:
            self._site(place, place.site_id, "electricity", gsrn(place.ordinal + 1))
            self._electricity_connection(place)
            self._meters(place, place.site_id, NETWORK, "S", place.is_quarterly)
            if place.has_district_heat:
                self._site(place, place.heat_site_id, "heat", gsrn(HEAT_ORDINALS_FROM + place.ordinal))
                self._heat_connection(place)
                self._meters(place, place.heat_site_id, ENERGY, "L", False)

    def _site(self, place: Place, key: UUID, commodity: str, identifier: str) -> None:
        address = place.address
        post_office = known_offices()[address.postal_code]
        self.writer.table(Site).add(
            id=key,
            gsrn=identifier,
            commodity=commodity,
            street_address=address.street_address,
            postal_code=address.postal_code,
            post_office=post_office,
            address_key=" ".join(words(f"{address.street_address} {address.postal_code} {post_office}")),
            district=address.district,
            block=str(1 + place.ordinal // 7 % 60),
            plot=str(1 + place.ordinal % 7),
            distribution_system_operator=NETWORK_NAME if commodity == "electricity" else "",
            archive_identifier=f"{commodity[0].upper()}{place.connected_on.year}/{place.ordinal + 1:05}",
        )

    def _electricity_connection(self, place: Place) -> None:
        chance, code = self.chance, place.kind.code
        fuse = FUSES_A[code]
        if place.electric_heat_kwh_year > 14_000:
            fuse = max(fuse, 35)
        is_large = place.kwh_year > 120_000
        self.writer.table(ElectricityConnection).add(
            id=self.keys.on(place.connected_on),
            identifier=f"SL-{100_000 + place.ordinal}",
            site_id=place.site_id,
            controller_id=NETWORK,
            main_fuse_phase_count=1 if code == "cottage" and chance.random() < 0.3 else 3,
            main_fuse_a=200 if is_large else fuse,
            connection_size_a=250 if is_large else max(fuse, 35),
            connection_point=f"Jakokaappi JK-{1000 + place.ordinal // 9}",
            voltage_kv="20" if is_large and place.ordinal % 3 == 0 else "0.4",
            service_line_length_m=round(chance.triangular(4, 340 if code in ("farm", "cottage") else 90, 18)),
            started_on=place.connected_on,
        )

    def _heat_connection(self, place: Place) -> None:
        power_kw = Decimal(place.heat_kwh_year) / Decimal(2_300)
        self.writer.table(HeatConnection).add(
            id=self.keys.on(place.connected_on),
            identifier=f"KL-{200_000 + place.ordinal}",
            site_id=place.heat_site_id,
            controller_id=ENERGY,
            contracted_power_kw=power_kw.quantize(Decimal("0.01")),
            water_flow_m3_h=(power_kw / Decimal(52)).quantize(Decimal("0.001")),
            building_volume_m3=round(place.heat_kwh_year / 42),
            started_on=place.connected_on,
        )

    def _meters(self, place: Place, site: UUID, controller: int, mark: str, is_quarterly: bool) -> None:
        """Write the meter in use and, before it, the one read by hand that it replaced."""
        first = max(place.connected_on, date(2003, 1, 1))
        changed = day_between(self.chance, date(2009, 3, 1), date(2013, 11, 30))
        newest = day_between(self.chance, date(2022, 2, 1), date(2025, 10, 31))
        days = [day for day in (changed, newest) if day > first + timedelta(days=30)]
        starts = [first, *days]
        for ordinal, start in enumerate(starts):
            is_last = ordinal == len(starts) - 1
            self._meter(place, site, controller, mark, start, None if is_last else starts[ordinal + 1], is_quarterly)

    def _meter(
        self,
        place: Place,
        site: UUID,
        controller: int,
        mark: str,
        start: date,
        end: date | None,
        is_quarterly: bool,
    ) -> None:
        chance = self.chance
        method = "PT15M" if is_quarterly and end is None else "PT1H" if start.year >= 2009 or end is None else "read"
        latitude, longitude = MIDDLES.get(place.address.postal_code, TOWN_MIDDLE)
        self.writer.table(Meter).add(
            id=self.keys.on(start),
            number=f"{mark}{start.year % 100:02}{chance.randrange(10**7):07}",
            site_id=site,
            controller_id=controller,
            method=method,
            front_fuse_a=FUSES_A[place.kind.code] if mark == "S" else None,
            latitude=Decimal(f"{latitude + chance.gauss(0, 0.018):.6f}"),
            longitude=Decimal(f"{longitude + chance.gauss(0, 0.035):.6f}"),
            installed_on=start,
            removed_on=end,
        )
