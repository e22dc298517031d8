"""Invoices of Finvoice files, as they are met, come in with their rows, each to its contract and customer."""

import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from billing.models import Invoice, InvoiceContract, InvoiceRow
from register.access.guard import another_role
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.models import LogEntry
from register.datamap.formats import rf_reference
from register.work.models import ImportRun, Job
from retention.tasks import delete_rows_of_an_undone_import
from sites.imports.files import undo_file_import
from sites.imports.undo import UnableToUndo
from sites.models import Contract, ContractHolder
from tests.billing.camt_text import Entry, Paid, camt
from tests.billing.finvoice_text import ENVELOPE, document, finvoice, invoice
from tests.factories import FACTORIES
from tests.harness.roles import as_role

pytestmark = [pytest.mark.django_db, pytest.mark.item("B06"), pytest.mark.item("B07")]
Import = Callable[..., dict[str, Any]]


@pytest.fixture
def contract(db: None) -> Contract:
    with acting_as_service("test"):
        row = FACTORIES[Contract](number="S-1", reference="1245")
        FACTORIES[ContractHolder](contract=row)
    return row


@pytest.fixture
def come_in(tmp_path: Path, settings: Any, contract: Contract) -> Import:
    settings.REGISTER_FILES_DIR = tmp_path / "files"

    def come_in(content: bytes, name: str = "invoices.xml", **options: Any) -> dict[str, Any]:
        path = tmp_path / name
        path.write_bytes(content)
        return run("import_invoices", path, **options)

    return come_in


def run(command: str, path: Path, **options: Any) -> dict[str, Any]:
    out, code = io.StringIO(), 0
    try:
        call_command(command, str(path), as_json=True, stdout=out, stderr=io.StringIO(), **options)
    except SystemExit as end:
        code = end.code
    return {"code": code, **json.loads(out.getvalue())["files"][0]}


def codes(report: dict[str, Any]) -> list[str]:
    return [fault["code"] for fault in report["faults"]]


@pytest.mark.item("B04")
@pytest.mark.item("B05")
@pytest.mark.parametrize("version", ["1.3", "2.01", "3.0"])
@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-15"])
def test_an_invoice_comes_in_with_rows_contract_and_customer(
    come_in: Import, contract: Contract, version: str, encoding: str
) -> None:
    rows = "<InvoiceRow><ArticleName>Sähkönsiirto äö</ArticleName><RowAmount>124,00</RowAmount></InvoiceRow>"
    report = come_in(finvoice(version=version, encoding=encoding, rows=rows))
    assert (report["state"], report["counts"]["created"]) == ("imported", 1)
    with acting_as_service("test"):
        row = Invoice.objects.get()
        assert (row.number, row.kind, row.controller_id, row.state) == ("7001", "invoice", 2, "open")
        assert (row.invoiced_on, row.due_on) == (date(2026, 11, 1), date(2026, 11, 15))
        assert (row.total_eur, row.vat_eur, row.reference) == (Decimal("124.00"), Decimal("24.00"), "1232")
        assert row.customer_id == ContractHolder.objects.filter(contract=contract).order_by("id")[0].customer_id
        assert InvoiceRow.objects.get().product_name == "Sähkönsiirto äö"
        assert InvoiceContract.objects.get().contract_id == contract.pk
        entry = LogEntry.objects.get(object_pk=str(row.pk))
        assert (entry.subjects, entry.controller_id) == ([row.customer_id], 2)
        part = LogEntry.objects.get(content_type__model="invoicerow")
        assert (part.subjects, part.controller_id) == ([row.customer_id], 2)


def test_a_row_keeps_quantity_price_tax_and_days(come_in: Import) -> None:
    come_in(finvoice())
    with acting_as_service("test"):
        row = InvoiceRow.objects.get()  # the second row of the file is only text
    assert (row.quantity, row.unit, row.unit_price_eur) == (Decimal(1), "kk", Decimal(100))
    assert (row.vat_percent, row.amount_eur) == (Decimal("25.5"), Decimal("124.00"))
    assert (row.started_on, row.ended_on) == (date(2026, 10, 1), date(2026, 11, 1))


def test_an_envelope_and_a_second_declaration_in_another_encoding_are_one_file(come_in: Import) -> None:
    content = (
        document(ENVELOPE) + document(invoice(), "ISO-8859-15") + document(ENVELOPE) + document(invoice(number="7002"))
    )
    assert come_in(content)["counts"]["created"] == 2


def test_several_invoices_come_in_with_and_without_declarations(come_in: Import) -> None:
    content = document(invoice()) + document(invoice(number="7002"))
    content += document(ENVELOPE + "\n" + invoice(number="7003") + "\n" + invoice(number="7004"))
    assert come_in(content)["counts"]["created"] == 4


def test_a_document_type_that_is_not_there_is_never_loaded(come_in: Import) -> None:
    content = document(invoice(version="1.3"), doctype='<!DOCTYPE Finvoice SYSTEM "http://127.0.0.1:9/Finvoice.dtd">\n')
    assert come_in(content)["counts"]["created"] == 1


