"""Invoices with their rows and charges, payments, and how payments settle invoices."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from customers.models import Customer
from register.access.policies import PERSONS, Access, both, controller_access, of_controllers, of_customers
from register.datamap import items, schedule
from register.datamap.map import RUNNING, Clock, DataMap, Keep
from register.datamap.vocabulary import P1, P4, Basis
from register.identity.models import Controller
from register.work.models import Sourced
from sites.models import Contract

from .accounts import BillingAccount

_INVOICES = "invoice_id IN (SELECT i.id FROM billing_invoice i WHERE {})"
_BY_INVOICE = Access(
    staff=both(_INVOICES.format(of_controllers("i.controller_id")), PERSONS),
    portal=_INVOICES.format(of_customers("i.customer_id")),
)


class Invoice(Sourced):
    """An invoice or credit note of one controller to one customer."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("invoice")
        CREDIT_NOTE = "credit-note", _("credit note")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        PAID = "paid", _("paid")
        DISPUTED = "disputed", _("disputed")
        COLLECTION = "collection", _("in collection")
        CREDITED = "credited", _("credited")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("invoice number"), max_length=20)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.INVOICE)
    # The unique number and the index by customer lead with these two: indexes of their own would only cost writes.
    controller = models.ForeignKey(
        Controller, models.PROTECT, related_name="+", db_index=False, verbose_name=_("controller")
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="invoices", db_index=False, verbose_name=_("customer")
    )
    billing_account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("billing account")
    )
    reference = models.CharField(_("reference"), max_length=25, blank=True)
    invoiced_on = models.DateField(_("date of the invoice"))
    due_on = models.DateField(_("due date"))
    total_eur = models.DecimalField(_("total, €"), max_digits=12, decimal_places=2)
    vat_eur = models.DecimalField(_("value added tax, €"), max_digits=12, decimal_places=2)
    paid_eur = models.DecimalField(_("paid, €"), max_digits=12, decimal_places=2, default=0)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    settled_on = models.DateField(
        _("settled on"), null=True, blank=True, help_text=_("The day on which nothing was open any more.")
    )

    access = controller_access(of_customers(), by_code=True)
    data_map = DataMap(
        subjects=["customer"],
        keeps=[
            Keep(P1, Basis.LAW, schedule.BILLING_10_YEARS, Clock("invoiced_on")),
            Keep(P4, Basis.INTEREST, schedule.WHILE, Clock("settled_on", RUNNING)),
        ],
        fields={
            items.INVOICE_TOTAL: ["number", "kind", "invoiced_on", "total_eur", "vat_eur"],
            items.DUE_DATE: ["due_on"],
            items.CHARGES: ["reference", "paid_eur", "state", "settled_on"],
        },
        technical=["id", "controller", "customer", "billing_account", "source", "import_run"],
    )

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        indexes: ClassVar = [
            models.Index(fields=["invoiced_on"], name="invoice_by_date"),
            models.Index(fields=["customer", "-invoiced_on"], name="invoice_by_customer"),
            models.Index(fields=["reference"], name="invoice_by_reference"),
            models.Index(fields=["due_on"], condition=Q(settled_on__isnull=True), name="invoice_open_by_due_date"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["controller", "number"], name="invoice_number_is_one_a_controller"),
            models.UniqueConstraint(fields=["id", "controller"], name="invoice_and_its_controller"),
            models.CheckConstraint(condition=Q(due_on__gte=F("invoiced_on")), name="invoice_is_due_after_its_date"),
            models.CheckConstraint(
                condition=Q(kind="credit-note") | Q(total_eur__gte=0), name="invoice_total_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice") | Q(total_eur__lte=0), name="credit_note_total_is_not_positive"
            ),
            models.CheckConstraint(condition=Q(paid_eur__gte=0), name="invoice_paid_is_not_negative"),
            models.CheckConstraint(
                condition=~Q(state__in=["paid", "credited"]) | Q(settled_on__isnull=False),
                name="invoice_paid_has_its_day",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceContract(models.Model):
    """Which contracts an invoice is about; controller of both must agree. Goes with whichever goes first."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="contracts", verbose_name=_("invoice"))
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="invoices", verbose_name=_("contract"))
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))

    access = Access(staff=both(of_controllers(), PERSONS), portal=_BY_INVOICE.portal)
    data_map = DataMap(
        subjects=["invoice__customer"],
        goes_with=("invoice", "contract"),
        technical=["id", "invoice", "contract", "controller"],
    )

    class Meta:
        verbose_name = _("contract of an invoice")
        verbose_name_plural = _("contracts of invoices")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "contract"], name="an_invoice_names_a_contract_once")
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.contract_id}"


class InvoiceRow(models.Model):
    """One row of an invoice: what product, how much, at which price, for which days."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="rows", verbose_name=_("invoice"))
    position = models.PositiveSmallIntegerField(_("row"))
    product_name = models.CharField(_("product"), max_length=100)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=3)
    unit = models.CharField(_("unit"), max_length=10)
    unit_price_eur = models.DecimalField(_("price, €"), max_digits=12, decimal_places=6)
    vat_percent = models.DecimalField(_("value added tax, %"), max_digits=4, decimal_places=1)
    amount_eur = models.DecimalField(_("sum with tax, €"), max_digits=12, decimal_places=2)
    started_on = models.DateField(_("from"), null=True, blank=True)
    ended_on = models.DateField(_("until"), null=True, blank=True)

    access = _BY_INVOICE
    data_map = DataMap(
        subjects=["invoice__customer"],
        goes_with="invoice",
        fields={
            items.BILLED_PRODUCT: ["product_name", "quantity", "unit"],
            items.BILLED_PRICE: ["unit_price_eur", "vat_percent", "amount_eur"],
        },
        technical=["id", "invoice", "position", "started_on", "ended_on"],
    )

    class Meta:
        verbose_name = _("invoice row")
        verbose_name_plural = _("invoice rows")
        ordering = ("invoice", "position")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_rows_are_numbered"),
            models.CheckConstraint(
                condition=Q(vat_percent__gte=0) & Q(vat_percent__lte=100), name="invoice_row_tax_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gt=F("started_on")),
                name="invoice_row_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.position}"


class Charge(models.Model):
    """A reminder, fee, interest or step of collection on an invoice."""

    class Kind(models.TextChoices):
        REMINDER = "reminder", _("payment reminder")
        INTEREST = "interest", _("late interest")
        COLLECTION = "collection", _("handed over to collection")
        EXTENSION = "extension", _("more time to pay")

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="charges", verbose_name=_("invoice"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    charged_on = models.DateField(_("day"))
    amount_eur = models.DecimalField(_("sum, €"), max_digits=10, decimal_places=2, default=0)
    note = models.CharField(_("note"), max_length=200, blank=True)

    access = _BY_INVOICE
    data_map = DataMap(
        subjects=["invoice__customer"],
        goes_with="invoice",
        fields={items.CHARGES: ["kind", "charged_on", "amount_eur", "note"]},
        technical=["id", "invoice"],
    )

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        constraints: ClassVar = [models.CheckConstraint(condition=Q(amount_eur__gte=0), name="charge_is_not_negative")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Payment(Sourced):
    """A payment as it was booked; which invoices it settles stands in its allocations."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="payments", verbose_name=_("customer")
    )
    amount_eur = models.DecimalField(_("sum, €"), max_digits=12, decimal_places=2)
    paid_on = models.DateField(_("paid on"))
    booked_on = models.DateField(_("booked on"))
    reference = models.CharField(_("reference"), max_length=35, blank=True)
    payer_name = models.CharField(_("payer"), max_length=140, blank=True)
    bank_reference = models.CharField(_("the bank's reference"), max_length=60, blank=True)
    entry_reference = models.CharField(
        _("the bank's reference of the entry"), max_length=60, blank=True, help_text=_("One entry may hold a batch.")
    )
    stated_on = models.DateField(
        _("stated on"), null=True, blank=True, help_text=_("The day of the account statement that has the payment.")
    )

    access = controller_access(of_customers())
    data_map = DataMap(
        subjects=["customer"],
        keeps=[Keep(P4, Basis.LAW, schedule.BILLING_10_YEARS, Clock("booked_on"))],
        fields={
            items.PAYMENT: ["amount_eur", "paid_on", "booked_on"],
            items.CHARGES: ["reference", "payer_name", "bank_reference", "entry_reference", "stated_on"],
        },
        technical=["id", "controller", "customer", "source", "import_run"],
    )

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        indexes: ClassVar = [
            models.Index(fields=["booked_on"], name="payment_by_booking"),
            models.Index(fields=["reference"], name="payment_by_reference"),
            models.Index(
                fields=["controller", "entry_reference"], condition=~Q(entry_reference=""), name="payment_by_entry"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(amount_eur=0), name="payment_is_not_nothing"),
            models.UniqueConstraint(
                fields=["controller", "bank_reference"],
                condition=~Q(bank_reference=""),
                name="payment_is_booked_once",
            ),
            models.UniqueConstraint(fields=["id", "controller"], name="payment_and_its_controller"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class PaymentAllocation(models.Model):
    """How much of a payment settles which invoice. Goes with whichever goes first."""

    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="allocations", db_index=False, verbose_name=_("payment")
    )
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations", verbose_name=_("invoice"))
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    amount_eur = models.DecimalField(_("sum, €"), max_digits=12, decimal_places=2)

    access = Access(staff=both(of_controllers(), PERSONS), portal=_BY_INVOICE.portal)
    data_map = DataMap(
        subjects=["invoice__customer"],
        goes_with=("payment", "invoice"),
        fields={items.PAYMENT: ["amount_eur"]},
        technical=["id", "payment", "invoice", "controller"],
    )

    class Meta:
        verbose_name = _("settlement of an invoice")
        verbose_name_plural = _("settlements of invoices")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["payment", "invoice"], name="a_payment_settles_an_invoice_once"),
            models.CheckConstraint(condition=~Q(amount_eur=0), name="settlement_is_not_nothing"),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.invoice_id}"
