"""Representatives, devices, past payments and the marketing register come in as tables, whole or not at all."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from billing.models import Invoice, Payment, PaymentAllocation
from customers.models import Customer, Mandate, Prospect, Representative, Suppression
from customers.operations.marketing import suppression_digest
from register.access.guard import another_role
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.models import LogEntry
from register.work.models import ImportRun, Job
from retention.tasks import delete_rows_of_an_undone_import
from sites.imports.undo import undo_register_import
from sites.models import Contract, DeliveredDevice
from tests.factories import FACTORIES
from tests.harness.roles import as_role
from tests.sites.tables import run, written

pytestmark = [pytest.mark.django_db, pytest.mark.clause("R2")]


@pytest.fixture
def come_in(tmp_path: Path, settings: Any) -> Any:
    settings.REGISTER_FILES_DIR = tmp_path / "files"

    def come_in(text: str, kind: str) -> dict[str, Any]:
        return run(written(tmp_path, text), kind)

    return come_in


def make(model: Any, **values: Any) -> Any:
    with acting_as_service("test"):
        return FACTORIES[model](**values)


def codes(report: dict[str, Any]) -> set[tuple[int, str, str]]:
    return {(fault["row"], fault["column"], fault["code"]) for fault in report["faults"]}


def undone(kind: str) -> None:
    """Undo the import of a kind, with the purge worker's part."""
    with acting_as_service("test"):
        run = ImportRun.objects.get(kind=kind, state="committed")
        undo_register_import(run=run, actor=Actor.service("test"), at=timezone.now())
    deletion = Job.objects.filter(queue=Job.Queue.PURGE).latest("asked_at")
    with as_role("purge"), another_role():
        assert dict(delete_rows_of_an_undone_import(deletion))["refused"] == 0


REPRESENTATIVES = (
    "asiakasnumero;rooli;etunimet;sukunimi;henkilötunnus;puhelin;alkaen\n"
    "R1;edunvalvoja;Veikko;Ätolä;010190-999W;040 1234567;1.1.2024\n"
    "R2;;Veikko;Ätolä;010190-999W;;1.2.2024\n"
)


@pytest.mark.item("C07")
def test_one_representative_stands_for_two_customers(come_in: Any) -> None:
    make(Customer, number="R1", relationship_ended_on=None)
    make(Customer, number="R2", relationship_ended_on=date(2025, 1, 1))
    assert come_in(REPRESENTATIVES, "representatives")["status"] == 0
    with acting_as_service("test"):
        row = Representative.objects.get()
        assert (row.family_name, row.phone, row.relationship_ended_on) == ("Ätolä", "+358401234567", None)
        assert row.identity_code is not None
        assert row.identity_code.reveal() == "010190-999W"
        assert sorted(Mandate.objects.values_list("customer__number", "role")) == [
            ("R1", "guardian"),
            ("R2", "contact"),
        ]
        masked = LogEntry.objects.filter(object_pk=str(row.pk)).earliest("id")
        assert masked.changes["identity_code"] == [None, "•••"]
    again = come_in(REPRESENTATIVES.replace("040 1234567", "040 7654321"), "representatives")
    assert again["counts"]["created"] == 0
    with acting_as_service("test"):
        assert Representative.objects.get().phone == "+358407654321"


@pytest.mark.item("C07")
def test_a_representative_of_nobody_is_refused_and_an_import_is_undone(come_in: Any) -> None:
    make(Customer, number="R1")
    assert codes(come_in(REPRESENTATIVES, "representatives")) == {(3, "customer_number", "unknown-customer")}
    make(Customer, number="R2")
    come_in(REPRESENTATIVES, "representatives")
    undone("representatives")
    with acting_as_service("test"):
        assert not Representative.objects.exists()
        assert not Mandate.objects.exists()


DEVICES = (
    "sopimus;laite;malli;sarjanumero;toimitettu;poistettu\nS-1;lämmönsiirrin;LS 2;77;1.3.2024;\n"
    "S-1;latausasema;;;5.3.2024;\n"
)


