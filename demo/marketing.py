"""Writes down the direct-marketing register, and the objections that outlive it."""

from datetime import date, timedelta

from customers.models import Prospect, Suppression
from customers.operations.marketing import suppression_digest
from customers.postal_codes import known_offices
from demo.chance import Keys, stream, years_before
from demo.names import Names
from demo.numbers import Numbers
from demo.rows import Writer
from demo.streets import Streets
from demo.texts import INTERESTS
from demo.town import Town

FEWEST = 40
EDGE_DAYS = (-30, -2, -1, 0, 1, 2, 30)
SOURCES = ("R2", "R5", "R5", "R6", "R7")


class Marketing:
    """Makes the rows of prospects and of objections."""

    def __init__(self, town: Town, writer: Writer, objections: set[bytes]) -> None:
        """Begin with the objections that customers made already: one stands once an address."""
        self.objections = objections
        self.town, self.until, self.writer = town, town.until, writer
        self.chance = stream(town.seed, "marketing")
        self.keys = Keys(town.seed, "marketing")
        self.names = Names(stream(town.seed, "prospects"))
        self.numbers = Numbers(stream(town.seed, "prospects' numbers"))
        self.streets = Streets(stream(town.seed, "prospects' streets"))

    def write(self) -> None:
        """Write prospects of the last year and around its edge, and some objections."""
        edge = years_before(self.until, 1)
        for days in EDGE_DAYS:
            for source in ("R5", "R7"):
                self._prospect(edge + timedelta(days=days), source)
        for _ in range(max(FEWEST, len(self.town.holders) // 12)):
            day = self.until - timedelta(days=self.chance.randint(0, 340))
            self._prospect(day, self.chance.choice(SOURCES))
        for _ in range(max(6, len(self.town.holders) // 150)):
            self._objection()

    def _prospect(self, processed_on: date, source: str) -> None:
        chance = self.chance
        born_on = years_before(self.until, chance.randint(20, 80))
        person, address = self.names.person(born_on), self.streets.house()
        self.writer.table(Prospect).add(
            id=self.keys.on(processed_on),
            name=f"{person.call_name} {person.surname}",
            birth_year=born_on.year if chance.random() < 0.6 else None,
            phone=self.numbers.mobile() if chance.random() < 0.8 else "",
            email=self.numbers.email(person.call_name, person.surname) if chance.random() < 0.5 else "",
            street_address=address.street_address,
            postal_code=address.postal_code,
            post_office=known_offices()[address.postal_code],
            interest=chance.choice(INTERESTS) if source in ("R2", "R6") else "",
            processed_on=processed_on,
            source=source,
        )

    def _objection(self) -> None:
        chance = self.chance
        objected_on = self.until - timedelta(days=chance.randint(10, 2_000))
        channel = chance.choice(("phone", "email"))
        address = self.numbers.mobile() if channel == "phone" else self.numbers.email("kielto", self.names.surname())
        is_withdrawn = chance.random() < 0.1
        digest = suppression_digest(channel, address)
        if digest in self.objections:
            return
        self.objections.add(digest)
        self.writer.table(Suppression).add(
            id=self.keys.on(objected_on),
            channel=channel,
            digest=digest,
            objected_on=objected_on,
            withdrawn_on=objected_on + timedelta(days=9) if is_withdrawn else None,
        )
