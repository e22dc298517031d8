"""Requests of data subjects: access, rectification and objection to direct marketing (clauses G1 to G4).

The person is named by key: a request is kept for its own three years and keeps no customer longer.
The database guards the states (migration 0002): nothing is answered before the identity is on record.
"""

import datetime
from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from register.access.policies import APPEND, PERSONS, Access, of_customers, person_access
from register.datamap import schedule
from register.datamap.map import RUNNING, Clock, DataMap, Keep
from register.datamap.vocabulary import P1, Basis

_OF_REQUEST = f"request_id IN (SELECT r.id FROM dsar_request r WHERE {of_customers('r.customer_id')})"


class Request(models.Model):
    """One request: who asks what, when it came, how the identity was checked, until when it is due, how it ended."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("access request")
        RECTIFICATION = "rectification", _("rectification")
        OBJECTION = "objection", _("objection to marketing")

    class Channel(models.TextChoices):
        LETTER = "letter", _("signed letter")
        EMAIL = "email", _("email")
        VISIT = "visit", _("visit")
        PHONE = "phone", _("phone")
        PORTAL = "portal", _("online service")

    class State(models.TextChoices):
        RECEIVED = "received", _("identity to be checked")
        IDENTIFIED = "identified", _("in work")
        ANSWERED = "answered", _("answered")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class IdentityMethod(models.TextChoices):
        STRONG = "strong", _("strong electronic identification")
        SIGNATURE = "signature", _("valid electronic signature")
        HAND = "hand", _("signature by hand, compared with the contract")
        DOCUMENT = "document", _("identity document shown in person")

    OPEN: Final = (State.RECEIVED, State.IDENTIFIED)
    # Strong identification is the online service's own finding: no member of staff can say it (migration 0005).
    METHODS_OF_STAFF: Final = (IdentityMethod.SIGNATURE, IdentityMethod.HAND, IdentityMethod.DOCUMENT)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("number"), max_length=12, unique=True)
    customer_id = models.UUIDField(_("person"), db_index=True)
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    text = models.TextField(_("what is asked"), blank=True, help_text=_("In the words of the person."))
    received_at = models.DateTimeField(_("received at"))
    received_on = models.DateField(_("received on"), help_text=_("Helsinki day, from which the month runs."))
    first_due_on = models.DateField(_("due without an extension"))
    due_on = models.DateField(_("due on"))
    extended_at = models.DateTimeField(_("extended at"), null=True, blank=True)
    extension_reason = models.CharField(_("reason of the extension"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RECEIVED)
    identity_method = models.CharField(
        _("identity checked by"), max_length=10, choices=IdentityMethod.choices, blank=True
    )
    identity_checked_at = models.DateTimeField(_("identity checked at"), null=True, blank=True)
    identity_checked_by = models.CharField(_("checked by"), max_length=80, blank=True)
    assigned_to = models.CharField(_("assigned to"), max_length=80, blank=True)
    asked_by = models.CharField(_("entered by"), max_length=80)
    decision = models.TextField(_("answer"), blank=True, help_text=_("What the person is told."))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    access = person_access("customer_id")
    data_map = DataMap(
        subjects=["customer_id"],
        keeps=[Keep(P1, Basis.LAW, schedule.REQUEST_3_YEARS, Clock("closed_on", RUNNING))],
        technical=[
            "id",
            "number",
            "customer_id",
            "kind",
            "channel",
            "text",
            "received_at",
            "received_on",
            "first_due_on",
            "due_on",
            "extended_at",
            "extension_reason",
            "state",
            "identity_method",
            "identity_checked_at",
            "identity_checked_by",
            "assigned_to",
            "asked_by",
            "decision",
            "closed_at",
            "closed_on",
        ],
        staff=["identity_checked_by", "assigned_to", "asked_by"],
    )

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        indexes: ClassVar = [
            models.Index(fields=["due_on"], condition=Q(closed_on__isnull=True), name="request_open_by_due_day"),
            models.Index(fields=["closed_on"], name="request_by_closing"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state__in=["identified", "answered"])
                | Q(kind="objection")
                | Q(identity_checked_at__isnull=False),
                name="request_is_identified_before_it_is_answered",
            ),
            models.CheckConstraint(
                condition=Q(identity_method="", identity_checked_at__isnull=True, identity_checked_by="")
                | (Q(identity_checked_at__isnull=False) & ~Q(identity_method="") & ~Q(identity_checked_by="")),
                name="request_identity_check_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["received", "identified"], closed_on__isnull=True, closed_at__isnull=True)
                | Q(state__in=["answered", "refused", "withdrawn"], closed_on__isnull=False, closed_at__isnull=False),
                name="request_closed_has_its_day",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(decision=""), name="request_refusal_has_its_reason"
            ),
            models.CheckConstraint(
                condition=Q(extended_at__isnull=True, extension_reason="", due_on=F("first_due_on"))
                | (Q(extended_at__isnull=False, due_on__gt=F("first_due_on")) & ~Q(extension_reason="")),
                name="request_extension_has_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(first_due_on__gt=F("received_on")), name="request_is_due_after_it_is_received"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        """Whether the request still waits for its answer."""
        return self.state in self.OPEN

    @property
    def is_identified(self) -> bool:
        """Whether the identity check is on record."""
        return self.identity_checked_at is not None

    def days_left(self, on: datetime.date) -> int:
        """How many days are left on that day until it is due; below zero it is late."""
        return (self.due_on - on).days


class RequestEvent(models.Model):
    """One step of a request: what happened, when and by whom. Steps are only added."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("received")
        IDENTIFIED = "identified", _("identity checked")
        ASSIGNED = "assigned", _("taken to work")
        EXTENDED = "extended", _("time extended")
        FROZEN = "frozen", _("data frozen until the answer")
        RELEASED = "released", _("freeze ended")
        PACKAGE = "package", _("package made")
        DOWNLOADED = "downloaded", _("package downloaded")
        APPLIED = "applied", _("carried out")
        RECIPIENTS = "recipients", _("recipients to be told")
        ANSWERED = "answered", _("answered")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")
        NOTE = "note", _("note")

    request = models.ForeignKey(Request, models.PROTECT, related_name="events", verbose_name=_("request"))
    kind = models.CharField(_("what happened"), max_length=12, choices=Kind.choices)
    at = models.DateTimeField(_("moment"))
    actor = models.CharField(_("by"), max_length=80)
    note = models.CharField(_("note"), max_length=500, blank=True)

    access = Access(staff=PERSONS, portal=_OF_REQUEST, app=APPEND)
    data_map = DataMap(
        subjects=["request__customer_id"],
        goes_with="request",
        technical=["id", "request", "kind", "at", "actor", "note"],
        staff=["actor"],
    )

    class Meta:
        verbose_name = _("step of a request")
        verbose_name_plural = _("steps of requests")

    def __str__(self) -> str:
        return f"{self.request_id} {self.kind}"


class Correction(models.Model):
    """One datum whose correction is asked: the value as it was then and the value that should be."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="corrections", verbose_name=_("request"))
    field = models.CharField(_("datum"), max_length=60)
    old_value = models.CharField(_("value when asked"), max_length=300, blank=True)
    new_value = models.CharField(_("value asked for"), max_length=300, blank=True)

    access = Access(staff=PERSONS, portal=_OF_REQUEST, app=APPEND)
    data_map = DataMap(
        subjects=["request__customer_id"],
        goes_with="request",
        technical=["id", "request", "field", "old_value", "new_value"],
    )

    class Meta:
        verbose_name = _("correction asked for")
        verbose_name_plural = _("corrections asked for")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "field"], name="a_datum_is_corrected_once_a_request"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.pk}"
