"""Reads Finvoice files as they are met: versions 1.3 to 3.0, one or many invoices in a file, with SOAP envelopes.

Such a file is often several XML documents one after the other, each with its own declaration and encoding. A
document type is let pass and never loaded; one that declares entities is refused. Source: Finvoice 3.0 (Finance
Finland), its examples and implementation guidelines.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from billing.imports.xml import CHUNK_BYTES, Element, XmlReader, child, local, pieces, text
from register.work.faults import Fault
from register.work.filing import UnableToReadFile
from register.work.tables import Readable

MOST_DOCUMENT_BYTES = 4 << 20
_BOUNDARY = re.compile(rb"<\?xml\s|(?<=Envelope>)\s*<Finvoice[\s>]|(?<=Finvoice>)\s*<(?:Finvoice[\s>]|SOAP)")
_VERSIONS = re.compile(r"[123](\.\d+)*")
_CENT, _MILLI, _MICRO = Decimal("0.01"), Decimal("0.001"), Decimal("0.000001")
_DAY = datetime.timedelta(days=1)
_KINDS = {"INV01": "invoice", "INV02": "credit-note", "INV09": "invoice"}


@dataclass(frozen=True, slots=True)
class FinvoiceRow:
    """One row of an invoice that has a price or a sum."""

    position: int
    product_name: str
    quantity: Decimal
    unit: str
    unit_price_eur: Decimal
    vat_percent: Decimal
    amount_eur: Decimal
    started_on: datetime.date | None
    ended_on: datetime.date | None
    agreement: str


@dataclass(frozen=True, slots=True)
class FinvoiceInvoice:
    """One invoice as its file tells it; identifiers are not looked up yet."""

    line: int
    kind: str
    number: str
    seller: str
    buyer: str
    customer_number: str
    agreement: str
    reference: str
    invoiced_on: datetime.date
    due_on: datetime.date
    total_eur: Decimal
    vat_eur: Decimal
    rows: list[FinvoiceRow] = field(default_factory=list)

    @property
    def agreements(self) -> list[str]:
        """The contract identifiers that the invoice or its rows name, each once."""
        named = (self.agreement, *(row.agreement for row in self.rows))
        return [each for each in dict.fromkeys(named) if each]


class FinvoiceFile:
    """A file of invoices; iterating it gives them one by one, and gathers what cannot be right."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.faults: list[Fault] = []
        self.invoice_count = 0

    def __iter__(self) -> Iterator[FinvoiceInvoice]:
        """Read the file. Raises: UnableToReadFile."""
        for line, content in _documents(self._source):
            reader = XmlReader(starts=("Finvoice", "Envelope"), ends={"Finvoice": (0, ())}, may_have_doctype=True)
            is_known = False
            try:
                for event, element in reader.read(_parts(content)):
                    is_known = True
                    if event == "end":
                        self.invoice_count += 1
                        yield from self._read(element, line)
            except UnableToReadFile as error:
                raise UnableToReadFile(str(error), line=line + max(error.line - 1, 0)) from None
            if not is_known:
                raise _another_kind()
        if not self.invoice_count:
            raise _another_kind()

    def _read(self, element: Element, line: int) -> Iterator[FinvoiceInvoice]:
        try:
            yield _invoice(element, line)
        except _Fault as fault:
            self.faults.append(Fault(line, fault.code, str(fault)))


