"""Work as rows: a job is done because its row stands in the database, a message only says "look".

Losing every message, or any worker at any point, loses nothing and repeats nothing.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from register.access.policies import PERSONS, REPLACE, Access, open_access
from register.crypto.files import WrappedKeyField
from register.datamap import schedule
from register.datamap.map import RUNNING, Clock, DataMap, Keep, no_person
from register.datamap.vocabulary import P1, SOURCES, Basis


class Job(models.Model):
    """A piece of work with progress, which any worker of its queue may take up and continue."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    class Queue(models.TextChoices):
        DEFAULT = "default", _("default")
        PURGE = "purge", _("purge")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=60)
    queue = models.CharField(_("queue"), max_length=10, choices=Queue.choices, default=Queue.DEFAULT)
    parameters = models.JSONField(
        _("parameters"), default=dict, help_text=_("Keys and settings only, no personal data.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    progress_count = models.BigIntegerField(_("done"), default=0)
    total_count = models.BigIntegerField(_("of all"), null=True, blank=True)
    result = models.JSONField(_("result"), default=dict)
    error = models.CharField(_("error"), max_length=500, blank=True)
    attempt_count = models.PositiveSmallIntegerField(_("attempts"), default=0)
    asked_by = models.CharField(_("asked by"), max_length=80)
    asked_at = models.DateTimeField(_("asked at"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    seen_alive_at = models.DateTimeField(_("seen alive at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    access = open_access(purge=REPLACE)
    data_map = no_person(
        "a job names rows by key and holds no personal data",
        keeps=[Keep(P1, Basis.INTEREST, schedule.JOB_90_DAYS, Clock("finished_at", RUNNING))],
    )

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes: ClassVar = [
            models.Index(
                fields=["queue", "asked_at"], condition=models.Q(state__in=["waiting", "running"]), name="work_job_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class OutboxMessage(models.Model):
    """An effect outside the database that is due because its row was committed: mail, file, ledger line."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=60)
    payload = models.JSONField(_("what to do"), default=dict, help_text=_("Keys only, no personal data."))
    made_at = models.DateTimeField(_("made at"))
    next_try_at = models.DateTimeField(_("next try"))
    attempt_count = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    access = open_access(app=REPLACE, purge=REPLACE)
    data_map = no_person(
        "an outbox row names rows and files by key and holds no personal data",
        keeps=[Keep(P1, Basis.INTEREST, schedule.JOB_90_DAYS, Clock("sent_at", RUNNING))],
    )

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox")
        indexes: ClassVar = [
            models.Index(fields=["next_try_at"], condition=models.Q(sent_at__isnull=True), name="work_outbox_due")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class ImportRun(models.Model):
    """One import of one file (or folder): what came in, when, by whom, and what became of it."""

    class State(models.TextChoices):
        PREVIEWED = "previewed", _("previewed")
        COMMITTED = "committed", _("committed")
        REFUSED = "refused", _("refused")
        UNDONE = "undone", _("undone")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    counts = models.JSONField(_("counts"), default=dict)
    mapping = models.CharField(_("column mapping"), max_length=60, blank=True)
    started_by = models.CharField(_("started by"), max_length=80)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    job = models.ForeignKey(Job, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("job"))

    access = open_access()
    data_map = no_person("a run holds counts and a digest; the file itself is its source")

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "sha256"],
                condition=models.Q(state="committed"),
                name="a_file_is_imported_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class ImportSource(models.Model):
    """The encrypted file of an import, kept a while so that errors can be shown beside their rows."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(ImportRun, models.PROTECT, related_name="sources", verbose_name=_("import"))
    name = models.CharField(_("name of the file"), max_length=255)
    size_bytes = models.BigIntegerField(_("size in bytes"))
    stored_as = models.CharField(_("stored as"), max_length=80)
    wrapped_key = WrappedKeyField(_("wrapped key"))
    imported_on = models.DateField(_("imported on"))

    access = Access(staff=PERSONS)
    data_map = DataMap(
        keeps=[Keep(P1, Basis.INTEREST, schedule.IMPORT_SOURCE_90_DAYS, Clock("imported_on"))],
        technical=["id", "run", "name", "size_bytes", "stored_as", "wrapped_key", "imported_on"],
        files=["stored_as"],
    )

    class Meta:
        verbose_name = _("source file")
        verbose_name_plural = _("source files")

    def __str__(self) -> str:
        return str(self.id)


class ImportFault(models.Model):
    """A row of a file that was refused: its number, the column and the reason, without its values."""

    run = models.ForeignKey(ImportRun, models.PROTECT, related_name="faults", verbose_name=_("import"))
    file_number = models.PositiveIntegerField(_("file"), default=1)
    row_number = models.PositiveBigIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=80, blank=True)
    code = models.SlugField(_("code"), max_length=60)
    message = models.CharField(_("reason"), max_length=300)

    access = open_access(app=REPLACE)
    data_map = no_person("a fault names a row by number and a reason, never its values")

    class Meta:
        verbose_name = _("refused row")
        verbose_name_plural = _("refused rows")
        ordering = ("file_number", "row_number")

    def __str__(self) -> str:
        return f"{self.run_id} {self.row_number} {self.code}"


class ColumnMapping(models.Model):
    """Which column of a file means what, remembered by name."""

    kind = models.CharField(_("kind"), max_length=40)
    name = models.CharField(_("name"), max_length=60)
    columns = models.JSONField(_("columns"), default=dict, help_text=_("Our field: the file's heading."))
    saved_by = models.CharField(_("saved by"), max_length=80)
    saved_at = models.DateTimeField(_("saved at"))

    access = open_access(app=REPLACE)
    data_map = no_person("a mapping names columns, not values")

    class Meta:
        verbose_name = _("column mapping")
        verbose_name_plural = _("column mappings")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "name"], name="a_mapping_has_its_name_once_a_kind")
        ]

    def __str__(self) -> str:
        return self.name


class Sourced(models.Model):
    """What every row that came from somewhere tells: its source (clauses R1 to R7) and its import."""

    source = models.CharField(
        _("source"), max_length=2, choices=[(clause.id, clause.title) for clause in SOURCES], default="R1"
    )
    import_run = models.ForeignKey(
        ImportRun, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("import")
    )

    class Meta:
        abstract = True
