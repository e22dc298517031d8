"""How a customer is billed, their bank accounts, and what was asked of their credit."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from customers.models import Customer
from register.access.policies import controller_access, of_customers, person_access
from register.crypto.fields import BlindIndexField, EncryptedTextField
from register.datamap import items, schedule
from register.datamap.map import RUNNING, Clock, DataMap, Keep
from register.datamap.vocabulary import P4, Basis
from register.identity.models import Controller
from register.work.models import Sourced


class BillingAccount(Sourced):
    """How one controller bills one customer: rhythm, method, address of electronic invoices."""

    class Rhythm(models.TextChoices):
        MONTHLY = "monthly", _("every month")
        BIMONTHLY = "bimonthly", _("every two months")
        QUARTERLY = "quarterly", _("every three months")

    class Method(models.TextChoices):
        E_INVOICE = "e-invoice", _("e-invoice")
        EMAIL = "email", _("email")
        PAPER = "paper", _("paper")
        DIRECT = "direct", _("direct payment")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="billing_accounts", verbose_name=_("customer"))
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    rhythm = models.CharField(_("billing rhythm"), max_length=10, choices=Rhythm.choices, default=Rhythm.MONTHLY)
    method = models.CharField(_("billing method"), max_length=10, choices=Method.choices, default=Method.PAPER)
    e_invoice_address = models.CharField(_("e-invoice address"), max_length=40, blank=True)
    e_invoice_operator = models.CharField(_("e-invoice operator"), max_length=20, blank=True)

    access = controller_access(of_customers())
    data_map = DataMap(
        subjects=["customer"],
        goes_with="customer",
        fields={
            items.BILLING_RHYTHM: ["rhythm"],
            items.BILLING_METHOD: ["method", "e_invoice_address", "e_invoice_operator"],
        },
        technical=["id", "customer", "controller", "source", "import_run"],
    )

    class Meta:
        verbose_name = _("billing account")
        verbose_name_plural = _("billing accounts")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "controller"], name="a_controller_bills_a_customer_in_one_way")
        ]

    def __str__(self) -> str:
        return str(self.id)


class BankAccount(Sourced):
    """A bank account to which a customer's money is returned; encrypted, found only whole."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="bank_accounts", verbose_name=_("customer"))
    iban = EncryptedTextField(_("bank account"))
    iban_index = BlindIndexField(_("index of the bank account"), source="iban")
    started_on = models.DateField(_("told on"))
    ended_on = models.DateField(
        _("no longer in use since"),
        null=True,
        blank=True,
        help_text=_("Set when the relationship ends or another is told."),
    )

    access = person_access("customer_id")
    data_map = DataMap(
        subjects=["customer"],
        keeps=[Keep(P4, Basis.CONTRACT, schedule.BILLING_10_YEARS, Clock("ended_on", RUNNING, exclusive=True))],
        fields={items.BANK_ACCOUNT: ["iban", "iban_index"]},
        technical=["id", "customer", "started_on", "ended_on", "source", "import_run"],
    )

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="bank_account_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class CreditInformation(Sourced):
    """An answer on a customer's credit, asked with a reason (clause R4); current only for a short while."""

    class Grade(models.TextChoices):
        CLEAN = "clean", _("no remarks")
        REMARKS = "remarks", _("payment remarks")
        UNKNOWN = "unknown", _("not found")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="credit", verbose_name=_("customer"))
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    grade = models.CharField(_("grade"), max_length=10, choices=Grade.choices)
    remark_count = models.PositiveSmallIntegerField(_("number of remarks"), default=0)
    reason = models.CharField(_("reason for asking"), max_length=100)
    retrieved_on = models.DateField(_("retrieved on"))
    current_until = models.DateField(_("shown as current until"))

    access = controller_access(of_customers())
    data_map = DataMap(
        subjects=["customer"],
        keeps=[Keep(P4, Basis.INTEREST, schedule.BILLING_10_YEARS, Clock("retrieved_on"))],
        fields={items.CREDIT_INFORMATION: ["grade", "remark_count", "reason", "retrieved_on", "current_until"]},
        technical=["id", "customer", "controller", "source", "import_run"],
    )

    class Meta:
        verbose_name = _("credit information")
        verbose_name_plural = _("credit information")
        indexes: ClassVar = [models.Index(fields=["retrieved_on"], name="credit_by_retrieval")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(current_until__gte=F("retrieved_on")), name="credit_is_current_after_its_retrieval"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="credit_is_asked_with_a_reason"),
        ]

    def __str__(self) -> str:
        return str(self.id)
