"""Payments of the bank's files are booked and settle invoices by reference; the rest goes on the work list."""

import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from billing.imports.camt import CamtFile
from billing.models import Invoice, OwnAccount, Payment, PaymentAllocation, PaymentCase
from register.audit.acting import acting_as_service
from register.audit.models import LogEntry
from register.datamap.formats import rf_reference
from register.work.models import ImportRun, ImportSource
from tests.billing.camt_text import IBAN, Entry, Paid, camt, camt_of
from tests.factories import FACTORIES

pytestmark = [pytest.mark.django_db, pytest.mark.item("B08"), pytest.mark.item("B11")]

REFERENCE = "1232"
Import = Callable[..., dict[str, Any]]


@pytest.fixture
def come_in(tmp_path: Path, settings: Any) -> Import:
    """Import bytes as a file, and give the report of the command on it."""
    settings.REGISTER_FILES_DIR = tmp_path / "files"
    with acting_as_service("test"):
        FACTORIES[OwnAccount](iban=IBAN, controller_id=2)

    def come_in(content: bytes, name: str = "bank.xml", **options: Any) -> dict[str, Any]:
        path = tmp_path / name
        path.write_bytes(content)
        return run(path, **options)

    return come_in


def run(*paths: Path, **options: Any) -> dict[str, Any]:
    """Run the command and give the report of its first file, with the exit code."""
    out, code = io.StringIO(), 0
    try:
        call_command("import_payments", *map(str, paths), as_json=True, stdout=out, stderr=io.StringIO(), **options)
    except SystemExit as end:
        code = end.code
    return {"code": code, **json.loads(out.getvalue())["files"][0]}


def invoice(reference: str = REFERENCE, total: str = "100.00", **values: Any) -> Invoice:
    with acting_as_service("test"):
        return FACTORIES[Invoice](reference=reference, total_eur=Decimal(total), **values)


def one(*payments: Paid, **values: Any) -> Entry:
    return Entry(payments, **{"reference": "E1", **values})


def cases() -> list[tuple[str, Decimal]]:
    with acting_as_service("test"):
        return list(PaymentCase.objects.order_by("id").values_list("reason", "amount"))


def state_of(row: Invoice) -> tuple[str, Decimal, date | None]:
    with acting_as_service("test"):
        row.refresh_from_db()
    return row.state, row.paid_eur, row.settled_on


@pytest.mark.parametrize("version", ["02", "04", "08"])
@pytest.mark.parametrize("message", ["053", "054"])
@pytest.mark.parametrize("reference", [REFERENCE, "00000000000000001232", rf_reference(REFERENCE), "1 232"])
def test_a_payment_settles_the_invoice_of_its_reference(
    come_in: Import, message: str, version: str, reference: str
) -> None:
    bill = invoice()
    report = come_in(camt([one(Paid(reference=reference))], message=message, version=version))
    assert (report["state"], report["code"], report["counts"]["payments"]) == ("imported", 0, 1)
    assert state_of(bill) == ("paid", Decimal("100.00"), date(2026, 11, 20))
    with acting_as_service("test"):
        payment = Payment.objects.get()
        assert (payment.customer_id, payment.reference, payment.payer_name) == (
            bill.customer_id,
            REFERENCE,
            "Maija Äijälä",
        )
        assert str(payment.import_run_id) == report["run"]
        assert PaymentAllocation.objects.get().amount_eur == Decimal("100.00")
        assert not PaymentCase.objects.exists()


def test_an_invoice_that_holds_the_rf_form_is_found_by_the_national_one(come_in: Import) -> None:
    bill = invoice(rf_reference(REFERENCE))
    come_in(camt([one(Paid(reference=REFERENCE))]))
    assert state_of(bill)[0] == "paid"


def test_each_change_stands_in_the_log_with_the_person_it_is_about(come_in: Import) -> None:
    bill = invoice()
    come_in(camt([one(Paid(reference=REFERENCE))]))
    with acting_as_service("test"):
        entry = LogEntry.objects.get(object_pk=str(bill.pk), action=1)
        assert entry.changes["state"] == ["open", "paid"]
        assert (entry.subjects, entry.controller_id, entry.actor_id) == ([bill.customer_id], 2, "import-payments")
        made = LogEntry.objects.get(object_pk=str(Payment.objects.get().pk))
        assert made.changes["payer_name"] == [None, "Maija Äijälä"]
        assert made.subjects == [bill.customer_id]
        assert LogEntry.objects.filter(content_type__model="paymentallocation").count() == 1


