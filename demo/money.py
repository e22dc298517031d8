"""Writes down what it cost: billing accounts, bank accounts, credit information, invoices and payments.

An invoice of the last year bills what the readings say; an older one what the place uses in such a month.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple
from uuid import UUID

from billing.models import (
    BankAccount,
    BillingAccount,
    Charge,
    CreditInformation,
    Invoice,
    InvoiceContract,
    InvoiceRow,
    Payment,
    PaymentAllocation,
)
from demo.chance import Keys, day_between, stream, years_before
from demo.consumption import Consumption, months_of
from demo.contracts import Signed
from demo.numbers import Numbers, reference
from demo.products import BY_CODE, priced_on, vat_percent
from demo.rows import Writer
from demo.sites import ENERGY
from demo.texts import CREDIT_REASONS
from demo.town import Holder, Town, is_boundary

CENT = Decimal("0.01")
MONTHS_OF = {"monthly": 1, "bimonthly": 2, "quarterly": 3}
# Shares of a year's use by month, for the time before the readings: with and without heating.
HEATED = (0.155, 0.14, 0.12, 0.085, 0.05, 0.03, 0.025, 0.03, 0.05, 0.08, 0.105, 0.13)
PLAIN = (0.098, 0.088, 0.09, 0.082, 0.078, 0.072, 0.068, 0.073, 0.078, 0.086, 0.091, 0.096)
ELECTRICITY_TAX_EUR = Decimal("0.02253")


class Bill(NamedTuple):
    """What an invoice says, before it is written."""

    signed: Signed
    first: date
    end: date
    invoiced_on: date
    energy_kwh: Decimal


class Money:
    """Makes the rows of money, contract by contract."""

    def __init__(self, town: Town, writer: Writer, consumption: Consumption) -> None:
        self.town, self.until, self.writer, self.consumption = town, town.until, writer, consumption
        self.chance = stream(town.seed, "money")
        self.numbers = Numbers(stream(town.seed, "bank accounts"))
        self.keys = Keys(town.seed, "money")
        self.history_days = 430 if len(town.holders) <= 10_000 else 150
        self._accounts: dict[tuple[UUID, int], tuple[UUID, int]] = {}
        self._invoice_count = 0
        self._months = {first.replace(day=1): ordinal for ordinal, (first, _) in enumerate(consumption.months)}

    def write_holders(self, holders: list[Holder]) -> None:
        """Write the bank accounts and credit information of these customers."""
        for holder in holders:
            if holder.index % 3 == 0:
                self._bank_account(holder)
            if holder.index % 7 == 1 and holder.tenancies:
                self._credit(holder)

    def write(self, contracts: list[Signed]) -> None:
        """Write the invoices of these contracts, with what was paid and what was not."""
        for signed in contracts:
            account, months = self._account(signed)
            for bill in self._bills(signed, months):
                self._invoice(bill, account)

    # How a customer is billed

    def _account(self, signed: Signed) -> tuple[UUID, int]:
        holder = signed.tenancy.holders[0]
        place = (holder.id, signed.controller)
        if place not in self._accounts:
            self._accounts[place] = self._write_account(holder, signed.controller)
        return self._accounts[place]

    def _write_account(self, holder: Holder, controller: int) -> tuple[UUID, int]:
        chance, key = self.chance, self.keys.on(holder.started_on)
        rhythm = chance.choices(("monthly", "bimonthly", "quarterly"), (35, 45, 20))[0]
        method = chance.choices(("e-invoice", "email", "paper", "direct"), (55, 20, 19, 6))[0]
        is_electronic = method == "e-invoice"
        self.writer.table(BillingAccount).add(
            id=key,
            customer_id=holder.id,
            controller_id=controller,
            rhythm=rhythm,
            method=method,
            e_invoice_address=self.numbers.iban() if is_electronic else "",
            e_invoice_operator=chance.choice(("OKOYFIHH", "NDEAFIHH", "DABAFIHH")) if is_electronic else "",
        )
        return key, MONTHS_OF[rhythm]

    def _bank_account(self, holder: Holder) -> None:
        told = min(holder.started_on, self.until)
        self.writer.table(BankAccount).add(
            id=self.keys.on(told),
            customer_id=holder.id,
            iban=self.numbers.iban(),
            started_on=told,
            ended_on=max(holder.ended_on, told) if holder.ended_on and holder.ended_on <= self.until else None,
        )

    def _credit(self, holder: Holder) -> None:
        """Write one answer; of some at the edge of ten years, so that it goes or stays."""
        chance = self.chance
        first = max(holder.started_on, years_before(self.until, 10))
        asked = day_between(chance, min(first, self.until), self.until)
        if any(is_boundary(tenancy, self.until) for tenancy in holder.tenancies):
            asked = years_before(self.until, 10) + timedelta(days=holder.index % 5 - 2)
        grade = chance.choices(("clean", "remarks", "unknown"), (84, 12, 4))[0]
        self.writer.table(CreditInformation).add(
            id=self.keys.on(asked),
            customer_id=holder.id,
            controller_id=chance.choice((1, 2)),
            grade=grade,
            remark_count=chance.randint(1, 5) if grade == "remarks" else 0,
            reason=chance.choice(CREDIT_REASONS),
            retrieved_on=asked,
            current_until=asked + timedelta(days=30),
            source="R4",
        )

    # Invoices

    def _bills(self, signed: Signed, months: int) -> Iterator[Bill]:
        """Yield the bills of the last year and a half, and the last one of a contract that ended before."""
        end = min(signed.ended_on or self.until, self.until)
        if end < years_before(self.until, 10) - timedelta(days=20):
            return  # its invoices are gone already, so that its customer is due
        start = max(signed.started_on, self.until - timedelta(days=self.history_days))
        if is_boundary(signed.tenancy, self.until) or (signed.ended_on and signed.ended_on < start):
            start = max(signed.started_on, end.replace(day=1))
        parts = list(months_of(start, end - timedelta(days=1))) if start < end else []
        for at in range(0, len(parts), months):
            group = parts[at : at + months]
            is_last = signed.ended_on is not None and at + months >= len(parts)
            if len(group) < months and not is_last:
                return  # not yet billed
            after = group[-1][1] + timedelta(days=1)
            invoiced_on = after + timedelta(days=(12 if is_last else 3) + self._invoice_count % 4)
            if self._is_old_debt(signed):
                invoiced_on = after
            elif is_boundary(signed.tenancy, self.until):
                invoiced_on = max(after, years_before(self.until, 10) + timedelta(days=self._invoice_count % 5 - 2))
            if invoiced_on <= self.until:
                energy = sum((self._energy(signed, first, last) for first, last in group), Decimal(0))
                yield Bill(signed, group[0][0], after, invoiced_on, energy)

    def _is_old_debt(self, signed: Signed) -> bool:
        """Tell whether the last invoice was never paid: of some whose contract ended just ten years ago."""
        end = signed.tenancy.ended_on
        stays = len(signed.tenancy.holders[0].tenancies) > 1
        return (
            stays
            and end is not None
            and is_boundary(signed.tenancy, self.until)
            and end <= years_before(self.until, 10)
        )

    def _energy(self, signed: Signed, first: date, last: date) -> Decimal:
        """Return the kWh of these days of one month: as read, or as such a month uses."""
        place, series = signed.tenancy.place, 3 if signed.line == "heat" else 1
        days = (last - first).days + 1
        month = self._months.get(first.replace(day=1))
        if month is not None and first >= self.consumption.first and self.consumption.covers(place, month):
            read = int(self.consumption.energy[series][place.ordinal, month])
            start, end = self.consumption.months[month]
            if (first, last) != (start, end) and len(place.tenancies) > 1:  # two who shared the month
                read = round(read * days / ((end - start).days + 1))
            return Decimal(read) / 1000
        if series == 3:
            year = place.heat_kwh_year * HEATED[first.month - 1]
        else:
            year = place.kwh_year * PLAIN[first.month - 1] + place.electric_heat_kwh_year * HEATED[first.month - 1]
        return Decimal(round(year * days / 30.4, 3)).quantize(Decimal("0.001"))

    def _invoice(self, bill: Bill, account: UUID) -> None:
        self._invoice_count += 1
        signed, ordinal = bill.signed, self._invoice_count
        holder, key = signed.tenancy.holders[0], self.keys.on(bill.invoiced_on)
        number = f"{'L' if signed.controller == ENERGY else 'V'}{bill.invoiced_on.year % 100:02}{ordinal:07}"
        rows = list(self._rows(bill))
        total = sum((row["amount_eur"] for row in rows), Decimal(0))
        vat = sum((row["amount_eur"] * row["vat_percent"] / (100 + row["vat_percent"]) for row in rows), Decimal(0))
        due_on = bill.invoiced_on + timedelta(days=21 if holder.kind != "company" else 14)
        invoice = {
            "id": key,
            "number": number,
            "controller_id": signed.controller,
            "customer_id": holder.id,
            "billing_account_id": account,
            "reference": reference(5_000_000 + ordinal),
            "invoiced_on": bill.invoiced_on,
            "due_on": due_on,
            "total_eur": total,
            "vat_eur": vat.quantize(CENT, ROUND_HALF_UP),
        }
        invoice |= self._settled(invoice, holder, signed)
        self.writer.table(Invoice).add(**invoice)
        self.writer.table(InvoiceContract).add(invoice_id=key, contract_id=signed.id, controller_id=signed.controller)
        for position, row in enumerate(rows, 1):
            self.writer.table(InvoiceRow).add(invoice_id=key, position=position, **row)
        if invoice["state"] == "credited":
            self._credit_note(invoice, signed)

    def _rows(self, bill: Bill) -> Iterator[dict[str, Any]]:
        """Yield the rows of an invoice: energy, months, and the tax on electricity."""
        product = BY_CODE[bill.signed.product]
        energy_c, basic, _power = priced_on(product.code, bill.first)
        months = Decimal((bill.end - bill.first).days * 12) / Decimal(365)
        parts = [
            (f"{product.name}, energia", bill.energy_kwh, "kWh", energy_c / 100),
            (f"{product.name}, perusmaksu", months.quantize(Decimal("0.001")), "kk", basic),
        ]
        if bill.signed.line == "network":
            parts.append(("Sähkövero, luokka I", bill.energy_kwh, "kWh", ELECTRICITY_TAX_EUR))
        rate = vat_percent(bill.end - timedelta(days=1))
        for name, quantity, unit, price in parts:
            amount = quantity * price * (100 + rate) / 100
            yield {
                "product_name": name,
                "quantity": quantity,
                "unit": unit,
                "unit_price_eur": price,
                "vat_percent": rate,
                "amount_eur": amount.quantize(CENT, ROUND_HALF_UP),
                "started_on": bill.first,
                "ended_on": bill.end,
            }

    # What was paid

    def _settled(self, invoice: dict[str, Any], holder: Holder, signed: Signed) -> dict[str, Any]:
        """Write the payment, or the steps taken for want of one, and return the invoice's state."""
        due_on, total, ordinal = invoice["due_on"], invoice["total_eur"], self._invoice_count
        is_late_payer = holder.index % 23 == 4
        if ordinal % 331 == 7:
            return {"state": "credited", "settled_on": min(due_on, self.until)}
        if ordinal % 97 == 11 and (self.until - due_on).days < 400:
            self._charge(invoice, "extension", due_on, Decimal(5), "Riitautettu, selvityksessä")
            return {"state": "disputed"}
        if self._is_old_debt(signed):
            self._charge(invoice, "collection", due_on + timedelta(days=62), Decimal(14), "Siirretty perintään")
            return {"state": "collection"}  # old and unpaid: held for as long as it is
        if is_late_payer and (self.until - due_on).days > 14:
            return self._late(invoice, holder)
        paid_on = due_on - timedelta(days=self.chance.choice((0, 0, 0, 1, 2, 5)))
        if paid_on > self.until or total == 0:
            return {"state": "paid", "settled_on": invoice["invoiced_on"]} if total == 0 else {"state": "open"}
        self._payment(invoice, holder, total, paid_on)
        return {"state": "paid", "paid_eur": total, "settled_on": min(paid_on + timedelta(days=1), self.until)}

    def _late(self, invoice: dict[str, Any], holder: Holder) -> dict[str, Any]:
        """Write reminders and what followed: paid at last, in part, or handed over to collection."""
        due_on, total = invoice["due_on"], invoice["total_eur"]
        is_consumer = holder.kind != "company"
        for ordinal in range(1 + holder.index % 2):
            day = due_on + timedelta(days=16 + 15 * ordinal)
            if day <= self.until:
                fee = Decimal(5) if is_consumer else Decimal(12)
                self._charge(invoice, "reminder", day, fee, f"{ordinal + 1}. maksumuistutus")
        overdue = (self.until - due_on).days
        if overdue > 60 and self.chance.random() < 0.6:
            paid_on = due_on + timedelta(days=self.chance.randint(20, 58))
            interest = (total * Decimal("0.095") * (paid_on - due_on).days / 365).quantize(CENT, ROUND_HALF_UP)
            self._charge(invoice, "interest", paid_on, interest, "Viivästyskorko")
            self._payment(invoice, holder, total, paid_on)
            return {"state": "paid", "paid_eur": total, "settled_on": paid_on}
        if overdue > 75:
            self._charge(invoice, "collection", due_on + timedelta(days=62), Decimal(14), "Siirretty perintään")
            return {"state": "collection"}
        if self.chance.random() < 0.3 and total > 1:
            part = (total / 2).quantize(CENT, ROUND_HALF_UP)
            self._payment(invoice, holder, part, min(due_on + timedelta(days=9), self.until))
            return {"state": "open", "paid_eur": part}
        return {"state": "open"}

    def _payment(self, invoice: dict[str, Any], holder: Holder, amount: Decimal, paid_on: date) -> None:
        booked_on = min(paid_on + timedelta(days=1), self.until)
        key, controller = self.keys.on(booked_on), invoice["controller_id"]
        name = holder.organisation or (f"{holder.person.call_name} {holder.person.surname}" if holder.person else "")
        self.writer.table(Payment).add(
            id=key,
            controller_id=controller,
            customer_id=holder.id,
            amount_eur=amount,
            paid_on=min(paid_on, booked_on),
            booked_on=booked_on,
            reference=invoice["reference"],
            payer_name=name,
            bank_reference=f"{booked_on:%y%m%d}{controller}{invoice['number'][3:]}",
            entry_reference=f"E{booked_on:%y%m%d}{controller}",
            stated_on=booked_on,
        )
        self.writer.table(PaymentAllocation).add(
            payment_id=key, invoice_id=invoice["id"], controller_id=controller, amount_eur=amount
        )

    def _charge(self, invoice: dict[str, Any], kind: str, day: date, amount: Decimal, note: str) -> None:
        self.writer.table(Charge).add(
            invoice_id=invoice["id"], kind=kind, charged_on=min(day, self.until), amount_eur=amount, note=note
        )

    def _credit_note(self, invoice: dict[str, Any], signed: Signed) -> None:
        day = min(invoice["due_on"], self.until)
        key = self.keys.on(day)
        self.writer.table(Invoice).add(
            **invoice
            | {
                "id": key,
                "number": f"{invoice['number']}H",
                "kind": "credit-note",
                "invoiced_on": day,
                "due_on": day,
                "total_eur": -invoice["total_eur"],
                "vat_eur": -invoice["vat_eur"],
                "paid_eur": Decimal(0),
                "settled_on": day,
            }
        )
        self.writer.table(InvoiceContract).add(invoice_id=key, contract_id=signed.id, controller_id=signed.controller)
