"""What cannot be true, the database refuses: each constraint of ours is tried, and none is left untried."""

import datetime
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

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
    PaymentCase,
)
from customers.models import (
    ConsentedDatum,
    Customer,
    Disclosure,
    Mandate,
    MarketingPermission,
    Pin,
    Recipient,
    SatisfactionResponse,
    Suppression,
)
from dsar.models import Correction, Package, Request
from recordings.models import Recording
from register.audit.acting import acting_as_service
from sites.models import (
    ConsumptionDay,
    Contract,
    ContractHolder,
    ContractProduct,
    DeliveredDevice,
    ElectricityConnection,
    HeatConnection,
    Meter,
    Product,
    ProductPrice,
)
from tests.factories import FACTORIES

pytestmark = pytest.mark.django_db

DAY = date(2024, 3, 1)
NEXT = DAY + timedelta(days=1)
MOMENT = datetime.datetime(2024, 3, 1, 12, tzinfo=datetime.UTC)
Attempt = Callable[[], Any]


def make(model: type[models.Model], **values: Any) -> Any:
    return FACTORIES[model](**values)


def again(model: type[models.Model], *names: str, **values: Any) -> None:
    """Make a row, and another that shares these columns with it."""
    first = make(model, **values)
    make(model, **{**values, **{name: getattr(first, name) for name in names}})


def two_contracts() -> None:
    first = make(Contract, started_on=DAY)
    make(Contract, site=first.site, line=first.line, started_on=DAY + timedelta(days=100))


def two_meters() -> None:
    first = make(Meter, installed_on=DAY)
    make(Meter, site=first.site, installed_on=NEXT)


def holder_of_another_controller() -> None:
    make(ContractHolder, contract=make(Contract), controller_id=1)


def contract_of_another_controller(*, invoice_id: int, contract_id: int, link_id: int) -> None:
    make(
        InvoiceContract,
        invoice=make(Invoice, controller_id=invoice_id),
        contract=make(
            Contract, controller_id=contract_id, line="network" if contract_id == 2 else "heat", supplier_name=""
        ),
        controller_id=link_id,
    )


def settlement_of_another_controller(*, invoice_id: int, payment_id: int, link_id: int) -> None:
    make(
        PaymentAllocation,
        invoice=make(Invoice, controller_id=invoice_id),
        payment=make(Payment, controller_id=payment_id),
        controller_id=link_id,
    )


def two_permissions() -> None:
    again(MarketingPermission, "customer", "channel", "purpose", "ground", ended_at=None)


def refused_without_a_reason() -> None:
    row = make(Request)
    row.state, row.closed_on, row.closed_at = "refused", NEXT, MOMENT
    row.save()


