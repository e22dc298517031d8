"""Invoices come in from Finvoice files: each finds its contract and customer, or is refused with its reason."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from billing.models import Invoice, InvoiceContract, InvoiceRow
from billing.references import forms_of, reference_key
from customers.models import Customer
from register.audit.bulk import Merge, merge_rows
from register.datamap.formats import clean_business_id
from register.identity.models import Controller
from register.work.faults import Fault
from register.work.filing import FileContext, FileKind, FileOutcome, Words, declare_file
from register.work.tables import Readable
from sites.models import Contract, ContractHolder

from .finvoice import FinvoiceFile, FinvoiceInvoice

KIND = "invoices"
BATCH = 1_000
MOST_FAULTS = 10_000
_HEAD = ("invoiced_on", "due_on", "total_eur", "vat_eur")
_SETTLED = ("paid_eur", "state", "settled_on")
_ROW = (
    "position", "product_name", "quantity", "unit", "unit_price_eur", "vat_percent", "amount_eur", "started_on",
    "ended_on",
)  # fmt: skip
INVOICE_MERGE = Merge(
    model=Invoice,
    key=("controller_id", "number"),
    columns=(
        "id", "controller_id", "number", "kind", "customer_id", "reference", *_HEAD, *_SETTLED, "source",
        "import_run_id",
    ),
    once=("id", "import_run_id"),
    subjects="ARRAY[m.customer_id]",
    controller="m.controller_id",
)  # fmt: skip
_OF_INVOICE = "(SELECT {} FROM billing_invoice i WHERE i.id = m.invoice_id)"
ROW_MERGE = Merge(
    model=InvoiceRow,
    key=("invoice_id", "position"),
    columns=("invoice_id", *_ROW),
    once=(),
    subjects=_OF_INVOICE.format("ARRAY[i.customer_id]"),
    controller=_OF_INVOICE.format("i.controller_id"),
)
CONTRACT_MERGE = Merge(
    model=InvoiceContract,
    key=("invoice_id", "contract_id"),
    columns=("invoice_id", "contract_id", "controller_id"),
    once=("controller_id",),
    subjects=_OF_INVOICE.format("ARRAY[i.customer_id]"),
    controller="m.controller_id",
)
COUNTS: dict[str, Words] = {
    "created": gettext_lazy("new invoices"),
    "credit_notes": gettext_lazy("of them credit notes"),
    "rows": gettext_lazy("invoice rows"),
    "unchanged": gettext_lazy("in the register already"),
}


class _Refused(Exception):
    """An invoice cannot come in, and why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class _Register:
    """What the register knows of the sellers, contracts, customers and numbers that a batch of invoices names."""

    controllers: Mapping[str, int]
    contracts: dict[tuple[int, str], UUID] = field(default_factory=dict)
    by_reference: dict[tuple[int, str], UUID] = field(default_factory=dict)
    holders: dict[UUID, list[tuple[UUID, str]]] = field(default_factory=dict)
    known: dict[tuple[int, str], Invoice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Placed:
    """An invoice with the rows of the register that it belongs to."""

    invoice: FinvoiceInvoice
    key: UUID
    controller: int
    customer: UUID
    contracts: Sequence[UUID]
    reference: str


def take_invoices(source: Readable, context: FileContext) -> FileOutcome:
    """Bring the invoices of a Finvoice file in.

    Runs in the open transaction and scope. Raises: UnableToReadFile.
    """
    file = FinvoiceFile(source)
    faults: list[Fault] = []
    counts = dict.fromkeys(COUNTS, 0)
    seen: set[tuple[int, str]] = set()
    controllers = dict(Controller.objects.values_list("business_id", "id"))
    found = iter(file)
    while batch := list(islice(found, BATCH)):
        _take(batch, controllers, seen, context, counts, faults.append)
        context.progress(file.invoice_count)
        if len(faults) > MOST_FAULTS:
            break
    return FileOutcome(counts, [*file.faults, *faults])


def _take(
    batch: Sequence[FinvoiceInvoice],
    controllers: Mapping[str, int],
    seen: set[tuple[int, str]],
    context: FileContext,
    counts: dict[str, int],
    blame: Callable[[Fault], None],
) -> None:
    register = _looked_up(batch, controllers)
    placed: list[_Placed] = []
    for invoice in batch:
        try:
            one = _placed(invoice, register)
            name = (one.controller, invoice.number)
            if name in seen:
                raise _Refused("twice-in-file", _("The file has this invoice number twice."))
            seen.add(name)
            if name in register.known:
                _check_same(one, register.known[name])
                counts["unchanged"] += 1
            else:
                placed.append(one)
        except _Refused as refusal:
            blame(Fault(invoice.line, refusal.code, str(refusal)))
    counts["created"] += len(placed)
    counts["credit_notes"] += sum(one.invoice.kind == Invoice.Kind.CREDIT_NOTE for one in placed)
    counts["rows"] += sum(len(one.invoice.rows) for one in placed)
    _write(placed, context)


def _looked_up(batch: Iterable[FinvoiceInvoice], controllers: Mapping[str, int]) -> _Register:
    register = _Register(controllers)
    numbers = {each for invoice in batch for each in invoice.agreements}
    references = {form for invoice in batch if (key := reference_key(invoice.reference)) for form in forms_of(key)}
    named = Contract.objects.filter(number__in=numbers)
    for contract, controller, number in named.values_list("id", "controller_id", "number"):
        register.contracts[controller, number] = contract
    paid_by = Contract.objects.filter(reference__in=references).exclude(reference="").order_by("started_on")
    for contract, controller, reference in paid_by.values_list("id", "controller_id", "reference"):
        register.by_reference[controller, reference_key(reference)] = contract
    keys = {*register.contracts.values(), *register.by_reference.values()}
    held = ContractHolder.objects.filter(contract__in=keys).order_by("id")
    for contract, customer, number in held.values_list("contract_id", "customer_id", "customer__number"):
        register.holders.setdefault(contract, []).append((customer, number))
    for row in Invoice.objects.filter(number__in={invoice.number for invoice in batch}):
        register.known[row.controller_id, row.number] = row
    return register


def _placed(invoice: FinvoiceInvoice, register: _Register) -> _Placed:
    controller = register.controllers.get(_seller(invoice))
    if controller is None:
        raise _Refused("unknown-seller", _("The seller is neither of the companies."))
    if invoice.due_on < invoice.invoiced_on:
        raise _Refused("due-before-date", _("The invoice is due before its date."))
    key = reference_key(invoice.reference)
    if invoice.reference and not key:
        raise _Refused("reference", _("The reference is no Finnish or international reference."))
    contracts = _contracts(invoice, controller, key, register)
    return _Placed(invoice, uuid7(), controller, _customer(invoice, contracts[0], register), contracts, key)


def _seller(invoice: FinvoiceInvoice) -> str:
    try:
        return clean_business_id(invoice.seller)
    except ValidationError:
        return ""


def _contracts(invoice: FinvoiceInvoice, controller: int, key: str, register: _Register) -> list[UUID]:
    """Give the contracts that the invoice names by their identifiers, else the one that has its reference."""
    found = []
    for number in invoice.agreements:
        contract = register.contracts.get((controller, number))
        if contract is None:
            raise _Refused("unknown-contract", _("The seller has no contract with the identifier that is named."))
        found.append(contract)
    if not found and key and (controller, key) in register.by_reference:
        found.append(register.by_reference[controller, key])
    if not found:
        raise _Refused("no-contract", _("The invoice names no contract, and no contract has its reference."))
    return found


def _customer(invoice: FinvoiceInvoice, contract: UUID, register: _Register) -> UUID:
    """Give the holder whom the invoice names by customer number or business ID, else the first of the contract."""
    holders = register.holders.get(contract, [])
    if not holders:
        raise _Refused("no-holder", _("The contract has no holder."))
    if invoice.customer_number:
        for customer, number in holders:
            if number == invoice.customer_number:
                return customer
        raise _Refused("another-customer", _("The customer number is that of nobody who holds the contract."))
    if invoice.buyer and len(holders) > 1:
        named = Customer.objects.filter(pk__in=[key for key, _number in holders], business_id=invoice.buyer).first()
        return named.pk if named else holders[0][0]
    return holders[0][0]


def _check_same(one: _Placed, row: Invoice) -> None:
    told = (one.customer, one.invoice.kind, *(getattr(one.invoice, name) for name in _HEAD))
    if told != (row.customer_id, row.kind, *(getattr(row, name) for name in _HEAD)):
        raise _Refused("another-content", _("The register has this invoice number with other contents."))


def _write(placed: Sequence[_Placed], context: FileContext) -> None:
    def write(merge: Merge, rows: Iterator[Sequence[Any]]) -> None:
        merge_rows(merge, rows, at=context.at, note=context.note)

    write(INVOICE_MERGE, (_invoice_row(one, context) for one in placed))
    write(
        ROW_MERGE,
        ((one.key, *(getattr(row, name) for name in _ROW)) for one in placed for row in one.invoice.rows),
    )
    write(
        CONTRACT_MERGE,
        ((one.key, contract, one.controller) for one in placed for contract in dict.fromkeys(one.contracts)),
    )


def _invoice_row(one: _Placed, context: FileContext) -> tuple[Any, ...]:
    invoice = one.invoice
    is_open = invoice.kind == Invoice.Kind.INVOICE and invoice.total_eur > 0
    state = Invoice.State.OPEN if is_open else Invoice.State.CREDITED if invoice.total_eur else Invoice.State.PAID
    return (
        one.key,
        one.controller,
        invoice.number,
        invoice.kind,
        one.customer,
        one.reference,
        *(getattr(invoice, name) for name in _HEAD),
        Decimal(0),
        str(state.value),
        None if is_open else invoice.invoiced_on,
        context.source,
        context.run.id,
    )


INVOICES = declare_file(
    FileKind(
        code=KIND,
        title=gettext_lazy("invoices"),
        permission="billing.add_invoice",
        suffixes=(".xml",),
        hint=gettext_lazy("Finvoice, versions 1.3 to 3.0, one or many invoices; at most 256 MiB."),
        take=take_invoices,
        counts=COUNTS,
        shown=("created", "updated", "unchanged"),
        merges=dict,
    )
)
