"""Measures payments against open invoices: `python -m bench.payments [PAYMENTS [INVOICES]]`.

Beside the plain way, row by row with the ORM and django-auditlog: find the invoice, book, settle, save. That way
reads no file, and is measured on a sample. By the clock, and by the time of the core that this and the server used.
"""

import datetime as dt
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.consumption import Rate, _database, _rate, _server_on_our_core

PAYMENTS, INVOICES, SAVED, CUSTOMERS = 100_000, 1_000_000, 500, 20_000
AT = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 20)
IBAN = "FI2112345600000785"
GOAL = 100
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08">'
    "<BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>1</MsgId></GrpHdr><Ntfctn><Id>1</Id>"
    f"<Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>"
    '<Ntry><Amt Ccy="EUR">{total}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
    "<BookgDt><Dt>2026-11-20</Dt></BookgDt><ValDt><Dt>2026-11-20</Dt></ValDt><AcctSvcrRef>{entry}</AcctSvcrRef><NtryDtls>\n"
)
_ONE = (
    "<TxDtls><Refs><AcctSvcrRef>{entry}{number}</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
    '<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><BkTxCd><Prtry><Cd>705VIITESIIRTO</Cd><Issr>FFFS</Issr>'
    "</Prtry></BkTxCd><RltdPties><Dbtr><Pty><Nm>MAKSAJA {number}</Nm></Pty></Dbtr></RltdPties><RmtInf><Strd>"
    "<CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>{reference:0>20}</Ref></CdtrRefInf></Strd></RmtInf>"
    "<RltdDts><AccptncDtTm>2026-11-19T12:00:00</AccptncDtTm></RltdDts></TxDtls>\n"
)
_TAIL = "</NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"


def main(payments: int = PAYMENTS, invoices: int = INVOICES) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, _database():
        references = make_invoices(invoices)
        server = _server_on_our_core()
        rates: dict[str, Rate] = {}
        print(f"{'':<60}{'by the clock':>16}{'of one core':>16}")
        for name, count, work in _measures(Path(folder), references, payments):
            rates[name] = rate = _rate(server, count, work)
            print(f"{name:<60}{rate.by_clock:>16,.0f}{rate.by_core:>16,.0f} payments/s", flush=True)
        plain = rates["row by row with the ORM and django-auditlog"]
        for name in ("matched, settled and logged in one statement", "file to committed rows"):
            times = (rates[name].by_clock / plain.by_clock, rates[name].by_core / plain.by_core)
            print(f"{name + ', against the ORM':<60}{times[0]:>16,.0f}{times[1]:>16,.0f} times (goal {GOAL})")


def make_invoices(count: int) -> list[str]:
    """Make open invoices of 100 euros of made-up customers, and give their references."""
    from django.db import connection
    from uuid_utils.compat import uuid7

    from customers.models import Customer
    from register.audit.acting import acting_as_service
    from register.datamap.formats import complete_reference

    references = [complete_reference(str(1_000_000 + number)) for number in range(count)]
    with acting_as_service("bench"), connection.cursor() as cursor:
        Customer.objects.bulk_create(
            Customer(number=f"B{number}", kind="person", family_name=f"Suku{number}", relationship_ended_on=DAY)
            for number in range(CUSTOMERS)
        )
        keys = list(Customer.objects.values_list("pk", flat=True))
        cursor.execute("CREATE TEMP TABLE bench_invoice (id uuid, number text, customer uuid, reference text)")
        with cursor.copy("COPY bench_invoice FROM STDIN") as stream:
            for number, reference in enumerate(references):
                stream.write_row((uuid7(), str(5_000_000 + number), keys[number % CUSTOMERS], reference))
        cursor.execute(
            "INSERT INTO billing_invoice (id, number, kind, controller_id, customer_id, reference, invoiced_on, due_on,"
            " total_eur, vat_eur, paid_eur, state, source) SELECT id, number, 'invoice', 2, customer, reference,"
            " %s, %s, 100, 20.32, 0, 'open', 'R2' FROM bench_invoice",
            [DAY, DAY],
        )
        cursor.execute("INSERT INTO billing_ownaccount (controller_id, iban, name) VALUES (2, %s, '')", [IBAN])
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE register_owner")
        cursor.execute("VACUUM ANALYZE billing_invoice")
        cursor.execute("SET ROLE register_app")
    return references