ATTEMPTS: dict[str, Attempt] = {
    "case_is_about_money": lambda: make(PaymentCase, amount=0),
    "case_closed_has_its_moment": lambda: make(PaymentCase, state="assigned", closed_at=None),
    "case_closed_by_hand_says_why": lambda: make(PaymentCase, state="dismissed", note=""),
    "case_without_payment_is_one": lambda: again(PaymentCase, "bank_reference", payment=None, controller_id=2),
    "customer_relationship_ends_after_it_starts": lambda: make(
        Customer, relationship_started_on=NEXT, relationship_ended_on=DAY
    ),
    "customer_person_has_a_family_name": lambda: make(Customer, family_name=""),
    "customer_company_or_estate_has_a_name": lambda: make(
        Customer, kind="company", organisation_name="", identity_code=None
    ),
    "customer_business_id_is_a_companys": lambda: make(Customer, kind="person", business_id="2077474-0"),
    "customer_company_has_no_identity_code": lambda: make(
        Customer, kind="company", organisation_name="Oy", identity_code="010190-999W"
    ),
    "customer_identity_code_is_one_persons": lambda: [make(Customer, identity_code="010190-999W") for _time in (1, 2)],
    "mandate_ends_after_it_starts": lambda: make(Mandate, started_on=DAY, ended_on=DAY),
    "permission_in_force_is_one_a_channel_and_purpose": two_permissions,
    "permission_ends_after_it_was_given": lambda: make(
        MarketingPermission, given_at=MOMENT, ended_at=MOMENT - timedelta(days=1)
    ),
    "a_customer_is_pinned_once_by_an_account": lambda: again(Pin, "account_id", "customer"),
    "objection_stands_once_an_address": lambda: again(Suppression, "channel", "digest", withdrawn_on=None),
    "objection_is_withdrawn_after_it_was_made": lambda: make(Suppression, objected_on=NEXT, withdrawn_on=DAY),
    "satisfaction_score_is_from_0_to_10": lambda: make(SatisfactionResponse, score=11),
    "consent_is_withdrawn_after_it_was_given": lambda: make(ConsentedDatum, consented_on=NEXT, withdrawn_on=DAY),
    "recipient_is_within_the_eea": lambda: make(Recipient, country="US"),
    "disclosure_to_an_authority_names_its_statute": lambda: make(Disclosure, ground="authority", statute=""),
    "a_site_has_one_contract_of_a_line_at_a_time": two_contracts,
    "contract_ends_after_it_starts": lambda: make(Contract, started_on=DAY, ended_on=DAY),
    "contract_cancelled_has_an_end": lambda: make(Contract, is_cancelled=True, ended_on=None),
    "contract_supplier_is_named_on_network_contracts": lambda: make(Contract, line="heat", supplier_name="Toinen Oy"),
    "a_customer_holds_a_contract_once": lambda: again(ContractHolder, "contract", "controller_id", "customer"),
    "holder_and_contract_have_one_controller": holder_of_another_controller,
    "a_product_has_one_price_at_a_time": lambda: again(ProductPrice, "product"),
    "price_is_not_negative": lambda: make(ProductPrice, energy_c_kwh=-1),
    "a_contract_has_one_product_at_a_time": lambda: again(ContractProduct, "contract"),
    "agreed_price_is_not_negative": lambda: make(ContractProduct, basic_eur_month=-1),
    "device_is_removed_after_it_is_delivered": lambda: make(DeliveredDevice, delivered_on=NEXT, removed_on=DAY),
    "electricity_connection_has_one_or_three_phases": lambda: make(ElectricityConnection, main_fuse_phase_count=2),
    "electricity_connection_sizes_are_positive": lambda: make(ElectricityConnection, main_fuse_a=0),
    "electricity_connection_ends_after_it_starts": lambda: make(ElectricityConnection, started_on=DAY, ended_on=DAY),
    "heat_connection_power_and_flow_are_positive": lambda: make(HeatConnection, contracted_power_kw=0),
    "heat_connection_ends_after_it_starts": lambda: make(HeatConnection, started_on=DAY, ended_on=DAY),
    "meters_follow_one_another_at_a_site": two_meters,
    "meter_is_removed_after_it_is_installed": lambda: make(Meter, installed_on=DAY, removed_on=DAY),
    "meter_coordinates_are_in_finland": lambda: make(Meter, latitude=48, longitude=2),
    "a_controller_bills_a_customer_in_one_way": lambda: again(BillingAccount, "customer", "controller_id"),
    "bank_account_ends_after_it_starts": lambda: make(BankAccount, started_on=NEXT, ended_on=DAY),
    "credit_is_current_after_its_retrieval": lambda: make(CreditInformation, retrieved_on=NEXT, current_until=DAY),
    "credit_is_asked_with_a_reason": lambda: make(CreditInformation, reason=""),
    "invoice_number_is_one_a_controller": lambda: again(Invoice, "controller_id", "number"),
    "invoice_is_due_after_its_date": lambda: make(Invoice, invoiced_on=NEXT, due_on=DAY),
    "invoice_total_is_not_negative": lambda: make(Invoice, total_eur=-1),
    "credit_note_total_is_not_positive": lambda: make(Invoice, kind="credit-note", total_eur=1),
    "invoice_paid_is_not_negative": lambda: make(Invoice, paid_eur=-1),
    "invoice_paid_has_its_day": lambda: make(Invoice, state="paid", settled_on=None),
    "an_invoice_names_a_contract_once": lambda: again(InvoiceContract, "invoice", "contract", "controller_id"),
    "invoice_contract_and_invoice_agree": lambda: contract_of_another_controller(
        invoice_id=1, contract_id=2, link_id=2
    ),
    "invoice_contract_and_contract_agree": lambda: contract_of_another_controller(
        invoice_id=2, contract_id=1, link_id=2
    ),
    "invoice_rows_are_numbered": lambda: again(InvoiceRow, "invoice", "position"),
    "invoice_row_tax_is_a_percentage": lambda: make(InvoiceRow, vat_percent=101),
    "invoice_row_ends_after_it_starts": lambda: make(InvoiceRow, started_on=DAY, ended_on=DAY),
    "charge_is_not_negative": lambda: make(Charge, amount_eur=-1),
    "payment_is_not_nothing": lambda: make(Payment, amount_eur=0),
    "payment_is_booked_once": lambda: again(Payment, "controller_id", "bank_reference"),
    "a_payment_settles_an_invoice_once": lambda: again(PaymentAllocation, "payment", "invoice", "controller_id"),
    "settlement_is_not_nothing": lambda: make(PaymentAllocation, amount_eur=0),
    "allocation_and_invoice_agree": lambda: settlement_of_another_controller(invoice_id=1, payment_id=2, link_id=2),
    "allocation_and_payment_agree": lambda: settlement_of_another_controller(invoice_id=2, payment_id=1, link_id=2),
    "recording_day_is_the_helsinki_day_of_the_call": lambda: make(
        Recording, called_at=datetime.datetime(2024, 3, 1, 22, 30, tzinfo=datetime.UTC), called_on=DAY
    ),
    "request_is_identified_before_it_is_answered": lambda: make(Request, state="identified"),
    "request_identity_check_is_whole": lambda: make(Request, identity_method="document"),
    "request_closed_has_its_day": lambda: make(Request, closed_on=NEXT),
    "request_refusal_has_its_reason": refused_without_a_reason,
    "request_extension_has_its_reason": lambda: make(Request, is_extended=True, extension_reason=""),
    "request_is_due_after_it_is_received": lambda: make(Request, received_on=DAY, first_due_on=DAY, due_on=DAY),
    "package_made_has_its_file": lambda: make(Package, made_at=None),
    "a_datum_is_corrected_once_a_request": lambda: again(Correction, "request", "field"),
    "energy_is_not_negative": lambda: make(ConsumptionDay, day=DAY, wh=[-1] * 24),
    "a_slot_is_a_quarter_or_an_hour": lambda: make(ConsumptionDay, day=DAY, resolution_min=30, wh=[1] * 48),
    "a_day_has_the_slots_of_its_helsinki_day": lambda: make(ConsumptionDay, day=date(2024, 3, 31), wh=[1] * 24),
    "quality_is_of_the_day_or_of_each_slot": lambda: make(ConsumptionDay, day=DAY, wh=[1] * 24, quality=[1, 1]),
}
# Unique with another constraint's columns, only so that a foreign key of two columns can refer to them.
ONLY_REFERRED_TO = {"contract_and_its_controller", "invoice_and_its_controller", "payment_and_its_controller"}
OURS = ("customers_", "sites_", "billing_", "recordings_", "dsar_")


