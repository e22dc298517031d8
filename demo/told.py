"""Writes down what passed between the register and its customers: permissions, contacts, answers, disclosures."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from customers.models import (
    ConsentedDatum,
    Contact,
    Disclosure,
    MarketingPermission,
    Recipient,
    SatisfactionResponse,
    ServiceUse,
    Suppression,
)
from customers.operations.marketing import suppression_digest
from demo.chance import HELSINKI, Keys, at, day_between, office_moment, stream
from demo.people import People
from demo.rows import Writer
from demo.sites import ENERGY, NETWORK
from demo.texts import BLAME, CONSENTED, CONTACTS, DISCLOSED, PRAISE, RECIPIENTS, SERVICES, SURVEYS
from demo.town import Holder, Town

CHANNELS = ("phone", "sms", "email", "post")
AGENTS = ("Asiakaspalvelu 1", "Asiakaspalvelu 2", "Asiakaspalvelu 3", "Verkkopalvelu")


class Told:
    """Makes the rows around customers, in the order of the town."""

    def __init__(self, town: Town, writer: Writer, people: People) -> None:
        self.town, self.until, self.writer, self.people = town, town.until, writer, people
        self.objections: set[bytes] = set()
        self.yesterday = town.until - timedelta(days=1)
        self.chance = stream(town.seed, "told")
        self.keys = Keys(town.seed, "told")
        self._recipients = self._write_recipients()

    def write(self, holders: list[Holder]) -> None:
        """Write what these customers told and were told."""
        kinds: tuple[tuple[float, Callable[[Holder, date, date], None]], ...] = (
            (0.45, self._permissions),
            (0.85, self._contacts),
            (0.5, self._service_use),
            (0.12, self._satisfaction),
            (0.03, self._consent),
            (0.06, self._disclosure),
        )
        for holder in holders:
            last = min(holder.ended_on or self.yesterday, self.yesterday)
            first = max(holder.started_on, last - timedelta(days=3 * 365))
            if first > last:
                first = last - timedelta(days=10)
            for ordinal, (share, write) in enumerate(kinds):
                if self.chance.random() < share or holder.index % 101 == ordinal:
                    write(holder, first, last)

    def _permissions(self, holder: Holder, first: date, last: date) -> None:
        """Write what may be marketed on which channel; some changed their mind, some are barred by statute."""
        chance = self.chance
        is_allowed = chance.random() < 0.45
        for channel in chance.sample(CHANNELS, chance.randint(1, 4)):
            given = office_moment(chance, day_between(chance, first, last))
            common = {"customer_id": holder.id, "channel": channel}
            told_by = chance.choice(("asiakaspalvelu", "verkkopalvelu", "sopimuslomake"))
            changed = given + timedelta(days=chance.randint(30, 400))
            if chance.random() < 0.15 and changed.date() < self.until:
                self._permission(**common, is_allowed=not is_allowed, told_by=told_by, given_at=given, ended_at=changed)
                given = changed
            for purpose, share in (("advertising", 1.0), ("distance-selling", 0.4), ("research", 0.2)):
                if chance.random() < share:
                    self._permission(**common, purpose=purpose, is_allowed=is_allowed, told_by=told_by, given_at=given)
        if chance.random() < 0.2 or holder.index % 101 == 0:
            self._by_statute(holder, last)

    def _by_statute(self, holder: Holder, last: date) -> None:
        purpose, channel, told_by = self.chance.choice(
            (
                ("distance-selling", "phone", "Puhelin-Robinson"),
                ("advertising", "post", "Posti-Robinson"),
                ("research", "phone", "DVV, suoramarkkinointikielto"),
            )
        )
        given = at(last - timedelta(days=self.chance.randint(5, 900)), 6)
        self._permission(
            customer_id=holder.id,
            channel=channel,
            purpose=purpose,
            is_allowed=False,
            ground="statute",
            told_by=told_by,
            given_at=given,
        )
        if self.chance.random() < 0.3:
            self._permission(
                customer_id=holder.id,
                channel="email",
                purpose="profiling",
                is_allowed=True,
                ground="customer",
                told_by="verkkopalvelu",
                given_at=given,
            )

    def _permission(self, **values: Any) -> None:
        row = {"purpose": "advertising", "ground": "customer", **values}
        self.writer.table(MarketingPermission).add(**row)
        is_of_selling = row["purpose"] in ("advertising", "distance-selling")
        if is_of_selling and not row["is_allowed"] and row.get("ended_at") is None:
            self._objection(row["customer_id"], row["channel"], row["given_at"])

    def _objection(self, customer: UUID, channel: str, given_at: datetime) -> None:
        """Write the objection that a standing prohibition makes, once an address."""
        known = {"email": self.people.emails, "post": self.people.letters}.get(channel, self.people.phones)
        address = known[customer]
        digest = suppression_digest(channel, address)
        if address and digest not in self.objections:
            self.objections.add(digest)
            day = given_at.astimezone(HELSINKI).date()
            self.writer.table(Suppression).add(
                id=self.keys.at(given_at), channel=channel, digest=digest, objected_on=day
            )

    def _contacts(self, holder: Holder, first: date, last: date) -> None:
        chance = self.chance
        for _ in range(min(1 + int(chance.expovariate(0.6)), 7)):
            kind, topic, text = chance.choice(CONTACTS)
            self.writer.table(Contact).add(
                customer_id=holder.id,
                controller_id=ENERGY if topic == "Kaukolämpö" else chance.choice((ENERGY, NETWORK, NETWORK)),
                kind=kind,
                topic=topic,
                text=text,
                happened_at=office_moment(chance, day_between(chance, first, last)),
                handled_by=chance.choice(AGENTS),
            )

    def _service_use(self, holder: Holder, first: date, last: date) -> None:
        chance = self.chance
        for _ in range(chance.randint(1, 4)):
            service, event = chance.choice(SERVICES)
            day = day_between(chance, max(first, last - timedelta(days=400)), last)
            self.writer.table(ServiceUse).add(
                customer_id=holder.id,
                service=service,
                event=event,
                happened_at=at(day, chance.randint(6, 22), chance.randint(0, 59)),
            )

    def _satisfaction(self, holder: Holder, first: date, last: date) -> None:
        chance = self.chance
        score = min(10, max(0, round(chance.gauss(7.6, 2.1))))
        self.writer.table(SatisfactionResponse).add(
            customer_id=holder.id,
            asked_about=chance.choice(SURVEYS),
            score=score,
            comment=chance.choice(PRAISE if score >= 7 else BLAME),
            answered_on=day_between(chance, first, last),
        )

    def _consent(self, holder: Holder, first: date, last: date) -> None:
        service, name, value = self.chance.choice(CONSENTED)
        given = day_between(self.chance, first, last)
        self.writer.table(ConsentedDatum).add(
            customer_id=holder.id,
            service=service,
            name=name,
            value=value,
            consented_on=given,
            withdrawn_on=last if self.chance.random() < 0.15 else None,
        )

    def _disclosure(self, holder: Holder, first: date, last: date) -> None:
        chance = self.chance
        ground, statute, what = chance.choice(DISCLOSED)
        moment = office_moment(chance, day_between(chance, first, last))
        names = {
            "customer": "Asiakas itse",
            "mandate": "Asiakas itse",
            "energy-market": chance.choice(("Fingrid Datahub Oy", "Väre Energia Oy")),
            "authority": "Verohallinto" if "verotus" in statute else "Ulosottolaitos",
            "processor": "Savon Laskutulostus Oy",
        }
        self.writer.table(Disclosure).add(
            id=self.keys.at(moment),
            customer_id=holder.id,
            controller_id=chance.choice((ENERGY, NETWORK)),
            recipient_id=self._recipients[names[ground]],
            ground=ground,
            statute=statute,
            what=what,
            disclosed_at=moment,
        )

    def _write_recipients(self) -> dict[str, int]:
        table, keys = self.writer.keyed(Recipient), {}
        for ordinal, (name, role, country, contract) in enumerate(RECIPIENTS):
            keys[name] = table.new_key(self.writer)
            table.add(
                id=keys[name],
                name=name,
                role=role,
                country=country,
                contract_reference=contract,
                committed_on=date(2021, 3, 1) + timedelta(days=41 * ordinal) if contract else None,
            )
        return keys
