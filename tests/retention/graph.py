"""A customer with all that can hang on one, a canary in every free text, and a look into every table."""

import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models

from customers.models import SearchWord
from register.access.guard import another_role
from register.crypto.fields import BlindIndexField, EncryptedTextField
from register.datamap.registry import own_map
from tests.factories import audit, billing, customers, dsar, recordings, sites, work
from tests.harness.roles import as_role

Rows = dict[type[models.Model], Any]


def full_customer(last_day: datetime.date | None, *, site: Any = None, **names: Any) -> Rows:
    """Make a customer with a row of every table that can be about one; all clocks run from `last_day`."""
    customer = customers.CustomerFactory.create(last_day=last_day, **names)
    agent = customers.RepresentativeFactory.create(last_day=last_day)
    mandate = customers.MandateFactory.create(customer=customer, representative=agent)
    site = site or sites.SiteFactory.create()
    contract = sites.ContractFactory.create(last_day=last_day, site=site)
    account = billing.BillingAccountFactory.create(customer=customer)
    invoice = billing.InvoiceFactory.create(last_day=last_day, customer=customer, billing_account=account)
    payment = billing.PaymentFactory.create(last_day=last_day, customer=customer)
    call = recordings.RecordingFactory.create(last_day=last_day, customer=customer)
    look = audit.ReadEventFactory.create(last_day=last_day)
    made = [
        *(customer, agent, mandate, contract, account, invoice, payment, call, look),
        customers.PowerOfAttorneyFactory.create(mandate=mandate),
        customers.DisclosureFactory.create(customer=customer, representative=agent),
        customers.SearchTokenFactory.create(customer=customer, token=customer.family_name.lower()),
        customers.RunningCallFactory.create(customer=customer),
        customers.PinFactory.create(customer=customer),
        sites.ContractHolderFactory.create(contract=contract, customer=customer),
        sites.ContractProductFactory.create(contract=contract),
        sites.HomeDetailsFactory.create(contract=contract),
        sites.DiaryEntryFactory.create(contract=contract, customer=customer),
        sites.DeliveredDeviceFactory.create(contract=contract),
        sites.ConsumptionDayFactory.create(site=site, last_day=last_day),
        sites.ConsumptionCorrectionFactory.create(site=site, last_day=last_day),
        billing.BankAccountFactory.create(customer=customer, last_day=last_day),
        billing.CreditInformationFactory.create(customer=customer, last_day=last_day),
        billing.InvoiceContractFactory.create(invoice=invoice, contract=contract),
        billing.InvoiceRowFactory.create(invoice=invoice),
        billing.ChargeFactory.create(invoice=invoice),
        billing.PaymentAllocationFactory.create(payment=payment, invoice=invoice),
        billing.PaymentCaseFactory.create(payment=payment, last_day=last_day),
        recordings.ListeningFactory.create(recording=call),
        *_told(customer),
        *_asked(customer, last_day),
        audit.ReadSubjectFactory.create(event=look, customer_id=customer.pk),
        work.ImportSourceFactory.create(last_day=last_day or datetime.date(2026, 11, 2)),
    ]
    SearchWord.objects.get_or_create(word=customer.family_name.lower())
    return {type(row): row for row in made}


def _told(customer: Any) -> list[Any]:
    """What a customer told or used."""
    return [
        customers.ContactFactory.create(customer=customer),
        customers.ServiceUseFactory.create(customer=customer),
        customers.SatisfactionResponseFactory.create(customer=customer),
        customers.ConsentedDatumFactory.create(customer=customer),
        customers.MarketingPermissionFactory.create(customer=customer),
    ]


def _asked(customer: Any, last_day: datetime.date | None) -> list[Any]:
    """A request that is answered and extended, with a row of all that hangs on one, and a package of it."""
    asked = dsar.RequestFactory.create(last_day=last_day, customer_id=customer.pk, is_checked=True, is_extended=True)
    package = dsar.PackageFactory.create(last_day=last_day, request=asked, customer_id=customer.pk)
    return [
        asked,
        dsar.RequestEventFactory.create(request=asked),
        dsar.CorrectionFactory.create(request=asked),
        package,
        dsar.PackageDownloadFactory.create(package=package),
    ]


def put_canaries(rows: Rows, canary: str) -> None:
    """Write the canary into every free text of the rows, through save(), so that the change log has it too.

    As the owner, for the application may not change the rows of logs.
    """
    with as_role("owner"):
        for row in rows.values():
            names = [field.name for field in free_texts(type(row))]
            for name in names:
                length = row._meta.get_field(name).max_length
                setattr(row, name, canary[:length] if length else canary)
            if names:
                row.save(update_fields=names)


def free_texts(model: type[models.Model]) -> list[models.Field]:
    """Give the text columns of a model into which any text may be written."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not isinstance(field, EncryptedTextField)
        and not field.choices
        and not field.primary_key
        and (field.max_length or 100) >= 30
        and field.name not in (*_files(model), "supplier_name", "token")
    ]


def secrets_of(rows: Rows) -> list[str]:
    """Give ciphertexts, blind indexes and names of files, as they look in a dump."""
    found = []
    for row in rows.values():
        for field in row._meta.concrete_fields:
            value = getattr(row, field.attname)
            if isinstance(field, BlindIndexField) and value:
                found.append(bytes(value).hex())
            elif isinstance(field, EncryptedTextField) and value:
                found.append(bytes(value.ciphertext).hex())
        found += [getattr(row, name) for name in _files(type(row))]
    return found


def dump() -> dict[str, list[str]]:
    """Give every row of every table as text, as the owner sees it: nothing is hidden."""
    with as_role("owner"), another_role(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found[table] = [text for (text,) in cursor.fetchall()]
        return found


def tables_with(text: str, tables: dict[str, list[str]]) -> set[str]:
    """Give the tables in which a text stands."""
    return {table for table, rows in tables.items() if any(text in row for row in rows)}


def rows_of(rows: Rows) -> dict[str, list[str]]:
    """Give the rows as text, and their log entries, as the database has them."""
    found: dict[str, list[str]] = {}
    with as_role("owner"), another_role(), connection.cursor() as cursor:
        for row in rows.values():
            table = row._meta.db_table
            key = row._meta.pk
            if isinstance(key, models.CompositePrimaryKey):
                own = f'SELECT t::text FROM "{table}" t WHERE site_id = %s AND day = %s'
                cursor.execute(own, [row.site_id, row.day])
            else:
                cursor.execute(f'SELECT t::text FROM "{table}" t WHERE "{key.column}" = %s', [row.pk])
            found[table] = [text for (text,) in cursor.fetchall()]
            kind = ContentType.objects.get_for_model(type(row)).pk
            log = "SELECT t::text FROM audit_logentry t WHERE content_type_id = %s AND object_pk = %s ORDER BY id"
            cursor.execute(log, [kind, str(row.pk)])
            found[f"log of {table} {row.pk}"] = [text for (text,) in cursor.fetchall()]
    return found


def _files(model: type[models.Model]) -> list[str]:
    data_map = own_map(model)
    return list(data_map.files) if data_map else []