def test_what_does_not_fit_goes_on_the_work_list_with_its_reason(come_in: Import) -> None:
    paid = invoice("1245", state="paid", paid_eur=Decimal("100.00"), settled_on=date(2026, 11, 1))
    much, little, twice = invoice("1258"), invoice("1261"), invoice("1274")
    report = come_in(
        camt(
            [
                one(Paid(), reference="E1"),
                one(Paid(reference="13"), reference="E2"),
                one(Paid(reference="13330"), reference="E3"),
                one(Paid(reference="ISR 12 34", scheme="ISR Reference"), reference="E4"),
                one(Paid(reference="RF18539007547034"), reference="E5"),
                one(Paid(reference=REFERENCE, currency="SEK"), currency="SEK", reference="E6"),
                one(Paid(reference="1245"), reference="E7"),
                one(Paid(reference="1258", amount="120.50"), reference="E8"),
                one(Paid(reference="1261", amount="70.00"), reference="E9"),
                one(Paid(reference="1274"), reference="E10"),
                one(Paid(reference="1274"), reference="E11"),
                one(Paid(reference="1274"), direction="DBIT", is_reversal=True, reference="E12"),
            ]
        )
    )
    assert report["code"] == 0
    assert cases() == [
        ("no-reference", Decimal("100.00")),
        ("foreign-reference", Decimal("100.00")),
        ("unknown-reference", Decimal("100.00")),
        ("foreign-reference", Decimal("100.00")),
        ("foreign-reference", Decimal("100.00")),
        ("foreign-currency", Decimal("100.00")),
        ("paid-already", Decimal("100.00")),
        ("too-much", Decimal("20.50")),
        ("too-little", Decimal("30.00")),
        ("paid-already", Decimal("100.00")),
        ("returned", Decimal("100.00")),
    ]
    assert report["counts"]["foreign-reference"] == 3
    assert state_of(paid)[1] == Decimal("100.00")
    assert state_of(much) == ("paid", Decimal("100.00"), date(2026, 11, 20))
    assert state_of(little) == ("open", Decimal("70.00"), None)
    assert state_of(twice)[1] == Decimal("100.00")
    with acting_as_service("test"):
        overpaid = PaymentCase.objects.get(reason="too-much")
        assert overpaid.payment.customer_id == much.customer_id
        again = PaymentCase.objects.get(reason="paid-already", payment__reference="1245")
        assert again.payment.customer_id == paid.customer_id
        foreign = PaymentCase.objects.get(reason="foreign-currency")
        assert (foreign.payment, foreign.currency, foreign.payer_name) == (None, "SEK", "Maija Äijälä")


def test_a_later_payment_completes_what_was_paid_too_little(come_in: Import) -> None:
    bill = invoice()
    come_in(camt([one(Paid(reference=REFERENCE, amount="60.00"))]), "a.xml")
    assert cases() == [("too-little", Decimal("40.00"))]
    report = come_in(camt([one(Paid(reference=REFERENCE, amount="40.00"), reference="E2")]), "b.xml")
    assert report["counts"]["cases_closed"] == 1
    assert state_of(bill)[0] == "paid"
    with acting_as_service("test"):
        assert PaymentCase.objects.get().state == "settled"


def test_two_parts_in_one_file_make_a_whole(come_in: Import) -> None:
    bill = invoice()
    come_in(camt([one(Paid(reference=REFERENCE, amount="60.00"), Paid(reference=REFERENCE, amount="40.00"))]))
    assert state_of(bill)[:2] == ("paid", Decimal("100.00"))
    assert cases() == []


def test_one_reference_of_several_invoices_pays_the_oldest_first(come_in: Import) -> None:
    late = invoice(due_on=date(2026, 11, 30), invoiced_on=date(2026, 11, 1))
    early = invoice(due_on=date(2026, 11, 10), invoiced_on=date(2026, 10, 1))
    come_in(camt([one(Paid(reference=REFERENCE, amount="150.00"))]))
    assert state_of(early)[0] == "paid"
    assert state_of(late)[:2] == ("open", Decimal("50.00"))
    assert cases() == [("too-little", Decimal("50.00"))]


def test_the_same_reference_of_the_other_controller_is_not_meant(come_in: Import) -> None:
    other = invoice(controller_id=1)
    come_in(camt([one(Paid(reference=REFERENCE))]))
    assert state_of(other)[0] == "open"
    assert cases() == [("unknown-reference", Decimal("100.00"))]


def test_the_same_file_again_changes_nothing_and_says_so(come_in: Import) -> None:
    bill = invoice()
    content = camt([one(Paid(reference=REFERENCE))])
    come_in(content)
    report = come_in(content, "again.xml")
    assert (report["state"], report["code"]) == ("known", 0)
    assert state_of(bill)[1] == Decimal("100.00")


