"""Writes down the companies' own accounts, and the payments on them that wait for a person to sort them out."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from billing.models import OwnAccount, Payment, PaymentCase
from demo.chance import Keys, at, stream
from demo.names import Names
from demo.numbers import Numbers, reference
from demo.rows import Writer
from demo.sites import ENERGY, NETWORK
from demo.town import Town

REFERENCES_FROM = 70_000_000
WITHOUT_PAYMENT = ("foreign-currency", "returned", "batch")
REASONS = (
    *("no-reference", "unknown-reference", "foreign-reference", "foreign-currency", "paid-already"),
    *("too-much", "too-little", "returned", "batch"),
)
MESSAGES = {
    "no-reference": "Sähkölasku lokakuu, kiitos",
    "foreign-currency": "Invoice Kuopion Energia, paid from abroad",
    "returned": "Palautus: tili suljettu",
    "batch": "Koonti, 14 tapahtumaa",
}
# How each third case was closed: state and why.
CLOSED = (("refund", "Palautetaan maksajan tilille"), ("dismissed", "Sovittu asiakkaan kanssa puhelimessa"))


class Waiting:
    """Makes the rows of the work list of payments: some of each reason, some of them closed."""

    def __init__(self, town: Town, writer: Writer) -> None:
        self.town, self.until, self.writer = town, town.until, writer
        self.chance = stream(town.seed, "waiting")
        self.keys = Keys(town.seed, "waiting")
        self.names = Names(stream(town.seed, "payers"))
        self.numbers = Numbers(stream(town.seed, "own accounts"))

    def write(self) -> None:
        """Write two accounts of each company, and the payments of the last weeks that matched nothing."""
        for controller in (ENERGY, NETWORK):
            for purpose in ("Laskujen maksut", "Muut maksut"):
                self.writer.table(OwnAccount).add(controller_id=controller, iban=self.numbers.iban(), name=purpose)
        rounds = min(3 + len(self.town.holders) // 1_000, 20)
        for ordinal, reason in enumerate(REASONS * rounds):
            self._case(ordinal, reason)

    def _case(self, ordinal: int, reason: str) -> None:
        chance, controller = self.chance, (ENERGY, NETWORK)[ordinal % 2]
        booked_on = self.until - timedelta(days=chance.randint(1, 40))
        amount = Decimal(chance.randint(300, 24_000)) / 100
        payer = self.names.person(self.until - timedelta(days=365 * chance.randint(25, 80)))
        has_reference = reason in ("unknown-reference", "foreign-reference", "paid-already", "too-much", "too-little")
        row: dict[str, Any] = {
            "controller_id": controller,
            "booked_on": booked_on,
            "payer_name": f"{payer.call_name} {payer.surname}",
            "reference": reference(REFERENCES_FROM + ordinal, international=reason == "foreign-reference")
            if has_reference
            else "",
            "bank_reference": f"{booked_on:%y%m%d}{controller}O{ordinal:06}",
        }
        payment = None
        if reason not in WITHOUT_PAYMENT:
            payment = self.keys.on(booked_on)
            self.writer.table(Payment).add(
                id=payment,
                amount_eur=amount,
                paid_on=booked_on - timedelta(days=1),
                entry_reference=f"E{row['bank_reference']}",
                stated_on=booked_on,
                **row,
            )
        self.writer.table(PaymentCase).add(
            id=self.keys.on(booked_on),
            payment_id=payment,
            reason=reason,
            amount=amount if reason != "too-little" else (amount / 3).quantize(Decimal("0.01")),
            currency="SEK" if reason == "foreign-currency" else "EUR",
            message=MESSAGES.get(reason, ""),
            **row,
            **self._end(ordinal),
        )

    def _end(self, ordinal: int) -> dict[str, Any]:
        if ordinal % 3:
            return {}
        state, note = CLOSED[ordinal // 3 % 2]
        closed_at = at(self.until - timedelta(days=1), 10, ordinal % 60)
        return {"state": state, "note": note, "closed_at": closed_at, "closed_by": "service:demonstration"}