def named_constraints() -> set[str]:
    """Give the constraints of the five apps whose names are sentences of ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT conname FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid
            WHERE contype IN ('c', 'x', 'u', 'f') AND NOT t.relispartition
                AND relname ~ '^(customers|sites|billing|recordings|dsar)_'
            UNION SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = indexrelid
                JOIN pg_class t ON t.oid = indrelid
            WHERE indisunique AND indpred IS NOT NULL AND t.relname ~ '^(customers|sites|billing|recordings|dsar)_'"""
        )
        return {name for (name,) in cursor.fetchall() if not name.startswith(OURS)}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_database_refuses(name: str) -> None:
    with pytest.raises(IntegrityError) as caught, acting_as_service("test"), transaction.atomic():
        ATTEMPTS[name]()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.diag.constraint_name == name  # type: ignore[attr-defined]


def test_no_constraint_is_left_untried() -> None:
    checked_by_django = {name for name in named_constraints() if name.endswith(("_check", "_uniq", "_not_null"))}
    assert named_constraints() - checked_by_django - ONLY_REFERRED_TO - set(ATTEMPTS) == set()
    assert set(ATTEMPTS) <= named_constraints()


def test_a_person_or_estate_may_hold_contracts_of_both_controllers_at_many_sites() -> None:
    with acting_as_service("test"):
        estate = make(Customer, kind="estate", organisation_name="Äijälän kuolinpesä")
        for line, controller in (("network", 2), ("heat", 1), ("supply", 1)):
            contract = make(Contract, line=line, controller_id=controller, supplier_name="")
            make(ContractHolder, contract=contract, controller_id=controller, customer=estate)
        make(ContractHolder, contract=contract, controller_id=1)
        assert estate.held.count() == 3
        assert contract.holders.count() == 2


def test_the_next_resident_may_start_on_the_very_day_on_which_the_last_contract_is_no_longer_in_effect() -> None:
    with acting_as_service("test"):
        first = make(Contract, started_on=DAY, ended_on=NEXT)
        assert make(Contract, site=first.site, line=first.line, started_on=NEXT).pk


def test_a_cancelled_contract_leaves_its_days_free() -> None:
    with acting_as_service("test"):
        first = make(Contract, started_on=DAY, ended_on=DAY, is_cancelled=True)
        assert make(Contract, site=first.site, line=first.line, started_on=DAY).pk
        assert make(Product).pk