@pytest.mark.parametrize("with_references", [True, False])
def test_the_same_entry_in_a_statement_after_its_notification_is_booked_once(
    come_in: Import, with_references: bool
) -> None:
    bill = invoice()
    named = {"reference": "E1" if with_references else ""}
    entries = [
        Entry([Paid(reference=REFERENCE)], **named),
        Entry([Paid(reference="13330")], **named | {"booked_on": "2026-11-19"}),
    ]
    if with_references:
        entries[1].reference = "E2"
    come_in(camt(entries), "notification.xml")
    report = come_in(camt(entries, message="053", version="02"), "statement.xml")
    assert (report["state"], report["counts"]["payments"], report["counts"]["known"]) == ("imported", 0, 2)
    assert report["counts"]["stated"] == 2
    assert state_of(bill)[1] == Decimal("100.00")
    with acting_as_service("test"):
        assert [row.stated_on for row in Payment.objects.order_by("booked_on")] == [
            date(2026, 11, 19),
            date(2026, 11, 20),
        ]


def test_a_batch_of_a_statement_waits_for_its_notification(come_in: Import) -> None:
    bill = invoice()
    batch = Entry(reference="BATCH", amount="150.00")
    come_in(camt([batch], message="053"), "statement.xml")
    assert cases() == [("batch", Decimal("150.00"))]
    whole = Entry([Paid(reference=REFERENCE), Paid(reference="13330", amount="50.00")], reference="BATCH")
    report = come_in(camt([whole]), "notification.xml")
    assert (report["counts"]["payments"], report["counts"]["cases_closed"]) == (2, 1)
    assert state_of(bill)[0] == "paid"
    assert come_in(camt([batch], message="053", version="04"), "later.xml")["counts"]["known"] == 1


def test_several_statements_of_one_file_all_count(come_in: Import) -> None:
    first, second = invoice("1245"), invoice("1258")
    come_in(camt_of([[one(Paid(reference="1245"))], [one(Paid(reference="1258"), reference="E2")]], message="053"))
    assert (state_of(first)[0], state_of(second)[0]) == ("paid", "paid")


def test_outgoing_and_announced_entries_are_left_out_and_counted(come_in: Import) -> None:
    report = come_in(camt([one(Paid(), direction="DBIT"), one(Paid(), status="PDNG", reference="E2")]))
    assert (report["counts"]["outgoing"], report["counts"]["pending"], report["counts"]["payments"]) == (1, 1, 0)


def test_an_account_that_is_none_of_ours_needs_to_be_told_whose_it_is(come_in: Import) -> None:
    bill = invoice()
    content = camt([one(Paid(reference=REFERENCE))], iban="SE4550000000058398257466")
    report = come_in(content)
    assert (report["state"], report["code"], report["faults"][0]["code"]) == ("refused", 1, "unknown-account")
    assert come_in(content, controller="network")["state"] == "imported"
    assert state_of(bill)[0] == "paid"


def test_the_dry_run_tells_all_and_keeps_nothing(come_in: Import) -> None:
    bill = invoice()
    report = come_in(camt([one(Paid(reference=REFERENCE))]), dry_run=True)
    assert (report["state"], report["counts"]["invoices_paid"]) == ("previewed", 1)
    assert state_of(bill)[0] == "open"
    with acting_as_service("test"):
        assert not Payment.objects.exists()
        assert not ImportSource.objects.exists()
        assert ImportRun.objects.get().state == "previewed"


def test_the_source_file_is_kept_encrypted(come_in: Import, tmp_path: Path) -> None:
    come_in(camt([one(Paid(reference=REFERENCE))]))
    with acting_as_service("test"):
        assert ImportSource.objects.get().name == "bank.xml"
    stored = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert stored
    assert not any("Äijälä".encode() in path.read_bytes() for path in stored)


def test_the_report_of_a_person_is_a_table(come_in: Import, tmp_path: Path) -> None:
    come_in(camt([one(Paid(reference=REFERENCE))]))
    out = io.StringIO()
    call_command("import_payments", str(tmp_path / "bank.xml"), stdout=out, stderr=io.StringIO())
    assert "bank.xml" in out.getvalue()
    assert "ennestään" in out.getvalue() or "jo" in out.getvalue()


def test_a_batch_whose_payments_do_not_sum_up_is_refused(come_in: Import) -> None:
    report = come_in(camt([Entry([Paid(), Paid()], reference="E1", amount="150.00")]))
    assert [fault["code"] for fault in report["faults"]] == ["another-sum"]


def test_a_reader_of_a_million_payments_would_hold_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "bank.xml"
    path.write_bytes(camt([Entry([Paid(amount="1.00", reference=REFERENCE)] * 2_000, reference="E1")]))
    found = list(CamtFile(path))
    assert len(found) == 2_000
    assert len({each.bank_reference for each in found}) == 2_000
