"""Writes down who: customers, and those who stand for them."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from customers.models import Customer, Mandate, PowerOfAttorney, Representative
from customers.postal_codes import known_offices
from demo.chance import Keys, stream, years_before
from demo.documents import pdf_of
from demo.names import Names, Person
from demo.numbers import Numbers
from demo.rows import Writer
from demo.streets import Address, Streets
from demo.town import Holder, Town
from register.crypto.files import write_file

MOST_DOCUMENTS = 60
POWERS = (
    "Sähkö- ja lämpösopimusten tekeminen, muuttaminen ja irtisanominen sekä laskuasiat",
    "Laskujen ja maksujärjestelyjen hoitaminen",
    "Kaikki asiointi Kuopion Energia -konsernin kanssa",
    "Muuttoilmoitus ja loppulaskun vastaanottaminen",
)


class People:
    """Makes the rows of customers and representatives, in the order of the town."""

    def __init__(self, town: Town, writer: Writer) -> None:
        self.town, self.until, self.writer = town, town.until, writer
        self.chance = stream(town.seed, "people")
        self.numbers = Numbers(stream(town.seed, "identifiers"))
        self.names = Names(stream(town.seed, "representatives"))
        self.streets = Streets(stream(town.seed, "away"))
        self.keys = Keys(town.seed, "people")
        self.emails: dict[UUID, str] = {}
        self.phones: dict[UUID, str] = {}
        self.letters: dict[UUID, str] = {}
        self._managers: list[tuple[UUID, list[Holder]]] = []
        self._document_count = 0

    def write(self, holders: list[Holder]) -> None:
        """Write these customers, and those who stand for them."""
        for holder in holders:
            self._customer(holder)
        for holder in holders:
            for stand_in in self._stand_ins(holder):
                stand_in()

    def write_managers(self) -> None:
        """Write the property managers, who stand for many housing companies each."""
        housing = [holder for holder in self.town.holders if holder.is_housing_company]
        for start in range(0, len(housing), 12):
            served = housing[start : start + 12]
            person = self._adult()
            key = self._representative(person, served, with_code=False)
            for holder in served:
                self._mandate(holder, key, "manager", holder.started_on)

    def _customer(self, holder: Holder) -> None:
        chance = self.chance
        email, phone = self._email(holder), self._phone(holder)
        self.emails[holder.id], self.phones[holder.id] = email, phone
        address, name = self._address(holder), self._name(holder)
        self.letters[holder.id] = letter_address(name, address)
        started, ended = holder.started_on, holder.ended_on
        self.writer.table(Customer).add(
            id=holder.id,
            number=holder.number,
            kind=holder.kind,
            **name,
            phone=phone,
            other_phone=self.numbers.mobile() if chance.random() < 0.07 else "",
            email=email,
            street_address=address.street_address,
            postal_code=address.postal_code,
            post_office=known_offices()[address.postal_code],
            language=self._language(holder),
            is_protected=is_protected(holder),
            relationship_started_on=started if ended is None or started <= ended else None,
            relationship_ended_on=ended,
            source="R3" if holder.kind == "company" else chance.choice(("R1", "R2", "R2", "R2", "R6")),
        )

    def _name(self, holder: Holder) -> dict[str, Any]:
        born_on, person = holder.born_on, holder.person
        code = None
        if person and born_on and (holder.kind == "person" or self.chance.random() < 0.7):
            code = self.numbers.identity_code(born_on, person.is_woman)
        if holder.kind == "company":
            return {"organisation_name": holder.organisation, "business_id": self.numbers.business_id()}
        if holder.kind == "estate" or person is None:
            return {"organisation_name": holder.organisation, "identity_code": code}
        return {
            "given_names": person.given_names,
            "family_name": person.surname,
            "birth_on": born_on,
            "identity_code": code if self.chance.random() < 0.96 else None,
        }

    def _email(self, holder: Holder) -> str:
        if holder.person is None:
            return self.numbers.email("laskut", holder.organisation.removeprefix("As Oy Kuopion ").replace(" ", "-"))
        is_old = holder.born_on is not None and holder.born_on < years_before(self.until, 78)
        if self.chance.random() < (0.6 if is_old else 0.1):
            return ""
        return self.numbers.email(holder.person.call_name, holder.person.surname)

    def _phone(self, holder: Holder) -> str:
        return "" if holder.index % 37 == 5 else self.numbers.mobile()

    def _address(self, holder: Holder) -> Address:
        if not holder.tenancies or (holder.ended_on and holder.ended_on < self.until and self.chance.random() < 0.5):
            return self.streets.elsewhere()
        homes = [tenancy for tenancy in holder.tenancies if tenancy.place.kind.code != "cottage"]
        current = [tenancy for tenancy in homes if tenancy.state(self.until) in ("running", "ending")]
        return (current or homes or holder.tenancies)[-1].place.address

    def _language(self, holder: Holder) -> str:
        is_swedish = holder.person is not None and holder.person.surname.endswith(("ström", "holm", "berg", "sson"))
        return "sv" if is_swedish or holder.index % 61 == 7 else "en" if holder.index % 97 == 13 else "fi"

    # Those who stand for customers

    def _stand_ins(self, holder: Holder) -> Iterator[Any]:
        if holder.kind == "company" and not holder.is_housing_company and holder.index % 4:
            yield lambda: self._contact_person(holder)
        elif holder.kind == "estate":
            yield lambda: self._co_owners(holder)
        elif is_minor(holder, self.until):
            yield lambda: self._guardian(holder)
        elif holder.born_on and (holder.index % 29 == 3 or self._is_frail(holder)):
            yield lambda: self._attorney(holder)

    def _is_frail(self, holder: Holder) -> bool:
        born_on = holder.born_on
        return born_on is not None and born_on < years_before(self.until, 82) and holder.index % 4 == 1

    def _contact_person(self, holder: Holder) -> None:
        started = holder.started_on
        if holder.index % 8 == 1 and (self.until - started).days > 800:  # a former one, and the present one
            former = self._representative(self._adult(), [holder], with_code=False)
            change = started + timedelta(days=600)
            self._mandate(holder, former, "contact", started, change)
            started = change
        key = self._representative(self._adult(), [holder], with_code=False)
        self._mandate(holder, key, "contact", started)

    def _co_owners(self, holder: Holder) -> None:
        surname = holder.person.surname if holder.person else ""
        for ordinal in range(1 + holder.index % 3):
            key = self._representative(self._adult(surname), [holder])
            mandate = self._mandate(holder, key, "estate", holder.started_on)
            if ordinal == 0:
                self._power_of_attorney(holder, mandate, "Kuolinpesän asioiden hoitaminen, kaikki osakkaat")

    def _guardian(self, holder: Holder) -> None:
        assert holder.person and holder.born_on
        key = self._representative(self._adult(holder.person.surname), [holder])
        of_age = holder.born_on.replace(year=holder.born_on.year + 18, day=min(holder.born_on.day, 28))
        self._mandate(holder, key, "guardian", holder.started_on, max(of_age, holder.started_on + timedelta(days=1)))

    def _attorney(self, holder: Holder) -> None:
        surname = holder.person.surname if holder.person and self.chance.random() < 0.6 else ""
        started = max(holder.started_on, years_before(self.until, 4) + timedelta(days=holder.index % 900))
        ended = started + timedelta(days=730) if holder.index % 3 == 0 else None
        key = self._representative(self._adult(surname), [holder])
        mandate = self._mandate(holder, key, "attorney", started, ended)
        self._power_of_attorney(holder, mandate, self.chance.choice(POWERS))

    def _adult(self, surname: str = "") -> tuple[Person, date]:
        born_on = years_before(self.until, self.chance.randint(24, 68)) - timedelta(days=self.chance.randint(0, 364))
        return self.names.person(born_on, surname), born_on

    def _representative(self, adult: tuple[Person, date], holders: list[Holder], *, with_code: bool = True) -> UUID:
        person, born_on = adult
        key = self.keys.on(min(holder.started_on for holder in holders))
        ends = [holder.ended_on for holder in holders]
        self.writer.table(Representative).add(
            id=key,
            given_names=person.call_name,
            family_name=person.surname,
            identity_code=self.numbers.identity_code(born_on, person.is_woman) if with_code else None,
            phone=self.numbers.mobile(),
            email=self.numbers.email(person.call_name, person.surname),
            relationship_ended_on=None if None in ends else max(end for end in ends if end),
        )
        return key

    def _mandate(self, holder: Holder, key: UUID, role: str, started: date, ended: date | None = None) -> int:
        table = self.writer.keyed(Mandate)
        mandate = table.new_key(self.writer)
        table.add(
            id=mandate,
            customer_id=holder.id,
            representative_id=key,
            role=role,
            started_on=started,
            ended_on=ended,
        )
        return mandate

    def _power_of_attorney(self, holder: Holder, mandate: int, scope: str) -> None:
        signed_on = max(holder.started_on, years_before(self.until, 4)) + timedelta(days=holder.index % 20)
        table, key = self.writer.table(PowerOfAttorney), self.keys.on(signed_on)
        document: dict[str, Any] = {}
        if self._document_count < MOST_DOCUMENTS:
            self._document_count += 1
            lines = ["VALTAKIRJA", "", f"Asiakasnumero {holder.number}", scope, f"{signed_on:%-d.%-m.%Y}"]
            stored = write_file([pdf_of(lines)], table=table.name, column="wrapped_key", row_id=key)
            document = {"stored_as": stored.name, "wrapped_key": stored.wrapped_key}
        table.add(
            id=key,
            mandate_id=mandate,
            customer_id=holder.id,
            scope=scope,
            covers_all=scope.startswith("Kaikki"),
            signed_on=signed_on,
            **document,
        )


def letter_address(name: dict[str, Any], address: Address) -> str:
    """Return name, street and postal code in one, as the register keeps objections to letters."""
    addressee = name.get("organisation_name") or f"{name['given_names']} {name['family_name']}"
    return f"{addressee} {address.street_address} {address.postal_code}"


def is_protected(holder: Holder) -> bool:
    """Tell whether the person's address is kept from others for their safety."""
    return holder.kind == "person" and holder.index % 83 == 11


def is_minor(holder: Holder, until: date) -> bool:
    return holder.kind == "person" and holder.born_on is not None and holder.born_on > years_before(until, 18)
