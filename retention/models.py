"""Runs and their plans of keys, the ledger of what went, holds, and the switch that stops all purging.

The plan is what a run may delete and nothing else; only the purge role writes it and the ledger.
The ledger is added to and never changed: each entry carries the hash of the one before.
"""

import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from register.access.policies import APPEND, PURGE, READ, WRITE, Access, open_access
from register.datamap import schedule
from register.datamap.map import RUNNING, Clock, DataMap, Keep
from register.datamap.vocabulary import P1, Basis

_WRITTEN_BY_PURGE = Access(app=READ, purge=PURGE | {"INSERT"}, protected=False)
# The planner of the database knows a new plan of a million rows only when it is told.
_PLAN = Access(app=READ, purge=PURGE | {"INSERT", "MAINTAIN"}, protected=False)
_LEDGER = Access(app=READ, purge=frozenset({"SELECT", "INSERT", "DELETE"}), protected=False)


class RetentionRun(models.Model):
    """One run of the retention rules: planned, perhaps approved, carried out in chunks; or a preview."""

    class Kind(models.TextChoices):
        RUN = "run", _("run")
        PREVIEW = "preview", _("preview")
        UNDO = "undo", _("undo of an import")

    class State(models.TextChoices):
        PLANNING = "planning", _("planning")
        WAITING = "waiting", _("waiting for approval")
        RUNNING = "running", _("running")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    class Asks(models.TextChoices):
        """Why a run waits for a person's word."""

        FIRST = "first", _("the first run of the register, with rows that were due before it")
        GAP = "gap", _("more than a month since the last run")
        BACKLOG = "backlog", _("rows among it that were due more than a month ago and that nobody has seen yet")
        FORECAST = "forecast", _("far more rows than the run before foresaw")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.RUN)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PLANNING)
    as_of = models.DateField(_("day"), help_text=_("What is due on this day goes."))
    is_first = models.BooleanField(_("first run"), default=False)
    asks = models.CharField(_("waits because"), max_length=10, choices=Asks.choices, blank=True)
    asked_by = models.CharField(_("asked by"), max_length=80)
    plan_hash = models.CharField(_("hash of the plan"), max_length=64, blank=True)
    counts = models.JSONField(_("counts"), default=dict, help_text=_("By table: rules, rows, parts, what went."))
    forecast = models.JSONField(
        _("forecast"), default=dict, help_text=_("Rows that go in the months ahead, by table and rule.")
    )
    days_ahead = models.JSONField(
        _("days ahead"), default=dict, help_text=_("Rows that go in the days ahead, by table and rule.")
    )
    planned_count = models.BigIntegerField(_("planned rows"), default=0)
    gone_count = models.BigIntegerField(_("rows gone"), default=0)
    part_count = models.BigIntegerField(_("parts gone"), default=0)
    copy_count = models.BigIntegerField(_("copies gone"), default=0, help_text=_("Log entries and search words."))
    file_count = models.BigIntegerField(_("files gone"), default=0)
    spared_count = models.BigIntegerField(
        _("spared rows"), default=0, help_text=_("No longer due when it came to them.")
    )
    chunk_count = models.PositiveIntegerField(_("chunks"), default=0)
    error = models.CharField(_("error"), max_length=500, blank=True)
    software_version = models.CharField(_("version"), max_length=40, blank=True)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    access = _WRITTEN_BY_PURGE
    data_map = DataMap(
        keeps=[Keep(P1, Basis.LAW, schedule.LEDGER_12_YEARS, Clock("finished_at", RUNNING))],
        technical=[
            "id",
            "kind",
            "state",
            "as_of",
            "is_first",
            "asks",
            "asked_by",
            "plan_hash",
            "counts",
            "forecast",
            "days_ahead",
            "planned_count",
            "gone_count",
            "part_count",
            "copy_count",
            "file_count",
            "spared_count",
            "chunk_count",
            "error",
            "software_version",
            "started_at",
            "finished_at",
        ],
    )

    class Meta:
        verbose_name = _("retention run")
        verbose_name_plural = _("retention runs")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind="run") & ~Q(state__in=["done", "failed"]),
                name="one_retention_run_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.as_of} {self.id}"

    @property
    def is_open(self) -> bool:
        """Whether the run is neither done nor failed."""
        return self.state not in (self.State.DONE, self.State.FAILED)


class Approval(models.Model):
    """A person's word that a plan may be carried out; it is for the plan with that hash and no other."""

    run = models.ForeignKey(RetentionRun, models.PROTECT, related_name="approvals", verbose_name=_("run"))
    plan_hash = models.CharField(_("hash of the plan"), max_length=64)
    approved_by = models.CharField(_("approved by"), max_length=80)
    approved_at = models.DateTimeField(_("approved at"))

    access = open_access(app=APPEND, purge=PURGE | {"INSERT"})
    data_map = DataMap(goes_with="run", technical=["id", "run", "plan_hash", "approved_by", "approved_at"])

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")

    def __str__(self) -> str:
        return f"{self.run_id} {self.approved_by}"


