"""Makes bank files of the formats that Finnish banks send, for tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

IBAN = "FI2112345600000785"


@dataclass
class Paid:
    """A payment of a bank file."""

    amount: str = "100.00"
    reference: str = ""
    currency: str = "EUR"
    payer: str = "Maija Äijälä"
    bank_reference: str = ""
    message: str = ""
    scheme: str = "SCOR"


@dataclass
class Entry:
    """An entry of a bank file: a payment of its own, or a batch."""

    payments: Sequence[Paid] = ()
    reference: str = ""
    amount: str = ""
    currency: str = "EUR"
    direction: str = "CRDT"
    status: str = "BOOK"
    booked_on: str = "2026-11-20"
    is_reversal: bool = False
    extra: str = field(default="")


def camt(entries: Sequence[Entry], *, message: str = "054", version: str = "08", iban: str = IBAN) -> bytes:
    """Give a file of one statement or notification."""
    return camt_of([entries], message=message, version=version, iban=iban)


def camt_of(
    statements: Sequence[Sequence[Entry]], *, message: str = "054", version: str = "08", iban: str = IBAN
) -> bytes:
    """Give a file of several statements or notifications."""
    root, part = ("BkToCstmrStmt", "Stmt") if message == "053" else ("BkToCstmrDbtCdtNtfctn", "Ntfctn")
    body = "".join(
        f"<{part}><Id>{number}</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{''.join(_entry(entry, version) for entry in entries)}</{part}>"
        for number, entries in enumerate(statements)
    )
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{space}"><{root}><GrpHdr><MsgId>1</MsgId>'
        f"</GrpHdr>\n{body}</{root}></Document>"
    ).encode()


def _entry(entry: Entry, version: str) -> str:
    amount = entry.amount or str(sum((Decimal(paid.amount) for paid in entry.payments), Decimal(0)))
    status = f"<Cd>{entry.status}</Cd>" if version == "08" else entry.status
    own = f"<AcctSvcrRef>{entry.reference}</AcctSvcrRef>" if entry.reference else ""
    details = "".join(_details(paid, version) for paid in entry.payments)
    return (
        f'<Ntry><Amt Ccy="{entry.currency}">{amount}</Amt><CdtDbtInd>{entry.direction}</CdtDbtInd>'
        f"{'<RvslInd>true</RvslInd>' if entry.is_reversal else ''}<Sts>{status}</Sts>"
        f"<BookgDt><Dt>{entry.booked_on}</Dt></BookgDt><ValDt><Dt>{entry.booked_on}</Dt></ValDt>{own}{entry.extra}"
        f"{f'<NtryDtls>{details}</NtryDtls>' if details else ''}</Ntry>\n"
    )


def _details(paid: Paid, version: str) -> str:
    refs = f"<AcctSvcrRef>{paid.bank_reference}</AcctSvcrRef>" if paid.bank_reference else ""
    amount = f'<Amt Ccy="{paid.currency}">{paid.amount}</Amt>'
    told = amount if version != "02" else f"<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>"
    name = f"<Nm>{paid.payer}</Nm>"
    payer = f"<Pty>{name}</Pty>" if version == "08" else name
    scheme = f"<Cd>{paid.scheme}</Cd>" if paid.scheme == "SCOR" else f"<Prtry>{paid.scheme}</Prtry>"
    reference = (
        f"<Strd><CdtrRefInf><Tp><CdOrPrtry>{scheme}</CdOrPrtry></Tp><Ref>{paid.reference}</Ref></CdtrRefInf></Strd>"
        if paid.reference
        else ""
    )
    message = f"<Ustrd>{paid.message}</Ustrd>" if paid.message else ""
    return (
        f"<TxDtls><Refs>{refs}</Refs>{told}<RltdPties><Dbtr>{payer}</Dbtr></RltdPties>"
        f"<RmtInf>{message}{reference}</RmtInf></TxDtls>"
    )