class _Fault(Exception):
    """Something in an invoice cannot be right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _another_kind() -> UnableToReadFile:
    return UnableToReadFile(_("There is no Finvoice invoice in this file, whatever its name says."))


def _documents(source: Readable) -> Iterator[tuple[int, bytes]]:
    """Part a file into its XML documents, each with the line on which it begins."""
    held, line = bytearray(), 1
    for piece in pieces(source):
        held += piece
        while (cut := _BOUNDARY.search(held, 10)) is not None and (cut.end() < len(held) - 64):
            document = bytes(held[: cut.start()])
            yield from _told(document, line)
            line += document.count(b"\n")
            del held[: cut.start()]
        if len(held) > MOST_DOCUMENT_BYTES:
            raise UnableToReadFile(
                _("A part of the file is too large to be right, or it is another kind of file."), line=line
            )
    while (cut := _BOUNDARY.search(held, 10)) is not None:
        document = bytes(held[: cut.start()])
        yield from _told(document, line)
        line += document.count(b"\n")
        del held[: cut.start()]
    if not held.strip() and line == 1:
        raise _another_kind()
    yield from _told(bytes(held), line)


def _parts(document: bytes) -> Iterator[bytes]:
    return (document[start : start + CHUNK_BYTES] for start in range(0, len(document), CHUNK_BYTES))


def _told(document: bytes, line: int) -> Iterator[tuple[int, bytes]]:
    plain = document.removeprefix(b"\xef\xbb\xbf")
    bare = plain.lstrip()
    if bare:
        yield line + plain[: len(plain) - len(bare)].count(b"\n"), bare


def _invoice(element: Element, line: int) -> FinvoiceInvoice:
    version = element.get("Version", "")
    if not _VERSIONS.fullmatch(version):
        raise _Fault("version", _("The version of Finvoice is none of 1.3 to 3.0."))
    details = child(element, "InvoiceDetails")
    payment = child(element, "EpiDetails", "EpiPaymentInstructionDetails")
    kind = _KINDS.get(text(details, "InvoiceTypeCode"))
    if kind is None:
        raise _Fault("type", _("Only invoices (INV01, INV09) and credit notes (INV02) come in."))
    total = _money(details, "InvoiceTotalVatIncludedAmount")
    if total is None:
        raise _Fault("no-total", _("The invoice has no total with tax."))
    invoiced_on = _day(child(details, "InvoiceDate"))
    due_on = _day(child(payment, "EpiDateOptionDate")) or _day(child(details, "PaymentTermsDetails", "InvoiceDueDate"))
    if invoiced_on is None:
        raise _Fault("day", _("The invoice has no date."))
    return FinvoiceInvoice(
        line=line,
        kind=kind,
        number=_needed(text(details, "InvoiceNumber"), _("The invoice has no number."))[:20],
        seller=_business_id(child(element, "SellerPartyDetails"), "Seller"),
        buyer=_business_id(child(element, "BuyerPartyDetails"), "Buyer"),
        customer_number=text(details, "SellersBuyerIdentifier"),
        agreement=text(details, "AgreementIdentifier"),
        reference=text(payment, "EpiRemittanceInfoIdentifier"),
        invoiced_on=invoiced_on,
        due_on=due_on or invoiced_on,
        total_eur=-abs(total) if kind == "credit-note" else total,
        vat_eur=_tax(details, total),
        rows=[row for row in _rows(element) if row is not None],
    )


def _tax(details: Element | None, total: Decimal) -> Decimal:
    told = _money(details, "InvoiceTotalVatAmount")
    if told is not None:
        return told
    bare = _money(details, "InvoiceTotalVatExcludedAmount")
    return total - bare if bare is not None else Decimal(0)


def _business_id(party: Element | None, who: str) -> str:
    """Give the business ID of a party, from its identifier or its tax code (FI12345678)."""
    told = text(party, f"{who}PartyIdentifier") or text(party, f"{who}OrganisationTaxCode")
    return told.replace(" ", "")


def _rows(element: Element) -> Iterator[FinvoiceRow | None]:
    position = 0
    for part in element:
        if local(part) != "InvoiceRow":
            continue
        for row, prefix in ((part, ""), *((sub, "Sub") for sub in part if local(sub) == "SubInvoiceRow")):
            found = _row(row, prefix, position + 1)
            if found is not None:
                position += 1
                yield found


def _row(row: Element, prefix: str, position: int) -> FinvoiceRow | None:
    """Give a row, or nothing where it is only text."""
    amount = _money(row, f"{prefix}RowAmount")
    bare = _money(row, f"{prefix}RowVatExcludedAmount")
    price = _number(text(row, f"{prefix}UnitPriceAmount"), _MICRO)
    if amount is None and bare is not None:
        amount = bare + (_money(row, f"{prefix}RowVatAmount") or Decimal(0))
    if amount is None:
        return None
    quantity = _first(row, f"{prefix}InvoicedQuantity", f"{prefix}DeliveredQuantity")
    started_on, last_on = _day(child(row, f"{prefix}StartDate")), _day(child(row, f"{prefix}EndDate"))
    if last_on is not None and started_on is not None and last_on < started_on:
        raise _Fault("days", _("A row ends before it starts."))
    return FinvoiceRow(
        position=position,
        product_name=(text(row, f"{prefix}ArticleName") or text(row, f"{prefix}RowFreeText") or "–")[:100],
        quantity=_number(text(quantity), _MILLI) or Decimal(1),
        unit=(quantity.get("QuantityUnitCode", "") if quantity is not None else "")[:10],
        unit_price_eur=price if price is not None else Decimal(0),
        vat_percent=_percent(text(row, f"{prefix}RowVatRatePercent")),
        amount_eur=amount,
        started_on=started_on,
        ended_on=last_on + _DAY if last_on is not None else None,
        agreement=text(row, f"{prefix}RowAgreementIdentifier"),
    )


def _first(row: Element, *names: str) -> Element | None:
    return next((found for name in names if (found := child(row, name)) is not None and text(found)), None)


def _money(around: Element | None, name: str) -> Decimal | None:
    element = child(around, name)
    if element is None or not text(element):
        return None
    currency = element.get("AmountCurrencyIdentifier", "EUR")
    if currency not in ("EUR", ""):
        raise _Fault("currency", _("The invoice is in another currency than the euro."))
    return _number(text(element), _CENT)


def _number(words: str, step: Decimal) -> Decimal | None:
    """Read a number with a decimal comma or point."""
    if not words:
        return None
    plain = words.replace("\u00a0", "").replace(" ", "")
    if not re.fullmatch(r"[+-]?\d{1,12}([.,]\d{0,10})?", plain):
        raise _Fault("number", _("A number is written wrong or too large."))
    try:
        return Decimal(plain.replace(",", ".")).quantize(step)
    except InvalidOperation:
        raise _Fault("number", _("A number is written wrong or too large.")) from None


def _percent(words: str) -> Decimal:
    found = _number(words, Decimal("0.1")) or Decimal(0)
    if not 0 <= found <= 100:
        raise _Fault("tax", _("A tax is no percentage from 0 to 100."))
    return found


def _day(element: Element | None) -> datetime.date | None:
    words = text(element)
    if not words:
        return None
    form: Any = "%Y-%m-%d" if "-" in words else "%Y%m%d"
    try:
        return datetime.datetime.strptime(words[:10], form).date()
    except ValueError:
        raise _Fault("day", _("A day is wrong.")) from None


def _needed(words: str, why: str) -> str:
    if not words:
        raise _Fault("missing", why)
    return words
