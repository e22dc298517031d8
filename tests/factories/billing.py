"""How customers are billed, invoices with what hangs on them, payments."""

from decimal import Decimal

import factory

from billing.models import (
    BankAccount,
    BillingAccount,
    Charge,
    CreditInformation,
    Invoice,
    InvoiceContract,
    InvoiceRow,
    OwnAccount,
    Payment,
    PaymentAllocation,
    PaymentCase,
)

from .clocks import before, day_of, end_of, moment_of
from .customers import CustomerFactory
from .identity import NETWORK
from .numbers import iban, reference
from .sites import ContractFactory


class BillingAccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = BillingAccount

    customer = factory.SubFactory(CustomerFactory)
    controller_id = NETWORK
    method = "e-invoice"
    e_invoice_address = factory.Sequence(lambda number: f"0037{number:014}")
    e_invoice_operator = "003721291126"


class BankAccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = BankAccount

    class Params:
        last_day = None

    customer = factory.SubFactory(CustomerFactory)
    iban = factory.Sequence(iban)
    started_on = factory.LazyAttribute(lambda row: before(row, 1000))
    ended_on = factory.LazyAttribute(end_of)


class CreditInformationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CreditInformation

    class Params:
        last_day = None

    customer = factory.SubFactory(CustomerFactory)
    controller_id = NETWORK
    grade = "remarks"
    remark_count = 2
    reason = factory.Sequence(lambda number: f"uusi sopimus {number}")
    retrieved_on = factory.LazyAttribute(day_of)
    current_until = factory.LazyAttribute(day_of)


class InvoiceFactory(factory.django.DjangoModelFactory):
    """An open invoice, or with `last_day` one of that day, paid on it."""

    class Meta:
        model = Invoice

    class Params:
        last_day = None

    number = factory.Sequence(lambda number: f"{3000000 + number}")
    controller_id = NETWORK
    customer = factory.SubFactory(CustomerFactory)
    reference = factory.Sequence(lambda number: reference(number + 500_000))
    invoiced_on = factory.LazyAttribute(day_of)
    due_on = factory.LazyAttribute(day_of)
    total_eur = Decimal("123.45")
    vat_eur = Decimal("25.10")
    paid_eur = factory.LazyAttribute(lambda row: Decimal("123.45") if row.last_day else Decimal(0))
    state = factory.LazyAttribute(lambda row: "paid" if row.last_day else "open")
    settled_on = factory.LazyAttribute(lambda row: row.last_day)


class InvoiceContractFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = InvoiceContract

    invoice = factory.SubFactory(InvoiceFactory)
    contract = factory.SubFactory(ContractFactory)
    controller_id = factory.SelfAttribute("invoice.controller_id")


class InvoiceRowFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = InvoiceRow

    invoice = factory.SubFactory(InvoiceFactory)
    position = factory.Sequence(lambda number: number % 30000)
    product_name = factory.Sequence(lambda number: f"Siirtomaksu {number}")
    quantity = Decimal("350.000")
    unit = "kWh"
    unit_price_eur = Decimal("0.041200")
    vat_percent = Decimal("25.5")
    amount_eur = Decimal("14.42")
    started_on = factory.LazyAttribute(lambda row: before(_LastDay(row.invoice.invoiced_on), 30))
    ended_on = factory.SelfAttribute("invoice.invoiced_on")


class ChargeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Charge

    invoice = factory.SubFactory(InvoiceFactory)
    kind = "reminder"
    charged_on = factory.SelfAttribute("invoice.due_on")
    amount_eur = Decimal("5.00")
    note = factory.Sequence(lambda number: f"ensimmäinen muistutus {number}")


class PaymentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Payment

    class Params:
        last_day = None

    controller_id = NETWORK
    customer = factory.SubFactory(CustomerFactory)
    amount_eur = Decimal("123.45")
    paid_on = factory.LazyAttribute(day_of)
    booked_on = factory.LazyAttribute(day_of)
    reference = factory.Sequence(lambda number: reference(number + 500_000))
    payer_name = factory.Sequence(lambda number: f"Maksaja {number}")
    bank_reference = factory.Sequence(lambda number: f"PANKKI{number}")
    entry_reference = factory.Sequence(lambda number: f"VIENTI{number}")
    stated_on = factory.LazyAttribute(day_of)


class PaymentAllocationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PaymentAllocation

    payment = factory.SubFactory(PaymentFactory)
    invoice = factory.SubFactory(InvoiceFactory)
    controller_id = factory.SelfAttribute("invoice.controller_id")
    amount_eur = Decimal("123.45")


class OwnAccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OwnAccount

    controller_id = NETWORK
    iban = factory.Sequence(lambda number: iban(number + 900_000))
    name = "viitemaksut"


class PaymentCaseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PaymentCase

    class Params:
        last_day = None

    controller_id = factory.SelfAttribute("payment.controller_id")
    payment = factory.SubFactory(PaymentFactory, last_day=factory.SelfAttribute("..last_day"))
    reason = "too-much"
    amount = Decimal("10.00")
    currency = "EUR"
    booked_on = factory.LazyAttribute(day_of)
    reference = factory.Sequence(lambda number: reference(number + 500_000))
    payer_name = factory.Sequence(lambda number: f"Maksaja {number}")
    message = factory.Sequence(lambda number: f"ylimääräinen {number}")
    bank_reference = factory.Sequence(lambda number: f"ERO{number}")
    state = "dismissed"
    note = factory.Sequence(lambda number: f"sovittu asiakkaan kanssa {number}")
    closed_at = factory.LazyAttribute(moment_of)
    closed_by = "service:test"


class _LastDay:
    """A row that has nothing but its last day."""

    def __init__(self, last_day: object) -> None:
        self.last_day = last_day
