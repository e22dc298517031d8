"""The town of the demonstration: its places, who lived there when, and who these people are.

Pure data, no models: everything else of the register is written down from this. Past residents move
to other places, so a customer may have many contracts; scripted cases stand at the edges of retention.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from random import Random
from typing import NamedTuple
from uuid import UUID

from demo.chance import Keys, day_between, stream, years_before
from demo.names import Names, Person, estate
from demo.shapes import Shape
from demo.streets import Address, Streets

SUPPLY_SOLD_ON = date(2019, 1, 1)  # the first day on which the group no longer sold electricity
SMALLEST = 100
FIRST_NUMBER = 200_001
PLACES_A_CUSTOMER = 0.62
MOVES_WITHIN = 0.75  # of those who move in, where somebody moved out just before
EARLIEST = date(1988, 3, 1)
NO_KEY = UUID(int=0)
BOUNDARY_DAYS = (-31, -2, -1, 0, 1, 2, 31)


class PlaceKind(NamedTuple):
    """A kind of place: how common it is, how long people stay, what it uses in a year."""

    code: str
    share: int
    stay_years: float
    kwh_year: tuple[int, int]


PLACE_KINDS = (
    PlaceKind("flat", 44, 5.5, (1_100, 3_200)),
    PlaceKind("house", 27, 17, (4_200, 8_000)),
    PlaceKind("terraced", 12, 8, (2_200, 4_500)),
    PlaceKind("cottage", 4, 20, (500, 3_000)),
    PlaceKind("farm", 2, 25, (9_000, 40_000)),
    PlaceKind("premises", 8, 9, (6_000, 160_000)),
    PlaceKind("building", 3, 60, (8_000, 45_000)),
)
HEATINGS = {
    "house": (("district", 32), ("electric", 24), ("storage", 8), ("heat-pump", 26), ("wood", 6), ("oil", 4)),
    "farm": (("wood", 45), ("heat-pump", 30), ("oil", 15), ("electric", 10)),
    "cottage": (("wood", 60), ("electric", 40)),
}
HEAT_KWH_YEAR = {"house": (11_000, 24_000), "premises": (30_000, 400_000), "building": (150_000, 650_000)}


@dataclass(slots=True, eq=False)
class Holder:
    """A customer to be: a person, company or estate."""

    index: int
    kind: str
    person: Person | None = None
    born_on: date | None = None
    organisation: str = ""
    is_housing_company: bool = False
    tenancies: list["Tenancy"] = field(default_factory=list)
    asked_on: date | None = None
    number: str = ""
    id: UUID = NO_KEY

    @property
    def started_on(self) -> date:
        days = [tenancy.started_on for tenancy in self.tenancies]
        return min(days) if days else self.asked_on or date.min

    @property
    def ended_on(self) -> date | None:
        """The first day without a contract, None while one runs or is to come."""
        held = [tenancy for tenancy in self.tenancies if not tenancy.is_cancelled]
        if not held:
            days = [tenancy.signed_on for tenancy in self.tenancies] or [self.asked_on or date.min]
            return max(days) + timedelta(days=1)
        if any(tenancy.ended_on is None for tenancy in held):
            return None
        return max(tenancy.ended_on for tenancy in held if tenancy.ended_on)


@dataclass(slots=True, eq=False)
class Place:
    """A place: an electricity site and, where heat comes by pipe, a heat site."""

    ordinal: int
    kind: PlaceKind
    address: Address
    heating: str
    shape: Shape
    kwh_year: int
    electric_heat_kwh_year: int
    heat_kwh_year: int
    is_quarterly: bool
    connected_on: date
    tenancies: list["Tenancy"] = field(default_factory=list)
    site_id: UUID = NO_KEY
    heat_site_id: UUID = NO_KEY

    @property
    def has_district_heat(self) -> bool:
        return self.heat_kwh_year > 0

    @property
    def solar_peak_w(self) -> int:
        """The power of the panels on the roof in full sun; none on most."""
        has_panels = self.kind.code in ("house", "farm", "premises") and self.ordinal % 5 == 2
        return 4_000 + self.ordinal % 7 * 1_500 if has_panels else 0


@dataclass(slots=True, eq=False)
class Tenancy:
    """Who held the contracts of a place, from a day to the first day no longer."""

    place: Place
    started_on: date
    ended_on: date | None
    is_cancelled: bool = False
    is_owner: bool = True
    holders: list[Holder] = field(default_factory=list)

    @property
    def signed_on(self) -> date:
        return self.started_on - timedelta(days=3 + self.place.ordinal % 25)

    def state(self, on: date) -> str:
        """Tell the state on that day: coming, running, ending, ended or cancelled."""
        if self.is_cancelled:
            return "cancelled"
        if self.started_on > on:
            return "coming"
        if self.ended_on is None:
            return "running"
        return "ending" if self.ended_on > on else "ended"


class Town:
    """All places and customers of one seed, for one day on which the register is looked at."""

    def __init__(self, *, customers: int, seed: int, until: date) -> None:
        self.seed, self.until, self.wanted = seed, until, customers
        self._with_contract = customers - max(3, customers // 50)  # the rest only asked for a quotation
        self.chance = stream(seed, "town")
        self.names = Names(stream(seed, "names"))
        self.streets = Streets(stream(seed, "streets"))
        self.places: list[Place] = []
        self.holders: list[Holder] = []
        self._building: Address | None = None
        self._flats_left = 0
        self._settle()
        keys = Keys(seed, "town")
        numbers = list(range(len(self.holders)))
        stream(seed, "numbers").shuffle(numbers)
        for holder, number in zip(self.holders, numbers, strict=True):
            holder.id, holder.number = keys.on(holder.started_on), str(FIRST_NUMBER + number)
        for place in self.places:
            place.site_id, place.heat_site_id = keys.on(place.connected_on), keys.on(place.connected_on)

    @property
    def tenancies(self) -> Iterator[Tenancy]:
        """All tenancies, place by place."""
        return (tenancy for place in self.places for tenancy in place.tenancies)

    def _settle(self) -> None:
        self._scripted()
        while len(self.places) < self.wanted * PLACES_A_CUSTOMER:
            self._history(self._place())
        self._move_in()
        while len(self.holders) < self._with_contract:
            self._newcomer()
        while len(self.holders) < self.wanted:
            asker = self._person(self.until)
            asker.asked_on = day_between(self.chance, self.until - timedelta(days=700), self.until)

    def _scripted(self) -> None:
        """Add the cases that must be there: the metering points of known files, minors, ends ten years ago."""
        for _ in range(3):
            place = self._place("house")
            place.is_quarterly = place.ordinal > 0
            start = date(2019, 6, 1) + timedelta(days=91 * place.ordinal)
            place.connected_on = min(place.connected_on, start)
            self._tenancy(place, start, None)
        for days in (20, 90, 160):
            place = self._place("flat")
            minor = self._person(self.until - timedelta(days=days), student=True)
            minor.born_on = self.until - timedelta(days=round(16.4 * 365.25) + days)
            minor.person = self.names.person(minor.born_on)
            self._hold(self._tenancy(place, self.until - timedelta(days=days), None), minor)
        for offset, stays in product(BOUNDARY_DAYS, (False, True)):
            end = years_before(self.until, 10) + timedelta(days=offset)
            place = self._place("flat")
            place.connected_on = min(place.connected_on, end - timedelta(days=4000))
            tenancy = self._tenancy(place, end - timedelta(days=self.chance.randint(400, 3_000)), end)
            holder = self._person(tenancy.started_on)
            self._hold(tenancy, holder)
            if stays:
                onwards = self._place("terraced")
                onwards.connected_on = min(onwards.connected_on, end)
                self._hold(self._tenancy(onwards, end, None), holder)

    # Places

    def _place(self, code: str = "") -> Place:
        chance = self.chance
        kind = (
            next(kind for kind in PLACE_KINDS if kind.code == code)
            if code
            else chance.choices(PLACE_KINDS, [kind.share for kind in PLACE_KINDS])[0]
        )
        heating = self._heating(kind)
        kwh = round(chance.triangular(*kind.kwh_year, kind.kwh_year[0] * 1.4))
        heat_range = HEAT_KWH_YEAR.get(kind.code, (0, 0)) if heating == "district" else (0, 0)
        place = Place(
            ordinal=len(self.places),
            kind=kind,
            address=self._address(kind),
            heating=heating,
            shape=_shape(kind, chance),
            kwh_year=kwh,
            electric_heat_kwh_year=_electric_heat(kind, heating, chance),
            heat_kwh_year=round(chance.triangular(*heat_range)) if heat_range[1] else 0,
            is_quarterly=len(self.places) % 10 == 4,
            connected_on=date(chance.randint(1962, 2015), chance.randint(1, 12), chance.randint(1, 28)),
        )
        self.places.append(place)
        return place

    def _heating(self, kind: PlaceKind) -> str:
        choices = HEATINGS.get(kind.code)
        if choices is None:
            share = 0.4 if kind.code == "premises" else 1.0
            return "district" if self.chance.random() < share else "electric"
        return self.chance.choices([name for name, _ in choices], [weight for _, weight in choices])[0]

    def _address(self, kind: PlaceKind) -> Address:
        if kind.code not in ("flat", "terraced"):
            return self.streets.house()
        if self._building is None or not self._flats_left:
            self._building, self._flats_left = self.streets.house(), self.chance.randint(3, 30)
        self._flats_left -= 1
        return self.streets.flat(self._building, self.chance.randrange(2) + 2 * self._flats_left)

    # Who was there when

    def _history(self, place: Place) -> None:
        """Add the tenancies of a place, from the present one back to ten years and a few days ago."""
        oldest = years_before(self.until, 10) - timedelta(days=20)
        draw, end = self.chance.random(), None
        if draw < 0.025:
            end = self.until + timedelta(days=self.chance.randint(2, 60))
            if self.chance.random() < 0.7:
                self._tenancy(place, end, None)
        elif draw < 0.06:
            end = self.until - timedelta(days=self.chance.randint(0, 300))
            if self.chance.random() < 0.3:
                self._tenancy(place, self.until + timedelta(days=self.chance.randint(3, 45)), None)
        elif draw < 0.07:
            away = self.until - timedelta(days=self.chance.randint(5, 200))
            self._tenancy(place, away, away, is_cancelled=True)
        while end is None or end > oldest:
            days = 90 + round(self.chance.expovariate(1 / (place.kind.stay_years * 365)))
            start = max((end or self.until) - timedelta(days=days), EARLIEST + timedelta(days=days % 1500))
            if start <= place.connected_on:
                place.connected_on = start - timedelta(days=self.chance.randint(0, 4000))
            self._tenancy(place, start, end)
            end = start - timedelta(days=self.chance.choice((0, 0, 0, 0, 1, 14, 30)))
            if start <= EARLIEST + timedelta(days=1500):
                break

    def _tenancy(self, place: Place, start: date, end: date | None, is_cancelled: bool = False) -> Tenancy:
        owns = self.chance.random() < (0.5 if place.kind.code in ("flat", "premises") else 0.93)
        tenancy = Tenancy(place, start, end, is_cancelled, owns)
        place.tenancies.append(tenancy)
        return tenancy

    def _move_in(self) -> None:
        """Give each tenancy its holders, in order of time, so that those who moved out can move on."""
        waiting = [tenancy for tenancy in self.tenancies if not tenancy.holders]
        waiting.sort(key=lambda tenancy: (tenancy.started_on, tenancy.place.ordinal))
        movers: list[tuple[date, int, Holder]] = []
        for tenancy in waiting:
            while movers and movers[0][0] < tenancy.started_on - timedelta(days=60):
                heapq.heappop(movers)
            for holder in self._holders_for(tenancy, movers):
                self._hold(tenancy, holder)
            first = tenancy.holders[0]
            if tenancy.ended_on and first.kind == "person" and not tenancy.is_cancelled:
                heapq.heappush(movers, (tenancy.ended_on, first.index, first))

    def _holders_for(self, tenancy: Tenancy, movers: list[tuple[date, int, Holder]]) -> list[Holder]:
        code, is_full = tenancy.place.kind.code, len(self.holders) >= self._with_contract
        if code in ("premises", "building"):
            return [self._any("company", is_housing=code == "building") if is_full else self._company(tenancy)]
        if movers and movers[0][0] <= tenancy.started_on and self.chance.random() < MOVES_WITHIN:
            return [heapq.heappop(movers)[2]]
        if is_full or (code == "cottage" and self.holders and self.chance.random() < 0.7):
            return [self._any("person")]
        first = self._person(tenancy.started_on, student=code == "flat" and self.chance.random() < 0.2)
        draw = self.chance.random()
        if draw < 0.03 and tenancy.started_on.year > 2012:
            return [self._estate(first)]
        if draw < 0.2 and len(self.holders) + 1 < self._with_contract and first.born_on and first.born_on.year > 1930:
            surname = first.person.surname if first.person and self.chance.random() < 0.7 else ""
            return [first, self._person(tenancy.started_on, surname=surname, near=first.born_on)]
        return [first]

    def _newcomer(self) -> None:
        """Add a place that was connected of late, and a person in it."""
        place = self._place(self.chance.choice(("house", "flat", "terraced")))
        start = self.until - timedelta(days=round(self.chance.triangular(10, 3_600, 300)))
        place.connected_on = start - timedelta(days=self.chance.randint(0, 400))
        self._hold(self._tenancy(place, start, None), self._person(start, student=place.ordinal % 9 == 0))

    # Who they are

    def _person(self, on: date, *, surname: str = "", near: date | None = None, student: bool = False) -> Holder:
        oldest = min(88.0, max(25.0, 95 - (self.until - on).days / 365))  # so that they may live today
        age_days = round(self.chance.triangular(18.2, oldest, min(36, oldest)) * 365.25)
        if student:
            age_days = round(self.chance.triangular(18.05, 27, 20) * 365.25)
        if student and (self.until - on).days < 250 and self.chance.random() < 0.2:
            age_days = round(self.chance.uniform(16.2, 17.2) * 365.25)  # a minor, for whom a guardian acts
        if near:
            age_days = max((on - near).days + self.chance.randint(-2200, 2200), 19 * 366)
        born_on = on - timedelta(days=age_days)
        holder = Holder(len(self.holders), "person", self.names.person(born_on, surname), born_on)
        self.holders.append(holder)
        return holder

    def _estate(self, deceased: Holder) -> Holder:
        """Make an estate of that person, who stays known as the name's bearer only."""
        assert deceased.person
        deceased.kind, deceased.organisation = "estate", estate(deceased.person)
        deceased.born_on = (deceased.born_on or self.until) - timedelta(days=365 * 30)
        if deceased.born_on.year < 1920:
            deceased.born_on = deceased.born_on.replace(year=1920 + deceased.index % 20, day=1)
        return deceased

    def _company(self, tenancy: Tenancy) -> Holder:
        is_housing = tenancy.place.kind.code == "building"
        if is_housing:
            name = self.names.housing_company(tenancy.place.address.house)
        else:
            name = self.names.club() if self.chance.random() < 0.08 else self.names.company()
        holder = Holder(len(self.holders), "company", organisation=name, is_housing_company=is_housing)
        self.holders.append(holder)
        return holder

    def _any(self, kind: str, *, is_housing: bool = False) -> Holder:
        """Return a customer there already, who takes one more place."""
        for _ in range(2_000):
            holder = self.chance.choice(self.holders)
            if (holder.kind, holder.is_housing_company) == (kind, is_housing) and all(
                not is_boundary(t, self.until) for t in holder.tenancies
            ):
                return holder
        raise RuntimeError("there is nobody to take the place")

    def _hold(self, tenancy: Tenancy, holder: Holder) -> None:
        tenancy.holders.append(holder)
        holder.tenancies.append(tenancy)


def is_boundary(tenancy: Tenancy, until: date) -> bool:
    return tenancy.ended_on is not None and abs((tenancy.ended_on - years_before(until, 10)).days) <= 31


def _shape(kind: PlaceKind, chance: Random) -> Shape:
    if kind.code == "premises":
        return chance.choice((Shape.OFFICE, Shape.OFFICE, Shape.SHOP))
    if kind.code == "building":
        return Shape.BUILDING
    return chance.choice((Shape.EVENING_HOME, Shape.LATE_HOME, Shape.AFTERNOON_HOME))


def _electric_heat(kind: PlaceKind, heating: str, chance: Random) -> int:
    if heating in ("electric", "storage"):
        scale = {"cottage": 0.35, "premises": 1.5}.get(kind.code, 1.0)
        return round(chance.triangular(7_000, 17_000) * scale)
    return round(chance.triangular(3_000, 8_000)) if heating == "heat-pump" else 0