@pytest.mark.item("S10")
def test_devices_come_in_by_contract_and_are_changed_by_their_number(come_in: Any) -> None:
    contract = make(Contract, number="S-1")
    assert come_in(DEVICES, "devices")["counts"]["created"] == 2
    report = come_in(DEVICES.replace("1.3.2024;\n", "1.3.2024;1.3.2026\n", 1), "devices")
    assert (report["counts"]["updated"], report["counts"]["unchanged"]) == (1, 1)
    with acting_as_service("test"):
        row = DeliveredDevice.objects.get(serial_number="77")
        assert (row.contract_id, row.controller_id, row.removed_on) == (
            contract.pk, contract.controller_id, date(2026, 3, 1),
        )  # fmt: skip
    assert codes(come_in(DEVICES.replace("S-1", "S-9"), "devices")) == {
        (2, "contract", "unknown-contract"),
        (3, "contract", "unknown-contract"),
    }


PROSPECTS = (
    "nimi;syntymävuosi;puhelin;sähköposti;osoite;postinumero;kiinnostus;kerätty;lähde\n"
    "Äijälä Maija;1980;040 1234567;;;;aurinkopaneelit;1.11.2026;Fonecta\nKoivu Veikko;;;v@example.org;;;;;\n"
)


@pytest.mark.clause("G3")
@pytest.mark.clause("T2")
def test_prospects_come_in_but_who_has_objected(come_in: Any) -> None:
    assert come_in(PROSPECTS, "prospects")["counts"]["created"] == 2
    with acting_as_service("test"):
        row = Prospect.objects.get(name="Äijälä Maija")
        assert (row.source, row.processed_on, row.birth_year) == ("R5", date(2026, 11, 1), 1980)
    later = come_in(PROSPECTS.replace("1.11.2026", "2.11.2026"), "prospects")
    assert (later["counts"]["created"], later["counts"]["unchanged"]) == (0, 2)
    with acting_as_service("test"):
        assert Prospect.objects.get(name="Äijälä Maija").processed_on == date(2026, 11, 1)  # its year runs on
        Suppression.objects.create(
            channel="email", digest=suppression_digest("email", "kielto@example.org"), objected_on=date(2026, 1, 1)
        )
    assert codes(come_in("nimi;sähköposti\nB;\n", "prospects")) == {(2, "phone", "nobody")}
    assert codes(come_in("nimi;sähköposti\nA;kielto@example.org\n", "prospects")) == {(2, "email", "objected")}


HISTORY = (
    "yhtiö;asiakasnumero;summa;maksupäivä;lasku;viite;maksaja\nverkko;H1;100,00;1.10.2026;L1;1232;Äijälä\n"
    "verkko;H1;20,50;1.9.2026;;;\n"
)


@pytest.mark.item("B08")
def test_past_payments_are_booked_once_and_settle_their_invoices(come_in: Any) -> None:
    customer = make(Customer, number="H1")
    bill = make(Invoice, number="L1", customer=customer, controller_id=2, total_eur=Decimal("100.00"))
    assert come_in(HISTORY, "payment-history")["counts"]["created"] == 2
    with acting_as_service("test"):
        bill.refresh_from_db()
        assert (bill.state, bill.settled_on) == ("paid", date(2026, 10, 1))
        assert sorted(Payment.objects.values_list("amount_eur", flat=True)) == [Decimal("20.50"), Decimal("100.00")]
        assert PaymentAllocation.objects.get().invoice_id == bill.pk
    again = come_in(HISTORY + "\n", "payment-history")
    assert (again["counts"]["created"], again["counts"]["unchanged"]) == (0, 2)
    assert codes(come_in(HISTORY.replace("100,00", "100,01"), "payment-history")) == {(2, "amount", "too-much")}


@pytest.mark.item("B08")
def test_past_payments_are_undone_with_their_invoices(come_in: Any) -> None:
    bill = make(Invoice, number="L1", customer=make(Customer, number="H1"), controller_id=2, total_eur=Decimal(100))
    assert codes(come_in(HISTORY.replace("L1", "L9"), "payment-history")) == {(2, "invoice", "unknown-invoice")}
    come_in(HISTORY, "payment-history")
    undone("payment-history")
    with acting_as_service("test"):
        bill.refresh_from_db()
        assert (bill.state, bill.paid_eur, bill.settled_on) == ("open", Decimal(0), None)
        assert not Payment.objects.exists()
