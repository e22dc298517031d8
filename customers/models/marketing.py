"""What may be marketed to whom: permissions and prohibitions, objections that outlive the row, prospects."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from register.access.policies import PERSONS, Access, person_access
from register.datamap import items, schedule
from register.datamap.map import RUNNING, Clock, DataMap, Keep
from register.datamap.vocabulary import P3, Basis
from register.work.models import Sourced

from .people import Customer


class Channel(models.TextChoices):
    """The ways of reaching someone."""

    PHONE = "phone", _("phone")
    SMS = "sms", _("text message")
    EMAIL = "email", _("email")
    POST = "post", _("post")


class MarketingPermission(models.Model):
    """A permission or prohibition of one purpose on one channel, with its source and time; history stays.

    Given by the customer (C14) or standing by statute, such as an official prohibition register (O04).
    """

    class Purpose(models.TextChoices):
        ADVERTISING = "advertising", _("direct advertising")
        DISTANCE_SELLING = "distance-selling", _("distance selling")
        RESEARCH = "research", _("market and opinion research")
        PROFILING = "profiling", _("profiling")

    class Ground(models.TextChoices):
        CUSTOMER = "customer", _("the customer's word")
        STATUTE = "statute", _("statutory permission or prohibition")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="permissions", verbose_name=_("customer"))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    is_allowed = models.BooleanField(_("is allowed"))
    ground = models.CharField(_("ground"), max_length=10, choices=Ground.choices, default=Ground.CUSTOMER)
    told_by = models.CharField(
        _("told through"), max_length=60, help_text=_("For example customer service, portal, Robinson register.")
    )
    given_at = models.DateTimeField(_("given at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    access = person_access("customer_id")
    data_map = DataMap(
        subjects=["customer"],
        goes_with="customer",
        fields={
            items.MARKETING_PERMISSIONS: ["channel", "purpose", "is_allowed", "told_by", "given_at", "ended_at"],
            items.STATUTORY_PERMISSIONS: ["ground"],
        },
        technical=["id", "customer"],
    )

    class Meta:
        verbose_name = _("permission or prohibition")
        verbose_name_plural = _("permissions and prohibitions")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "channel", "purpose", "ground"],
                condition=Q(ended_at__isnull=True),
                name="permission_in_force_is_one_a_channel_and_purpose",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("given_at")),
                name="permission_ends_after_it_was_given",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.purpose}"


class Suppression(models.Model):
    """An objection to marketing kept as a keyed digest of the address, held while the objection stands.

    It outlives the deletion of the other data (clause G3): an import can neither re-create nor re-market.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    digest = models.BinaryField(_("keyed digest of the address"))
    objected_on = models.DateField(_("objected on"))
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)

    access = Access(staff=PERSONS)
    data_map = DataMap(
        keeps=[Keep(P3, Basis.LAW, schedule.WHILE, Clock("withdrawn_on", RUNNING))],
        fields={items.MARKETING_PERMISSIONS: ["channel", "digest", "objected_on", "withdrawn_on"]},
        technical=["id"],
    )

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "digest"],
                condition=Q(withdrawn_on__isnull=True),
                name="objection_stands_once_an_address",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gte=F("objected_on")),
                name="objection_is_withdrawn_after_it_was_made",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.id}"


class Prospect(Sourced):
    """A row of the direct-marketing register: somebody who is not a customer (clause T2).

    The clock is the day on which the row was collected or imported; being selected does not renew it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=200)
    birth_year = models.PositiveSmallIntegerField(_("year of birth"), null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("email"), blank=True)
    street_address = models.CharField(_("street address"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=10, blank=True)
    post_office = models.CharField(_("post office"), max_length=60, blank=True)
    interest = models.CharField(_("interested in"), max_length=100, blank=True)
    processed_on = models.DateField(_("collected on"), db_index=True)

    access = Access(staff=PERSONS)
    data_map = DataMap(
        keeps=[Keep(P3, Basis.INTEREST, schedule.MARKETING_1_YEAR, Clock("processed_on"))],
        fields={
            items.NAME: ["name"],
            items.YEAR_OF_BIRTH: ["birth_year"],
            items.PHONE: ["phone"],
            items.EMAIL: ["email"],
            items.ADDRESS: ["street_address", "postal_code", "post_office"],
        },
        technical=["id", "interest", "processed_on", "source", "import_run"],
    )

    class Meta:
        verbose_name = _("prospect")
        verbose_name_plural = _("direct-marketing register")

    def __str__(self) -> str:
        return str(self.id)