def test_entities_are_refused(come_in: Import) -> None:
    content = document(invoice(), doctype='<!DOCTYPE Finvoice [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n')
    report = come_in(content)
    assert (report["code"], codes(report)) == (1, ["unreadable"])


@pytest.mark.item("C10")
@pytest.mark.parametrize("reference", ["1245", "0000001245", rf_reference("1245")])
def test_a_contract_is_found_by_its_reference_where_none_is_named(
    come_in: Import, contract: Contract, reference: str
) -> None:
    assert come_in(finvoice(agreement="", reference=reference))["state"] == "imported"
    with acting_as_service("test"):
        assert InvoiceContract.objects.get().contract_id == contract.pk
        assert Invoice.objects.get().reference == "1245"


def test_the_customer_number_chooses_among_the_holders(come_in: Import, contract: Contract) -> None:
    with acting_as_service("test"):
        second = FACTORIES[ContractHolder](contract=contract)
    come_in(finvoice(customer=second.customer.number))
    with acting_as_service("test"):
        assert Invoice.objects.get().customer_id == second.customer_id


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"agreement": "S-2"}, "unknown-contract"),
        ({"agreement": "", "reference": "1232"}, "no-contract"),
        ({"seller": "1234567-1"}, "unknown-seller"),
        ({"seller": "2064700-4"}, "unknown-contract"),
        ({"customer": "nobody"}, "another-customer"),
        ({"reference": "1233"}, "reference"),
        ({"due": "20261031"}, "due-before-date"),
        ({"type": "INV08"}, "type"),
        ({"number": ""}, "missing"),
        ({"date": "20261301"}, "day"),
        ({"total": "abc"}, "number"),
        ({"total": "1e9"}, "number"),
        ({"total": ""}, "no-total"),
        ({"currency": "SEK"}, "currency"),
        ({"version": "9.0"}, "version"),
    ],
)
def test_what_cannot_come_in_is_refused_with_its_reason_and_nothing_is_kept(
    come_in: Import, values: dict[str, str], code: str
) -> None:
    report = come_in(finvoice() + finvoice(**{"number": "7009", **values}))
    assert (report["state"], report["code"], codes(report)) == ("refused", 1, [code])
    assert report["faults"][0]["line"] > 1
    with acting_as_service("test"):
        assert not Invoice.objects.exists()


def test_a_credit_note_is_negative_and_settled(come_in: Import) -> None:
    come_in(finvoice(type="INV02", total="124,00", rows="<InvoiceRow><RowAmount>-124,00</RowAmount></InvoiceRow>"))
    with acting_as_service("test"):
        row = Invoice.objects.get()
    assert (row.kind, row.total_eur, row.state, row.settled_on) == (
        "credit-note", Decimal("-124.00"), "credited", date(2026, 11, 1),
    )  # fmt: skip


def test_the_same_file_and_the_same_invoice_change_nothing(come_in: Import) -> None:
    come_in(finvoice())
    assert come_in(finvoice(), "again.xml")["state"] == "known"
    report = come_in(finvoice() + b"\n", "other.xml")
    assert (report["counts"]["created"], report["counts"]["unchanged"]) == (0, 1)
    assert codes(come_in(finvoice(total="125,00"), "changed.xml")) == ["another-content"]
    assert codes(come_in(finvoice(number="8") + finvoice(number="8"), "twice.xml")) == ["twice-in-file"]


def test_what_is_no_finvoice_is_refused_in_words(come_in: Import) -> None:
    for number, content in enumerate((b"", b"<html/>", b"%PDF", finvoice()[:-30], camt([]), document(ENVELOPE))):
        report = come_in(content, f"{number}.xml")
        assert (report["code"], codes(report)) == (1, ["unreadable"]), content[:40]


def test_a_payment_settles_an_invoice_that_came_in(come_in: Import, tmp_path: Path) -> None:
    come_in(finvoice())
    (tmp_path / "bank.xml").write_bytes(camt([Entry([Paid("124.00", "1232")], reference="E1")]))
    assert run("import_payments", tmp_path / "bank.xml", controller="network")["counts"]["invoices_paid"] == 1
    with acting_as_service("test"):
        assert Invoice.objects.get().state == "paid"


def undone() -> None:
    with acting_as_service("test"):
        undo_file_import(run=ImportRun.objects.get(kind="invoices"), actor=Actor.service("test"), at=timezone.now())


def test_an_import_is_undone_until_somebody_pays(come_in: Import, tmp_path: Path) -> None:
    come_in(finvoice())
    undone()
    deletion = Job.objects.get(queue=Job.Queue.PURGE)
    with as_role("purge"), another_role():
        assert dict(delete_rows_of_an_undone_import(deletion))["refused"] == 0
    with acting_as_service("test"):
        assert not Invoice.objects.exists()
        assert not InvoiceRow.objects.exists()


def test_a_paid_invoice_stops_the_undo(come_in: Import, tmp_path: Path) -> None:
    come_in(finvoice())
    (tmp_path / "bank.xml").write_bytes(camt([Entry([Paid("124.00", "1232")], reference="E1")]))
    run("import_payments", tmp_path / "bank.xml", controller="network")
    with pytest.raises(UnableToUndo):
        undone()
