"""Reads the bank's files: account statements (camt.053) and credit notifications (camt.054), versions 02 to 08.

Source: ISO 20022, camt.053.001 and camt.054.001. Only what was booked to our account counts; what went out of it and
what is only announced are counted and left out.
"""

import datetime
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from billing.imports.xml import Element, XmlReader, child, line_of, local, namespace, pieces, text
from register.work.faults import Fault
from register.work.filing import UnableToReadFile
from register.work.tables import Readable

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.(05[34])\.001\.(0[2-8])")
_STATEMENTS = ("Stmt", "Ntfctn")
_ENDS = {
    "GrpHdr": (2, ("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn")),
    **dict.fromkeys(("Acct", "Bal", "Ntry"), (3, _STATEMENTS)),
    "TxDtls": (5, ("NtryDtls",)),
}
PAYMENT, BATCH, RETURNED = "payment", "batch", "returned"
MOST_FAULTS_KEPT = 10_000
_CENT = Decimal("0.01")
_MOST = Decimal(10) ** 10


@dataclass(frozen=True, slots=True)
class Transaction:
    """A sum that came in: one payment, a batch told only as a whole, or a payment that the bank took back."""

    line: int
    kind: str
    account: str
    amount: Decimal
    currency: str
    booked_on: datetime.date
    paid_on: datetime.date
    bank_reference: str
    entry_reference: str
    reference: str = ""
    is_finnish_reference: bool = True
    payer_name: str = ""
    message: str = ""
    end_to_end: str = ""


@dataclass(slots=True)
class _Entry:
    """The head of an entry, and its first transaction until it is known whether there are more."""

    line: int
    amount: Decimal
    currency: str
    is_credit: bool
    is_reversal: bool
    status: str
    booked_on: datetime.date
    valued_on: datetime.date
    reference: str
    count: int = 0
    first: Transaction | None = None
    sum: Decimal = Decimal(0)
    seen: set[str] = field(default_factory=set)


