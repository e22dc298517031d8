"""Our own accounts on which payments come in, and the work list of payments that want a person."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from register.access.policies import controller_access, of_controllers, of_customers, read_by_all
from register.datamap import items, schedule
from register.datamap.map import Clock, DataMap, Keep, no_person
from register.datamap.vocabulary import P4, Basis
from register.identity.models import Controller
from register.work.models import Sourced

from .invoices import Payment

_OF_PAYER = f"payment_id IN (SELECT p.id FROM billing_payment p WHERE {of_customers('p.customer_id')})"


class OwnAccount(models.Model):
    """A bank account of a controller: a bank statement of this account brings its payments."""

    id = models.BigAutoField(primary_key=True)
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    iban = models.CharField(_("account number"), max_length=34, unique=True, help_text=_("IBAN of the company's own."))
    name = models.CharField(_("what it is for"), max_length=60, blank=True)

    access = read_by_all(of_controllers())
    data_map = no_person("the account is the company's own and stands on every invoice")

    class Meta:
        verbose_name = _("own bank account")
        verbose_name_plural = _("own bank accounts")

    def __str__(self) -> str:
        return self.iban


class PaymentCase(Sourced):
    """A payment that wants a person: it matches nothing, pays twice, too little or too much, or cannot be booked.

    `amount` is what wants an act: what is left of the payment, or what is still open of its invoice. Where there
    is no payment (a foreign currency, a returned payment, a batch without details), the bank's words stand here.
    """

    class Reason(models.TextChoices):
        NO_REFERENCE = "no-reference", _("no reference")
        UNKNOWN_REFERENCE = "unknown-reference", _("no invoice has the reference")
        FOREIGN_REFERENCE = "foreign-reference", _("reference of another country")
        FOREIGN_CURRENCY = "foreign-currency", _("foreign currency")
        PAID_ALREADY = "paid-already", _("the invoice was paid already")
        TOO_MUCH = "too-much", _("paid too much")
        TOO_LITTLE = "too-little", _("paid too little")
        RETURNED = "returned", _("the bank took a payment back")
        BATCH = "batch", _("a batch without its payments")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ASSIGNED = "assigned", _("assigned to invoices")
        REFUND = "refund", _("to be returned to the payer")
        DISMISSED = "dismissed", _("no act needed")
        SETTLED = "settled", _("settled by a later payment")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("payment")
    )
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    amount = models.DecimalField(_("sum that wants an act"), max_digits=14, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    booked_on = models.DateField(_("booked on"))
    reference = models.CharField(_("reference"), max_length=35, blank=True)
    payer_name = models.CharField(_("payer"), max_length=140, blank=True)
    message = models.CharField(_("message"), max_length=280, blank=True)
    bank_reference = models.CharField(_("the bank's reference"), max_length=60, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    note = models.CharField(_("why"), max_length=200, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=80, blank=True)

    access = controller_access(_OF_PAYER)
    data_map = DataMap(
        subjects=["payment__customer"],
        keeps=[Keep(P4, Basis.LAW, schedule.BILLING_10_YEARS, Clock("booked_on"))],
        fields={
            items.PAYMENT: ["amount", "currency", "booked_on"],
            items.CHARGES: ["reason", "reference", "payer_name", "message", "bank_reference", "state", "note"],
        },
        technical=["id", "controller", "payment", "closed_at", "closed_by", "source", "import_run"],
        staff=["closed_by"],
    )

    class Meta:
        verbose_name = _("payment to be sorted out")
        verbose_name_plural = _("payments to be sorted out")
        indexes: ClassVar = [
            models.Index(fields=["controller", "booked_on"], condition=Q(state="open"), name="case_open_by_booking"),
            models.Index(fields=["booked_on"], name="case_by_booking"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="case_is_about_money"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="case_closed_has_its_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refund", "dismissed"]) | ~Q(note=""), name="case_closed_by_hand_says_why"
            ),
            models.UniqueConstraint(
                fields=["controller", "bank_reference"],
                condition=~Q(bank_reference=""),
                name="case_without_payment_is_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.pk}"