class PlanRow(models.Model):
    """What a run is to delete and has not deleted yet: a row by its key, or all rows whose clock is a day.

    Tables without UUID keys (readings, log entries) are planned by day, in proportion to nothing but days.
    """

    id = models.BigAutoField(primary_key=True)
    # Without a constraint: it would be checked a million times for the one run that writes the plan.
    run = models.ForeignKey(
        RetentionRun,
        models.PROTECT,
        related_name="plan",
        db_index=False,
        db_constraint=False,
        verbose_name=_("run"),
    )
    model = models.CharField(_("table"), max_length=60)
    key = models.UUIDField(_("key"), null=True)
    day = models.DateField(_("day of the clock"), null=True)
    row_count = models.BigIntegerField(_("rows"), default=1)
    rule = models.CharField(_("rule"), max_length=20)
    due_on = models.DateField(_("goes on"))
    spared = models.CharField(_("spared because"), max_length=20, blank=True)

    access = _PLAN
    data_map = DataMap(
        goes_with="run",
        technical=["id", "run", "model", "key", "day", "row_count", "rule", "due_on", "spared"],
    )

    class Meta:
        verbose_name = _("planned row")
        verbose_name_plural = _("planned rows")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "model", "key", "day"], name="a_row_is_planned_once"),
            models.CheckConstraint(
                condition=Q(key__isnull=True) ^ Q(day__isnull=True), name="a_planned_row_is_a_key_or_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.key or self.day}"


class LedgerEntry(models.Model):
    """What one chunk deleted, by key and count, chained by hash to the entry before. Holds nobody's data."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(RetentionRun, models.PROTECT, related_name="ledger", db_index=False, verbose_name=_("run"))
    chunk_number = models.PositiveIntegerField(_("chunk"))
    model = models.CharField(_("table"), max_length=60)
    keys = ArrayField(models.UUIDField(), verbose_name=_("keys"), default=list)
    numbers = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("numbers"),
        default=list,
        help_text=_("Of parts that went without their root: their keys are numbers."),
    )
    days = ArrayField(models.DateField(), verbose_name=_("days"), default=list)
    row_count = models.BigIntegerField(_("rows"))
    part_count = models.BigIntegerField(_("parts"))
    copy_count = models.BigIntegerField(_("copies"))
    file_count = models.BigIntegerField(_("files"))
    previous_hash = models.CharField(_("hash of the entry before"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64)
    at = models.DateTimeField(_("moment"))

    access = _LEDGER
    data_map = DataMap(
        goes_with="run",
        technical=[
            "id",
            "run",
            "chunk_number",
            "model",
            "keys",
            "numbers",
            "days",
            "row_count",
            "part_count",
            "copy_count",
            "file_count",
            "previous_hash",
            "hash",
            "at",
        ],
    )

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "chunk_number"], name="a_chunk_is_in_the_ledger_once"),
            models.UniqueConstraint(fields=["previous_hash"], name="the_ledger_is_one_chain"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.chunk_number}"


class Hold(models.Model):
    """A legal hold: what it covers does not go, nor anything that it needs, until it is released or has ended."""

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        CONTRACT = "contract", _("contract")
        SITE = "site", _("site")
        RECORDING = "recording", _("recording")
        INVOICE = "invoice", _("invoice")

    class Reason(models.TextChoices):
        DISPUTE = "dispute", _("dispute or court case")
        CLAIM = "claim", _("claim for damages")
        AUTHORITY = "authority", _("request of an authority")
        REQUEST = "request", _("request of the person that is not answered yet")
        COLLECTION = "collection", _("debt collection")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("what it covers"), max_length=10, choices=Kind.choices)
    target = models.UUIDField(_("key"), help_text=_("The key of the person, contract, site, recording or invoice."))
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    case_number = models.CharField(_("case number"), max_length=40, blank=True, help_text=_("No names."))
    placed_by = models.CharField(_("placed by"), max_length=80)
    placed_at = models.DateTimeField(_("placed at"))
    until_on = models.DateField(
        _("until"), null=True, blank=True, help_text=_("The first day no longer held. Empty: until it is released.")
    )
    released_by = models.CharField(_("released by"), max_length=80, blank=True)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)

    access = open_access(app=WRITE, purge=PURGE)
    data_map = DataMap(
        keeps=[Keep(P1, Basis.LAW, schedule.HOLD_1_YEAR, Clock("released_at", RUNNING))],
        technical=[
            "id",
            "kind",
            "target",
            "reason",
            "case_number",
            "placed_by",
            "placed_at",
            "until_on",
            "released_by",
            "released_at",
        ],
    )

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        indexes: ClassVar = [
            models.Index(fields=["kind", "target"], condition=Q(released_at__isnull=True), name="hold_in_force")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(released_at__gte=F("placed_at")),
                name="hold_is_released_after_it_is_placed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def has_ended_by_itself(self) -> bool:
        """Whether its last day was over and nobody released it."""
        return self.released_by.startswith("service:")

    def is_in_force(self, on: datetime.date) -> bool:
        """Tell whether the hold keeps what it covers on that day."""
        return self.released_at is None and (self.until_on is None or on < self.until_on)


class StopSwitch(models.Model):
    """Stops all purging while it is not released; the run goes no further than the chunk it is in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reason = models.CharField(_("reason"), max_length=200, help_text=_("No names."))
    stopped_by = models.CharField(_("stopped by"), max_length=80)
    stopped_at = models.DateTimeField(_("stopped at"))
    released_by = models.CharField(_("released by"), max_length=80, blank=True)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)

    access = open_access(app=WRITE, purge=PURGE | {"INSERT"})
    data_map = DataMap(
        keeps=[Keep(P1, Basis.LAW, schedule.LEDGER_12_YEARS, Clock("released_at", RUNNING))],
        technical=["id", "reason", "stopped_by", "stopped_at", "released_by", "released_at"],
    )

    class Meta:
        verbose_name = _("stop")
        verbose_name_plural = _("stops")
        constraints: ClassVar = [
            models.UniqueConstraint(
                models.expressions.Value(1),
                condition=Q(released_at__isnull=True),
                name="purging_is_stopped_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
