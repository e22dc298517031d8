"""The tables of money on the admin site: lists for reading, forms that are operations."""

import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.db.models import F, Q, Sum
from django.http import HttpRequest
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.timezone import localdate, now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing import operations
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
)
from billing.queries import open_of
from register.access.scope import Actor
from register.crypto.masking import mask_iban
from register.identity.components import status
from register.identity.lists import DateRangeFilter
from register.identity.rows import InForce, OnlyAdded, RowAdmin, RowForm, RowInline

STATE: dict[str, str] = {"state": "state"}


class InvoiceForm(RowForm):
    """Enters or changes an invoice."""

    class Meta:
        model = Invoice
        fields: ClassVar[list[str]] = [
            "number", "kind", "controller", "customer", "billing_account", "reference", "invoiced_on", "due_on",
            "total_eur", "vat_eur", "paid_eur", "state", "settled_on",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Enter or change."""
        return operations.save_invoice(invoice_id=self.key, actor=actor, at=at, **self.values())


class InvoiceRowInline(RowInline):
    """The rows of an invoice."""

    model = InvoiceRow
    fields = ("position", "product_name", "quantity", "unit", "unit_price_eur", "vat_percent", "amount_eur")


class ChargeInline(RowInline):
    """Reminders, interest and steps of collection."""

    model = Charge
    fields = ("kind", "charged_on", "amount_eur", "note")


class InvoiceContractInline(RowInline):
    """The contracts that an invoice is about."""

    model = InvoiceContract
    fields = ("contract",)


class SettlementInline(RowInline):
    """The payments that settle an invoice."""

    model = PaymentAllocation
    fields = ("payment", "amount_eur")


@admin.register(Invoice)
class InvoiceAdmin(RowAdmin):
    """Invoices and credit notes with rows, charges and settlements."""

    form = InvoiceForm
    list_display = (
        "number", "customer_link", "controller_mark", "invoiced_on", "due_on", "total_eur", "open_eur", "state_mark",
    )  # fmt: skip
    column_classes: ClassVar[dict[str, str]] = {"state_mark": "state", "open_eur": "right"}
    list_filter = (
        "state", ("due_on", DateRangeFilter), ("invoiced_on", DateRangeFilter), "kind", "controller",
        ("settled_on", admin.EmptyFieldListFilter),
    )  # fmt: skip
    list_sums: ClassVar[dict[str, Any]] = {
        "total_eur": Sum("total_eur"),
        "open_eur": Sum(F("total_eur") - F("paid_eur"), filter=Q(settled_on__isnull=True, kind="invoice")),
    }
    list_select_related = ("customer", "controller")
    search_fields = ("number", "reference")
    search_help_text = _("Invoice number or reference")
    raw_id_fields = ("customer", "billing_account")
    ordering = ("-invoiced_on", "-number")
    inlines = (InvoiceRowInline, ChargeInline, InvoiceContractInline, SettlementInline)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What an invoice is about stays; a wrong one is credited."""
        return () if obj is None else ("number", "kind", "controller", "customer", "invoiced_on")

    @admin.display(description=_("open, €"))
    def open_eur(self, row: Invoice) -> Any:
        """Show what is still to be paid."""
        return number_format(open_of(row), 2)

    @admin.display(description=_("state"), ordering="state")
    def state_mark(self, row: Invoice) -> SafeString:
        """Say how the invoice stands."""
        if row.settled_on is None and open_of(row) and row.due_on < localdate(now()):
            return status("warn", gettext("Late"))
        kinds = {"paid": "ok", "credited": "off", "disputed": "info", "collection": "bad", "open": "wait"}
        return status(kinds[row.state], str(row.get_state_display()).capitalize())


class InvoiceRowForm(RowForm):
    """Enters or changes a row of an invoice."""

    class Meta:
        model = InvoiceRow
        fields: ClassVar[list[str]] = [
            "invoice", "position", "product_name", "quantity", "unit", "unit_price_eur", "vat_percent", "amount_eur",
            "started_on", "ended_on",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Enter or change."""
        return operations.save_invoice_row(row_id=self.key, actor=actor, at=at, **self.values())


@admin.register(InvoiceRow)
class InvoiceRowAdmin(RowAdmin):
    """Rows of invoices."""

    form = InvoiceRowForm
    list_display = ("invoice", "position", "product_name", "quantity", "unit", "amount_eur")
    list_select_related = ("invoice",)
    raw_id_fields = ("invoice",)
    ordering = ("-pk",)


class InvoiceContractForm(RowForm):
    """Names a contract on an invoice."""

    class Meta:
        model = InvoiceContract
        fields: ClassVar[list[str]] = ["invoice", "contract"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Name it."""
        invoice, contract = self.cleaned_data["invoice"], self.cleaned_data["contract"]
        return operations.name_contract(
            invoice_id=invoice.pk, contract_id=contract.pk, controller_id=invoice.controller_id, actor=actor, at=at
        )


@admin.register(InvoiceContract)
class InvoiceContractAdmin(OnlyAdded):
    """Which contracts an invoice is about."""

    form = InvoiceContractForm
    list_display = ("invoice", "contract", "controller_mark")
    list_filter = ("controller",)
    list_select_related = ("invoice", "contract", "controller")
    raw_id_fields = ("invoice", "contract")
    ordering = ("-pk",)


class ChargeForm(RowForm):
    """Records a reminder, interest, extension or hand-over."""

    class Meta:
        model = Charge
        fields: ClassVar[list[str]] = ["invoice", "kind", "charged_on", "amount_eur", "note"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Record it."""
        return operations.add_charge(
            invoice_id=self.cleaned_data["invoice"].pk, actor=actor, at=at, **self.values("invoice")
        )


@admin.register(Charge)
class ChargeAdmin(OnlyAdded):
    """Reminders, interest and steps of collection (item B11)."""

    form = ChargeForm
    list_display = ("charged_on", "invoice", "kind", "amount_eur", "note")
    list_filter = ("kind",)
    list_select_related = ("invoice",)
    raw_id_fields = ("invoice",)
    ordering = ("-charged_on",)


class PaymentForm(RowForm):
    """Books or changes a payment."""

    class Meta:
        model = Payment
        fields: ClassVar[list[str]] = [
            "controller", "customer", "amount_eur", "paid_on", "booked_on", "reference", "payer_name",
            "bank_reference",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Book or change."""
        return operations.save_payment(payment_id=self.key, actor=actor, at=at, **self.values())


class AllocationInline(RowInline):
    """The invoices that a payment settles."""

    model = PaymentAllocation
    fields = ("invoice", "amount_eur")


@admin.register(Payment)
class PaymentAdmin(RowAdmin):
    """Payments as they were booked."""

    form = PaymentForm
    list_display = ("booked_on", "customer_link", "controller_mark", "paid_on", "amount_eur", "reference")
    list_filter = (("booked_on", DateRangeFilter), "controller")
    list_sums: ClassVar[dict[str, Any]] = {"amount_eur": Sum("amount_eur")}
    list_select_related = ("customer", "controller")
    search_fields = ("reference",)
    raw_id_fields = ("customer",)
    ordering = ("-booked_on",)
    inlines = (AllocationInline,)

    def row_title(self, row: models.Model) -> str:
        """A payment is called by its day and sum."""
        if not isinstance(row, Payment):
            return str(row)
        return f"{date_format(row.booked_on)}, {number_format(row.amount_eur, 2, force_grouping=True)} €"


class AllocationForm(RowForm):
    """Settles an invoice by a payment."""

    class Meta:
        model = PaymentAllocation
        fields: ClassVar[list[str]] = ["payment", "invoice", "amount_eur"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Settle."""
        given = self.cleaned_data
        return operations.settle_invoice(
            payment_id=given["payment"].pk,
            invoice_id=given["invoice"].pk,
            amount_eur=given["amount_eur"],
            actor=actor,
            at=at,
        )


@admin.register(PaymentAllocation)
class PaymentAllocationAdmin(OnlyAdded):
    """How much of a payment settles which invoice."""

    form = AllocationForm
    list_display = ("payment", "invoice", "amount_eur", "controller_mark")
    list_filter = ("controller",)
    list_select_related = ("payment", "invoice", "controller")
    raw_id_fields = ("payment", "invoice")
    ordering = ("-pk",)


class BillingAccountForm(RowForm):
    """Sets how a controller bills a customer."""

    class Meta:
        model = BillingAccount
        fields: ClassVar[list[str]] = [
            "customer", "controller", "rhythm", "method", "e_invoice_address", "e_invoice_operator",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Set it."""
        return operations.save_billing_account(account_id=self.key, actor=actor, at=at, **self.values())


@admin.register(BillingAccount)
class BillingAccountAdmin(RowAdmin):
    """How customers are billed (items B09, B10)."""

    form = BillingAccountForm
    list_display = ("customer_link", "controller_mark", "rhythm", "method")
    list_filter = ("controller", "rhythm", "method")
    list_select_related = ("customer", "controller")
    raw_id_fields = ("customer",)
    ordering = ("customer",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose account it is stays."""
        return () if obj is None else ("customer", "controller")


class BankAccountForm(RowForm):
    """Keeps a bank account that a customer told, or puts it out of use."""

    class Meta:
        model = BankAccount
        fields: ClassVar[list[str]] = ["customer", "iban", "started_on", "ended_on"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Keep or change."""
        given = self.cleaned_data
        if self.key is not None:
            return operations.change_bank_account(account_id=self.key, actor=actor, at=at, **self.values("customer"))
        return operations.tell_bank_account(
            customer_id=given["customer"].pk, iban=given["iban"], started_on=given["started_on"], actor=actor, at=at
        )


@admin.register(BankAccount)
class BankAccountAdmin(InForce, RowAdmin):
    """Bank accounts, masked; they open with a reason on the customer's page (item B01)."""

    form = BankAccountForm
    list_display = ("customer_link", "iban_masked", "started_on", "ended_on", "state")
    column_classes: ClassVar[dict[str, str]] = STATE
    list_filter = (("ended_on", admin.EmptyFieldListFilter),)
    list_select_related = ("customer",)
    raw_id_fields = ("customer",)
    ordering = ("-started_on",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose account it is stays."""
        return () if obj is None else ("customer",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new account is in use."""
        return ["customer", "iban", "started_on", *([] if obj is None else ["ended_on"])]

    @admin.display(description=_("bank account"))
    def iban_masked(self, row: BankAccount) -> str:
        """Show country and last figures."""
        return row.iban.masked(mask_iban) if row.iban else "–"


class CreditForm(RowForm):
    """Enters what the credit register answered."""

    class Meta:
        model = CreditInformation
        fields: ClassVar[list[str]] = ["customer", "controller", "grade", "remark_count", "reason", "retrieved_on"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Enter it."""
        given = self.cleaned_data
        return operations.enter_credit_information(
            customer_id=given["customer"].pk,
            controller_id=given["controller"].pk,
            actor=actor,
            at=at,
            **self.values("customer", "controller"),
        )


@admin.register(CreditInformation)
class CreditInformationAdmin(OnlyAdded):
    """Credit information with the reason for asking (clause R4, item B03)."""

    form = CreditForm
    list_display = ("retrieved_on", "customer_link", "grade", "remark_count", "reason", "current_until")
    list_filter = ("grade", "controller")
    list_select_related = ("customer",)
    date_hierarchy = "retrieved_on"
    raw_id_fields = ("customer",)
    ordering = ("-retrieved_on",)


class OwnAccountForm(RowForm):
    """Enters or changes a bank account of the company's own."""

    class Meta:
        model = OwnAccount
        fields: ClassVar[list[str]] = ["controller", "iban", "name"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Enter or change."""
        return operations.save_own_account(account_id=self.key, actor=actor, at=at, **self.values())


@admin.register(OwnAccount)
class OwnAccountAdmin(RowAdmin):
    """The accounts on which payments come in: by them a bank's file finds whose it is."""

    form = OwnAccountForm
    list_display = ("iban", "controller_mark", "name")
    list_select_related = ("controller",)
    ordering = ("iban",)