class CamtFile:
    """A bank's file; iterating it once gives its transactions, and fills the counts and faults."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.message = ""
        self.version = ""
        self.statement_count = 0
        self.outgoing_count = 0
        self.pending_count = 0
        self.faults: list[Fault] = []
        self._account = ""
        self._entry: _Entry | None = None
        self._is_headless = False
        self._nameless: Counter[str] = Counter()

    @property
    def is_statement(self) -> bool:
        """Tell whether it is an account statement (camt.053)."""
        return self.message == "053"

    def __iter__(self) -> Iterator[Transaction]:
        """Read the file. Raises: UnableToReadFile."""
        reader = XmlReader(starts=("Document", "Ntry", "NtryDtls", *_STATEMENTS), ends=_ENDS, heads=("Ntry",))
        for event, element in reader.read(pieces(self._source)):
            name = local(element)
            if event == "start":
                self._start(name, element)
            elif not self.message:
                raise _another_kind()
            elif name == "Acct":
                self._account = text(element, "Id", "IBAN") or text(element, "Id", "Othr", "Id")
            elif name in ("TxDtls", "Ntry"):
                try:
                    yield from self._detail(element) if name == "TxDtls" else self._end_entry(element)
                except _Fault as fault:
                    self._blame(fault, element)
        if not self.message:
            raise _another_kind()
        if not self.statement_count:
            raise UnableToReadFile(_("The file has no statement and no notification: it is incomplete."))

    def _start(self, name: str, element: Element) -> None:
        if name == "Document":
            match = _NAMESPACE.fullmatch(namespace(element))
            if match is None:
                raise _another_kind()
            self.message, self.version = match.groups()
        elif name in _STATEMENTS:
            self.statement_count += 1
            self._account = ""
        elif name == "Ntry":
            self._entry, self._is_headless = None, False

    def _head(self, element: Element) -> _Entry | None:
        """Give the head of the entry around an element; it stands before the details."""
        if self._is_headless:  # told once: to read it anew for each detail would take forever
            return None
        if self._entry is None:
            self._is_headless = True
            amount = child(element, "Amt")
            self._entry = _Entry(
                line=line_of(element),
                amount=_amount(amount),
                currency=_currency(amount),
                is_credit=text(element, "CdtDbtInd") == "CRDT",
                is_reversal=text(element, "RvslInd") == "true",
                status=text(element, "Sts", "Cd") or text(element, "Sts"),
                booked_on=_day(child(element, "BookgDt")) or _day(child(element, "ValDt")) or _no_day(),
                valued_on=_day(child(element, "ValDt")) or _day(child(element, "BookgDt")) or _no_day(),
                reference=text(element, "AcctSvcrRef")[:50],
            )
        self._is_headless = False
        return self._entry if self._is_wanted(self._entry) else None

    @staticmethod
    def _is_wanted(entry: _Entry) -> bool:
        """Tell whether an entry brings money in, or takes back what came in, and is booked."""
        return entry.status == "BOOK" and entry.is_credit != entry.is_reversal

    def _detail(self, element: Element) -> Iterator[Transaction]:
        parent = element.getparent()
        around = parent.getparent() if parent is not None else None
        entry = self._head(around) if around is not None and local(around) == "Ntry" else None
        if entry is None:
            return
        entry.count += 1
        found = self._read(element, entry)
        if entry.count == 1:
            entry.first = found
            return
        if entry.count == 2 and entry.first is not None:
            yield self._of_many(entry.first, entry)
        yield self._of_many(found, entry)

    def _of_many(self, found: Transaction, entry: _Entry) -> Transaction:
        if not found.amount:
            raise _Fault("no-amount", _("A payment of a batch has no sum."), found.line)
        if found.currency == entry.currency:
            entry.sum += found.amount
        return found

    def _end_entry(self, element: Element) -> Iterator[Transaction]:
        if self._is_headless:
            return
        entry = self._head(element)
        whole, self._entry = self._entry, None
        if entry is None:
            if whole is not None and whole.status != "BOOK":
                self.pending_count += 1
            else:
                self.outgoing_count += 1
            return
        if entry.count == 1 and entry.first is not None:
            # What was booked to the account counts, whatever the payer had instructed.
            yield replace(entry.first, amount=entry.amount, currency=entry.currency)
        elif entry.count == 0:
            yield self._alone(entry)
        elif entry.sum and entry.sum != entry.amount:
            words = _("The payments of the entry sum up to %(sum)s, but the entry says %(amount)s.")
            raise _Fault("another-sum", words % {"sum": entry.sum, "amount": entry.amount}, entry.line)

    def _alone(self, entry: _Entry) -> Transaction:
        kind = RETURNED if entry.is_reversal else BATCH if self.is_statement else PAYMENT
        found = Transaction(
            line=entry.line,
            kind=kind,
            account=self._account,
            amount=entry.amount,
            currency=entry.currency,
            booked_on=entry.booked_on,
            paid_on=entry.valued_on,
            bank_reference=entry.reference,
            entry_reference=entry.reference,
        )
        return found if found.bank_reference else replace(found, bank_reference=self._name_of(found, entry.amount))

    def _read(self, element: Element, entry: _Entry) -> Transaction:
        parts = {local(part): part for part in element}
        amount = parts.get("Amt")
        if amount is None:
            amount = child(parts.get("AmtDtls"), "TxAmt", "Amt")
        references = list(_references(parts.get("RmtInf")))
        own = text(parts.get("Refs"), "AcctSvcrRef")[:50]
        if not own or own == entry.reference or own in entry.seen:
            own = entry.reference and (entry.reference if entry.count == 1 else f"{entry.reference}#{entry.count}")
        entry.seen.add(own)
        found = Transaction(
            line=line_of(element),
            kind=RETURNED if entry.is_reversal else PAYMENT,
            account=self._account,
            amount=_amount(amount) if amount is not None else Decimal(0),
            currency=_currency(amount) if amount is not None else entry.currency,
            booked_on=entry.booked_on,
            paid_on=_day_of(text(parts.get("RltdDts"), "AccptncDtTm")) or entry.valued_on,
            bank_reference=own,
            entry_reference=entry.reference,
            reference=references[0][0] if len(references) == 1 else "",
            is_finnish_reference=all(is_ours for _text, is_ours in references),
            payer_name=_payer(parts.get("RltdPties")),
            message=_message(parts.get("RmtInf"), references),
            end_to_end=text(parts.get("Refs"), "EndToEndId")[:35],
        )
        return found if own else replace(found, bank_reference=self._name_of(found, entry.amount))

    def _name_of(self, found: Transaction, whole: Decimal) -> str:
        """Give a payment to which the bank gave no reference a name of its own, the same in every file of the bank."""
        said = (
            found.account,
            found.booked_on,
            found.amount or whole,
            found.currency,
            found.reference,
            found.end_to_end,
        )
        digest = hashlib.sha256("\n".join(map(str, (*said, found.payer_name))).encode()).hexdigest()[:40]
        self._nameless[digest] += 1
        return f"sha:{digest}:{self._nameless[digest]}"

    def _blame(self, fault: "_Fault", element: Element) -> None:
        told = Fault(fault.line or line_of(element), fault.code, str(fault))
        if told not in self.faults[-2:] and len(self.faults) < MOST_FAULTS_KEPT:
            self.faults.append(told)
        if local(element) == "Ntry":
            self._entry = None


class _Fault(Exception):
    """Something in an entry cannot be right."""

    def __init__(self, code: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.code, self.line = code, line


def _another_kind() -> UnableToReadFile:
    return UnableToReadFile(
        _("This is no camt.053 or camt.054 file of a version from 02 to 08, whatever its name says.")
    )


def _amount(element: Element | None) -> Decimal:
    try:
        amount = Decimal(text(element))
    except InvalidOperation:
        raise _Fault("amount", _("A sum is missing or is no number.")) from None
    if not amount.is_finite() or amount < 0 or amount >= _MOST:
        raise _Fault("amount", _("A sum is negative or too large."))
    if amount != amount.quantize(_CENT) and _currency(element) == "EUR":
        raise _Fault("amount", _("A sum in euros has more than two decimals."))
    return amount.quantize(_CENT)


def _currency(element: Element | None) -> str:
    code = element.get("Ccy", "") if element is not None else ""
    if not re.fullmatch("[A-Z]{3}", code):
        raise _Fault("currency", _("A sum has no currency."))
    return code


def _day(element: Element | None) -> datetime.date | None:
    return _day_of(text(element, "Dt") or text(element, "DtTm"))


def _day_of(words: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(words[:10]) if words else None
    except ValueError:
        raise _Fault("day", _("A day is wrong.")) from None


def _no_day() -> datetime.date:
    raise _Fault("day", _("An entry has no day."))


def _references(information: Element | None) -> Iterator[tuple[str, bool]]:
    """Give each structured reference, and whether it is a creditor's reference as in Finland (SCOR)."""
    for part in information if information is not None else ():
        if local(part) != "Strd":
            continue
        reference = child(part, "CdtrRefInf")
        words = "".join(text(reference, "Ref").split())[:35]
        if words:
            code = text(reference, "Tp", "CdOrPrtry", "Cd")
            yield words, code == "SCOR" or not text(reference, "Tp", "CdOrPrtry", "Prtry")


def _payer(parties: Element | None) -> str:
    payer = child(parties, "Dbtr")
    return (text(payer, "Nm") or text(payer, "Pty", "Nm"))[:140]


def _message(information: Element | None, references: list[tuple[str, bool]]) -> str:
    words = [text(part) for part in information if local(part) == "Ustrd"] if information is not None else []
    if len(references) > 1:
        words += [reference for reference, _is_ours in references]
    return " ".join(" ".join(words).split())[:280]