def write_file(path: Path, references: list[str], entry: str) -> None:
    """Write a notification of one batch: most pay their invoice, some too little, some nothing that is known."""
    chance = random.Random(1)
    amounts = [Decimal("100.00") if chance.random() > 0.02 else Decimal("60.00") for _reference in references]
    with path.open("w", encoding="utf-8") as stream:
        stream.write(_HEAD.format(total=sum(amounts), entry=entry))
        for number, (reference, amount) in enumerate(zip(references, amounts, strict=True)):
            told = "13330" if number % 50 == 7 else reference
            stream.write(_ONE.format(entry=entry, number=number, amount=amount, reference=told))
        stream.write(_TAIL)


def _measures(folder: Path, references: list[str], payments: int) -> Iterator[tuple[str, int, Callable[[], object]]]:
    # What comes in is for the bills of the last weeks, in any order: they lie near each other.
    chosen = references[: 2 * payments + SAVED]
    random.Random(2).shuffle(chosen)
    first, second, third = chosen[:payments], chosen[payments : 2 * payments], chosen[2 * payments :]
    write_file(folder / "first.xml", first, "A")
    write_file(folder / "second.xml", second, "B")
    yield "row by row with the ORM and django-auditlog", SAVED, lambda: _plainly(third)
    yield "file read and checked, nothing stored", payments, lambda: _read(folder / "first.xml")
    yield from _in_one_statement(folder / "first.xml", payments)
    yield "file to committed rows", payments, lambda: _bring_in(folder / "second.xml", payments)


def _plainly(references: list[str]) -> None:
    from django.db import transaction

    from billing.models import Invoice, Payment, PaymentAllocation
    from register.audit.acting import acting_as_service

    amount = Decimal("100.00")
    with acting_as_service("bench"):
        for number, reference in enumerate(references):
            with transaction.atomic():
                invoice = Invoice.objects.select_for_update().get(reference=reference, controller=2)
                payment = Payment.objects.create(
                    controller_id=2, customer_id=invoice.customer_id, amount_eur=amount, paid_on=DAY, booked_on=DAY,
                    reference=reference, payer_name=f"MAKSAJA {number}", bank_reference=f"C{number}", source="R2",
                )  # fmt: skip
                PaymentAllocation.objects.create(payment=payment, invoice=invoice, controller_id=2, amount_eur=amount)
                invoice.paid_eur += amount
                invoice.state, invoice.settled_on = "paid", DAY
                invoice.save()


def _read(path: Path) -> None:
    from billing.imports.camt import CamtFile

    for _found in CamtFile(path):
        pass


def _in_one_statement(path: Path, count: int) -> Iterator[tuple[str, int, Callable[[], object]]]:
    from billing.imports.camt import CamtFile
    from billing.imports.matching import match_payments, stage_payments
    from billing.imports.payments import _row
    from register.access.scope import Actor
    from register.audit.acting import acting_as_service
    from register.work.filing import FileContext
    from register.work.operations import begin_import

    rows = [_row(number, 2, found, is_statement=False) for number, found in enumerate(CamtFile(path), start=1)]

    def match() -> None:
        actor = Actor.service("bench")
        with acting_as_service("bench"):
            run = begin_import(kind="payments", sha256="0" * 64, actor=actor, at=AT)
            stage_payments(rows)
            counts = match_payments(FileContext(run, actor, AT))
        assert counts["payments"] == count, counts

    yield "matched, settled and logged in one statement", count, match


def _bring_in(path: Path, count: int) -> None:
    from billing.imports import PAYMENTS as KIND
    from register.access.scope import Actor
    from register.audit.acting import acting_as_service
    from register.work.operations import import_file

    with acting_as_service("bench"):
        report: Any = import_file(source_file=path, kind=KIND, actor=Actor.service("bench"), at=AT)
    assert report.counts["payments"] == count, (report.counts, report.faults[:3])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
