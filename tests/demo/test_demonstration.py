"""The demonstration register: every item filled, every state there, the edges of retention on both sides."""

import csv
import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.db.models import Count, Q
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from billing.models import BankAccount, CreditInformation, Invoice, InvoiceRow
from customers.models import Customer, Mandate, MarketingPermission, PostalCode, PowerOfAttorney, Prospect
from customers.operations.marketing import has_objected
from demo.operations import UnableToLoadDemonstration, load_demonstration
from demo.town import SMALLEST, Town
from recordings.models import Recording
from register.audit.acting import acting_as_service
from register.audit.models import LogEntry
from register.crypto.files import EncryptedFile
from register.datamap.formats import clean_gsrn, clean_iban, clean_identity_code, clean_reference
from register.datamap.map import DataMap
from register.work.models import ImportRun
from sites.models import ConsumptionCorrection, ConsumptionDay, Contract, Series, Site

UNTIL = datetime.date(2026, 11, 24)
NOW = datetime.datetime(2026, 11, 24, 9, tzinfo=datetime.UTC)
TEN_YEARS_AGO, ONE_YEAR_AGO = datetime.date(2016, 11, 24), datetime.date(2025, 11, 24)
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def _files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with override_settings(REGISTER_FILES_DIR=str(tmp_path_factory.mktemp("files"))):
        yield


