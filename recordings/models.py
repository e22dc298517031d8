"""Recordings of calls: where the encrypted audio lies, what kind of call it was, and who listened and why."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from customers.models import Customer
from register.access.policies import APPEND, PERSONS, Access, controller_access, of_controllers, of_customers
from register.crypto.files import WrappedKeyField
from register.datamap import items, schedule
from register.datamap.map import Clock, DataMap, Keep
from register.datamap.vocabulary import P5, Basis
from register.identity.models import Controller
from register.work.models import Sourced

_RECORDINGS = "recording_id IN (SELECT r.id FROM recordings_recording r WHERE {})"


class Recording(Sourced):
    """A recorded call. Every kind is kept one year from the call, then row, file and copies go (T4, T5)."""

    class Kind(models.TextChoices):
        MARKETING = "marketing", _("direct marketing")
        SERVICE = "service", _("customer service")
        FAULT = "fault", _("fault report")
        CONTRACT = "contract", _("call that led to a contract")
        OTHER = "other", _("other")

    class Direction(models.TextChoices):
        IN = "in", _("incoming")
        OUT = "out", _("outgoing")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="recordings", verbose_name=_("customer")
    )
    kind = models.CharField(_("kind of call"), max_length=10, choices=Kind.choices)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction.choices, default=Direction.IN)
    phone = models.CharField(_("number"), max_length=20, blank=True)
    called_at = models.DateTimeField(_("called at"))
    called_on = models.DateField(_("day of the call"), help_text=_("Helsinki day, from which the year runs."))
    duration_s = models.PositiveIntegerField(_("length, s"))
    handled_by = models.CharField(_("handled by"), max_length=80, blank=True)
    stored_as = models.CharField(_("stored as"), max_length=80)
    wrapped_key = WrappedKeyField(_("wrapped key"))
    size_bytes = models.BigIntegerField(_("size in bytes"))
    media_type = models.CharField(_("format"), max_length=40, default="audio/wav")
    transcript = models.TextField(_("transcript"), blank=True)
    waveform = ArrayField(models.SmallIntegerField(), verbose_name=_("waveform"), default=list, blank=True)

    access = controller_access(of_customers())
    data_map = DataMap(
        subjects=["customer"],
        keeps=[Keep(P5, Basis.INTEREST, schedule.RECORDING_1_YEAR, Clock("called_on"))],
        fields={
            items.RECORDING: [
                "kind",
                "direction",
                "phone",
                "called_at",
                "called_on",
                "duration_s",
                "stored_as",
                "transcript",
                "waveform",
            ]
        },
        technical=[
            "id",
            "controller",
            "customer",
            "handled_by",
            "wrapped_key",
            "size_bytes",
            "media_type",
            "source",
            "import_run",
        ],
        files=["stored_as"],
        staff=["handled_by"],
    )

    class Meta:
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        indexes: ClassVar = [
            models.Index(fields=["called_on"], name="recording_by_day"),
            models.Index(fields=["customer", "-called_at"], name="recording_by_customer"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    called_on=Cast(
                        Func(Value("Europe/Helsinki"), F("called_at"), function="timezone"), models.DateField()
                    )
                ),
                name="recording_day_is_the_helsinki_day_of_the_call",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Listening(models.Model):
    """One listening of a recording, with its reason (clause P5)."""

    class Reason(models.TextChoices):
        VERIFY = "verify", _("verifying the content of the call")
        TRAINING = "training", _("training of staff")
        QUALITY = "quality", _("studying the service level")

    recording = models.ForeignKey(Recording, models.PROTECT, related_name="listenings", verbose_name=_("recording"))
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    listened_at = models.DateTimeField(_("listened at"))
    listened_by = models.CharField(_("listened by"), max_length=80)

    access = Access(
        staff=_RECORDINGS.format(of_controllers("r.controller_id")) + f" AND {PERSONS}",
        portal=_RECORDINGS.format(of_customers("r.customer_id")),
        app=APPEND,
    )
    data_map = DataMap(
        subjects=["recording__customer"],
        goes_with="recording",
        technical=["id", "recording", "reason", "listened_at", "listened_by"],
        staff=["listened_by"],
    )

    class Meta:
        verbose_name = _("listening")
        verbose_name_plural = _("listenings")

    def __str__(self) -> str:
        return f"{self.recording_id} {self.reason}"
