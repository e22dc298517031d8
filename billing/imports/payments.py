"""Payments come in from the bank's files: read, matched to invoices by reference, the rest put on the work list."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from billing.models import Invoice, OwnAccount, Payment, PaymentCase
from billing.references import forms_of, reference_key
from register.audit.bulk import Merge
from register.identity.models import Controller
from register.work.faults import Fault
from register.work.filing import FileContext, FileKind, FileOutcome, Words, declare_file
from register.work.tables import Readable

from .camt import CamtFile, Transaction
from .matching import match_payments, stage_payments

KIND = "payments"
_EVERY = 5_000
_NATIONAL = "[0-9]{4,20}"
REASONS: dict[str, Words] = {reason.value: reason.label for reason in PaymentCase.Reason}
COUNTS: dict[str, Words] = {
    "payments": gettext_lazy("payments booked"),
    "known": gettext_lazy("booked before"),
    "invoices_paid": gettext_lazy("invoices paid in full"),
    "invoices_part_paid": gettext_lazy("invoices paid in part"),
    **REASONS,
    "stated": gettext_lazy("found on the statement"),
    "cases_closed": gettext_lazy("cases that closed by themselves"),
    "outgoing": gettext_lazy("outgoing, left out"),
    "pending": gettext_lazy("not booked yet, left out"),
}
INVOICE_MERGE = Merge(
    model=Invoice,
    key=("id",),
    columns=("id", "paid_eur", "state", "settled_on"),
    subjects="ARRAY[m.customer_id]",
    controller="m.controller_id",
)
_OF_CUSTOMER = "CASE WHEN m.customer_id IS NULL THEN '{}'::uuid[] ELSE ARRAY[m.customer_id] END"
PAYMENT_MERGE = Merge(
    model=Payment, key=("id",), columns=("id", "stated_on"), subjects=_OF_CUSTOMER, controller="m.controller_id"
)
CASE_MERGE = Merge(
    model=PaymentCase,
    key=("id",),
    columns=("id", "state", "closed_at", "closed_by"),
    subjects="coalesce((SELECT ARRAY[p.customer_id] FROM billing_payment p"
    " WHERE p.id = m.payment_id AND p.customer_id IS NOT NULL), '{}'::uuid[])",
    controller="m.controller_id",
)


def take_payments(source: Readable, context: FileContext) -> FileOutcome:
    """Book the payments of a camt.053 or camt.054 file and settle invoices with them.

    Runs in the open transaction and scope. Raises: UnableToReadFile.
    """
    file = CamtFile(source)
    faults: list[Fault] = []
    stage_payments(_staged(file, _owners(context.options), context, faults))
    faults = [*file.faults, *faults]
    counts = {"outgoing": file.outgoing_count, "pending": file.pending_count}
    return FileOutcome(counts, faults) if faults else FileOutcome({**match_payments(context), **counts})


def _owners(options: Mapping[str, str]) -> "_Owners":
    chosen = options.get("controller", "")
    controller = Controller.objects.get(code=chosen).pk if chosen else None
    return _Owners(dict(OwnAccount.objects.values_list("iban", "controller_id")), controller)


class _Owners:
    """Tells whose a bank account is: by the table of our own accounts, else as the importing person says."""

    def __init__(self, known: Mapping[str, int], chosen: int | None) -> None:
        self._known, self._chosen = known, chosen
        self.strangers: set[str] = set()

    def of(self, account: str) -> int | None:
        return self._known.get(account.replace(" ", "").upper(), self._chosen)


def _staged(file: CamtFile, owners: _Owners, context: FileContext, faults: list[Fault]) -> Iterator[tuple[Any, ...]]:
    for number, found in enumerate(file, start=1):
        controller = owners.of(found.account)
        if controller is None:
            if found.account not in owners.strangers:
                owners.strangers.add(found.account)
                faults.append(Fault(found.line, "unknown-account", _stranger(found.account)))
            continue
        yield _row(number, controller, found, is_statement=file.is_statement)
        if number % _EVERY == 0:
            context.progress(number)


def _row(number: int, controller: int, found: Transaction, *, is_statement: bool) -> tuple[Any, ...]:
    key = reference_key(found.reference) if found.reference and found.is_finnish_reference else ""
    own, other = forms_of(key) if key else ("", "")
    return (
        uuid7(),
        number,
        controller,
        found.kind,
        found.amount,
        found.currency,
        found.booked_on,
        found.paid_on,
        found.bank_reference,
        found.entry_reference,
        found.reference,
        own,
        other,
        found.is_finnish_reference,
        found.payer_name,
        found.message,
        is_statement,
    )


def _stranger(account: str) -> str:
    shown = f"{account[:4]}…{account[-4:]}" if len(account) > 8 else account
    return _("The account %(account)s is none of ours: add it to the own bank accounts, or say whose the file is.") % {
        "account": shown
    }


def _merges() -> Mapping[type, Merge]:
    return {merge.model: merge for merge in (INVOICE_MERGE, PAYMENT_MERGE, CASE_MERGE)}


PAYMENTS = declare_file(
    FileKind(
        code=KIND,
        title=gettext_lazy("payments"),
        permission="billing.add_payment",
        suffixes=(".xml", ".camt"),
        hint=gettext_lazy("A bank statement (camt.053) or a credit notification (camt.054), at most 256 MiB."),
        take=take_payments,
        counts=COUNTS,
        shown=("payments", "invoices_paid", "known"),
        merges=_merges,
        options={
            "controller": (
                gettext_lazy("Whose account it is"),
                (
                    ("", gettext_lazy("By the own bank accounts")),
                    ("energy", "Kuopion Energia Oy"),
                    ("network", "Kuopion Sähköverkko Oy"),
                ),
            )
        },
    )
)