@pytest.fixture(scope="module")
def _register(django_db_setup: None, django_db_blocker: DjangoDbBlocker, _files: None) -> Iterator[None]:
    """A demonstration register, loaded once for this file and rolled back."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        patch.setattr("demo.consumption.DAYS_OF_FEW", 365)
        load_demonstration(customers=400, seed=1, until=UNTIL, at=NOW)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def register(_register: None) -> Iterator[None]:
    with acting_as_service("test"):
        yield


def _filled(model: type[models.Model], name: str) -> bool:
    """Tell whether some row has something in that column."""
    field = model._meta.get_field(name)
    empty = Q(**{f"{name}__isnull": True})
    if isinstance(field, models.CharField | models.TextField):
        empty |= Q(**{name: ""})
    return model._default_manager.exclude(empty).exists()


def test_every_item_of_the_seed_is_filled_wherever_it_has_a_home(register: None) -> None:
    seed = {row["id"] for row in csv.DictReader(Path("docs/seed/items.csv").read_text(encoding="utf-8").splitlines())}
    assert len(seed) == 56
    seen, empty = set(), []
    for model in apps.get_models():
        data_map = model.__dict__.get("data_map")
        if not isinstance(data_map, DataMap):
            continue
        for item, names in data_map.fields.items():
            seen.add(item.seed)
            empty += [f"{item.seed} {model.__name__}.{name}" for name in names if not _filled(model, name)]
    assert empty == []
    assert seen == seed


@pytest.mark.item("C13")
def test_every_state_of_a_contract_is_there(register: None) -> None:
    states = {tenancy.state(UNTIL) for tenancy in Town(customers=400, seed=1, until=UNTIL).tenancies}
    assert states == {"coming", "running", "ending", "ended", "cancelled"}
    assert Contract.objects.filter(started_on__gt=UNTIL, is_cancelled=False).exists()
    assert Contract.objects.filter(is_cancelled=True).exists()


def test_contracts_ended_on_each_side_of_ten_years_ago(register: None) -> None:
    for days in (-31, -2, -1, 0, 1, 2, 31):
        end = TEN_YEARS_AGO + days * DAY
        ended = Contract.objects.filter(ended_on=end, line="network")
        assert ended.filter(holders__customer__relationship_ended_on=end).exists(), f"{days}: gone for good"
        assert ended.filter(holders__customer__relationship_ended_on=None).exists(), f"{days}: has another"
    assert Customer.objects.filter(relationship_ended_on=TEN_YEARS_AGO - 31 * DAY, invoices=None).exists(), "due"
    ages = Contract.objects.filter(ended_on__lt=UNTIL).dates("ended_on", "year")
    assert len(ages) >= 10


@pytest.mark.item("S04")
def test_the_group_sold_electricity_until_the_end_of_2018_and_others_since(register: None) -> None:
    supply = Contract.objects.filter(line="supply")
    turn = datetime.date(2019, 1, 1)
    assert supply.filter(ended_on=turn).count() > 20
    assert not supply.filter(Q(ended_on=None) | Q(ended_on__gt=turn)).exists()
    network = Contract.objects.filter(line="network", is_cancelled=False)
    assert network.exclude(supplier_name="").filter(ended_on=None).exists()
    assert not network.filter(ended_on__lte=turn).exclude(supplier_name="").exists()
    assert Site.objects.filter(distribution_system_operator="Kuopion Sähköverkko Oy").exists()


def test_marketing_rows_and_each_kind_of_call_on_each_side_of_a_year_ago(register: None) -> None:
    for days in (-2, -1, 0, 1, 2):
        day = ONE_YEAR_AGO + days * DAY
        assert Prospect.objects.filter(processed_on=day).exists()
        kinds = Recording.objects.filter(called_on=day).values_list("kind", flat=True)
        assert set(kinds) == set(Recording.Kind.values)


def test_invoices_and_credit_information_on_each_side_of_ten_years_ago(register: None) -> None:
    near = (TEN_YEARS_AGO - 3 * DAY, TEN_YEARS_AGO)
    after = (TEN_YEARS_AGO, TEN_YEARS_AGO + 35 * DAY)
    assert Invoice.objects.filter(invoiced_on__range=near).exists()
    assert Invoice.objects.filter(invoiced_on__range=after).exists()
    assert Invoice.objects.filter(invoiced_on__lt=TEN_YEARS_AGO, settled_on=None).exists(), "old and unpaid"
    assert CreditInformation.objects.filter(retrieved_on__range=(near[0], after[1])).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(day), max(day) FROM sites_consumptionday WHERE day < %s", [TEN_YEARS_AGO + 20 * DAY])
        first, last = cursor.fetchone()
    assert first < TEN_YEARS_AGO < last


@pytest.mark.item("B06")
def test_invoices_are_open_overdue_disputed_in_collection_and_credited(register: None) -> None:
    assert set(Invoice.objects.values_list("state", flat=True)) == set(Invoice.State.values)
    assert Invoice.objects.filter(kind="credit-note").exists()
    assert Invoice.objects.filter(state="open", due_on__lt=UNTIL).exists()
    for invoice in Invoice.objects.filter(kind="invoice").prefetch_related("rows")[:200]:
        assert sum(row.amount_eur for row in invoice.rows.all()) == invoice.total_eur


@pytest.mark.item("S09")
def test_invoices_bill_what_the_readings_say(register: None) -> None:
    compared = 0
    rows = InvoiceRow.objects.filter(position=1, started_on__gte=datetime.date(2026, 1, 1), invoice__kind="invoice")
    for row in rows.select_related("invoice")[:300]:
        contract = row.invoice.contracts.get().contract
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sum(one), count(*) FILTER (WHERE one IS NULL) FROM sites_consumptionday, unnest(wh) AS one"
                " WHERE site_id = %s AND series <> 2 AND day >= %s AND day < %s",
                [contract.site_id, row.started_on, row.ended_on],
            )
            wh, gaps = cursor.fetchone()
        is_whole = row.started_on.day == row.ended_on.day == 1
        if wh is not None and not gaps and is_whole:
            compared += 1
            assert row.quantity * 1000 == wh
    assert compared > 100


def test_people_of_every_kind_are_there(register: None) -> None:
    assert set(Customer.objects.values_list("kind", flat=True)) == set(Customer.Kind.values)
    assert set(Customer.objects.values_list("language", flat=True)) == {"fi", "sv", "en"}
    assert Customer.objects.filter(is_protected=True).exists()
    assert set(Mandate.objects.values_list("role", flat=True)) == set(Mandate.Role.values)
    assert PowerOfAttorney.objects.exclude(stored_as="").exists()
    minors = Customer.objects.filter(birth_on__gt=datetime.date(2008, 11, 24))
    assert minors.exists() and not minors.exclude(mandates__role="guardian").exists()
    assert Customer.objects.annotate(sites=Count("held__contract__site", distinct=True)).filter(sites__gte=3).exists()
    assert Customer.objects.filter(held=None).exclude(relationship_ended_on=None).exists(), "only asked for a price"
    assert Contract.objects.annotate(count=Count("holders")).filter(count=2).exists()


@pytest.mark.item("C14")
@pytest.mark.item("O04")
def test_permissions_and_prohibitions_of_both_kinds_with_their_history(register: None) -> None:
    kinds = set(MarketingPermission.objects.values_list("ground", "is_allowed"))
    assert {("customer", True), ("customer", False), ("statute", False)} <= kinds
    assert MarketingPermission.objects.exclude(ended_at=None).exists()


def test_each_standing_prohibition_of_selling_keeps_its_address_from_lists(register: None) -> None:
    prohibited = MarketingPermission.objects.filter(
        is_allowed=False, ended_at=None, purpose__in=["advertising", "distance-selling"], channel__in=["phone", "email"]
    ).select_related("customer")
    addresses = {(p.channel, p.customer.phone if p.channel == "phone" else p.customer.email) for p in prohibited}
    addresses = {(channel, address) for channel, address in addresses if address}
    assert len(addresses) > 5
    for channel, address in addresses:
        assert has_objected(channel, address)


@pytest.mark.item("S09")
def test_roofs_give_by_day_and_some_estimates_were_replaced(register: None) -> None:
    produced = ConsumptionDay.objects.filter(series=Series.ELECTRICITY_PRODUCTION)
    summer = [row for row in produced if row.day.month == 6]
    assert summer and all(sum(wh or 0 for wh in row.wh) > 0 for row in summer)
    assert all((row.wh[0] or 0) == 0 and (row.wh[-1] or 0) == 0 for row in produced if row.day.month == 12)
    correction = ConsumptionCorrection.objects.filter(series=Series.ELECTRICITY_USE).first()
    assert correction is not None
    now = ConsumptionDay.objects.get(site_id=correction.site_id, series=correction.series, day=correction.day)
    assert sum(wh or 0 for wh in correction.wh) < sum(wh or 0 for wh in now.wh)


def test_identifiers_pass_the_register_s_own_checks(register: None) -> None:
    for customer in Customer.objects.filter(identity_code__isnull=False)[:60]:
        clean_identity_code(customer.identity_code.reveal(), allow_temporary=True)
    for account in BankAccount.objects.all()[:60]:
        clean_iban(account.iban.reveal())
    for gsrn in Site.objects.values_list("gsrn", flat=True):
        clean_gsrn(gsrn)
    for model in (Contract, Invoice):
        for reference in model._default_manager.values_list("reference", flat=True)[:200]:
            clean_reference(reference)
    codes = set(PostalCode.objects.values_list("code", flat=True))
    assert set(Customer.objects.values_list("postal_code", flat=True)) <= codes
    assert Site.objects.filter(gsrn="643000000000000016").exists(), "the metering point of a real file"


def test_a_call_can_be_played(register: None) -> None:
    call = Recording.objects.first()
    assert call is not None
    file = EncryptedFile(
        call.stored_as, bytes(call.wrapped_key), table="recordings_recording", column="wrapped_key", row_id=call.pk
    )
    assert file.read().startswith(b"RIFF")
    assert file.size_bytes == call.size_bytes


def test_the_run_is_the_source_and_the_change_log_stays_empty(register: None) -> None:
    run = ImportRun.objects.get(kind="demo")
    assert run.state == "committed"
    assert not Customer.objects.exclude(import_run=run).exists()
    assert not LogEntry.objects.filter(content_type__app_label="customers").exists()


def test_it_refuses_a_register_with_customers_production_too_few_and_tomorrow(register: None) -> None:
    with pytest.raises(CommandError, match=r"empty|tyhjä"):
        call_command("demo", customers=200)
    with pytest.raises(UnableToLoadDemonstration):
        load_demonstration(customers=SMALLEST - 1, seed=1, until=UNTIL, at=NOW)
    with pytest.raises(UnableToLoadDemonstration):
        load_demonstration(customers=200, seed=1, until=UNTIL + DAY, at=NOW)
    with override_settings(IS_PRODUCTION=True), pytest.raises(UnableToLoadDemonstration):
        load_demonstration(customers=200, seed=1, until=UNTIL, at=NOW)
