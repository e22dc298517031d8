"""The change log (every change with old and new value and actor) and the read log (every look at a person).

Log rows name their actor by kind and id; they are only added to, and only the purge removes them.
"""

import copy
from typing import Any, ClassVar

from auditlog.models import AbstractLogEntry, LogEntryManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from register.access.policies import (
    APPEND,
    PERSONS,
    Access,
    of_controllers,
    of_customers,
)
from register.access.scope import ActorKind, current_actor
from register.audit.subjects import controller_of, subjects_of
from register.datamap import schedule
from register.datamap.map import Clock, DataMap, Keep
from register.datamap.vocabulary import P1, Basis

_ACTOR_KINDS = [
    (ActorKind.STAFF.value, _("staff")),
    (ActorKind.CUSTOMER.value, _("customer")),
    (ActorKind.SERVICE.value, _("service")),
]


class ChangeManager(LogEntryManager):
    """Writes entries with actor, controller and persons, and without the object's text."""

    def log_create(self, instance: models.Model, force_log: bool = False, **kwargs: Any) -> Any:
        """Write the entry of one changed row."""
        actor = current_actor()
        kwargs.update(
            object_repr="",
            serialized_data=None,
            actor_kind=actor.kind if actor else ActorKind.SERVICE,
            actor_id=actor.id if actor else "unknown",
            controller_id=controller_of(instance),
            subjects=subjects_of(instance),
        )
        return super().log_create(instance, force_log, **kwargs)


def _bare(name: str) -> Any:
    """Take a field of django-auditlog without the index and the constraint that it brings: no query asks for them."""
    field: Any = copy.deepcopy(AbstractLogEntry._meta.get_field(name))
    field.db_index = False
    if field.is_relation:
        field.db_constraint = False
    return field


class LogEntry(AbstractLogEntry):
    """A change of one row: which columns, from what to what, by whom (django-auditlog's entry, made ours).

    Values of encrypted columns stand masked. The object's text, addresses of mail and network are never kept.
    """

    content_type = _bare("content_type")
    object_pk = _bare("object_pk")
    object_id = _bare("object_id")
    action = _bare("action")
    cid = _bare("cid")
    timestamp = _bare("timestamp")
    actor = None
    actor_email = None
    remote_addr = None
    remote_port = None
    actor_kind = models.CharField(_("kind of actor"), max_length=10, choices=_ACTOR_KINDS)
    actor_id = models.CharField(_("actor"), max_length=60)
    controller_id = models.PositiveSmallIntegerField(_("controller"), null=True)
    subjects = ArrayField(models.UUIDField(), verbose_name=_("persons"), default=list)

    objects: ClassVar[ChangeManager] = ChangeManager()

    access = Access(
        staff=f"({PERSONS}) AND (controller_id IS NULL OR {of_controllers()})",
        portal="subjects && (SELECT nullif(current_setting('register.customers', true), ''))::uuid[]",
        app=APPEND,
        purge=frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"}),
    )
    data_map = DataMap(
        keeps=[Keep(P1, Basis.LAW, schedule.CHANGE_LOG_10_YEARS, Clock("timestamp"))],
        technical=[
            "id",
            "content_type",
            "object_pk",
            "object_id",
            "object_repr",
            "serialized_data",
            "action",
            "changes_text",
            "changes",
            "cid",
            "timestamp",
            "additional_data",
            "actor_kind",
            "actor_id",
            "controller_id",
            "subjects",
        ],
        staff=["actor_id"],
        persons="subjects",
    )

    class Meta(AbstractLogEntry.Meta):
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes: ClassVar = [
            models.Index(fields=["content_type", "object_pk"], name="audit_logentry_object"),
            GinIndex(fields=["subjects"], name="audit_logentry_subjects"),
            BrinIndex(fields=["timestamp"], name="audit_logentry_moment", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.content_type_id} {self.object_pk} {self.action}"


class ReadEvent(models.Model):
    """One look at persons' data: who, when, why, by which page or job (GDPR 15(1), C-579/21)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(_("moment"), db_index=True)
    actor_kind = models.CharField(_("kind of actor"), max_length=10, choices=_ACTOR_KINDS)
    actor_id = models.CharField(_("actor"), max_length=60)
    unit = models.CharField(_("unit"), max_length=60, help_text=_("The role or job, which the person is told."))
    reason = models.CharField(_("reason"), max_length=60)
    what = models.CharField(_("what was shown"), max_length=60)

    access = Access(
        staff=PERSONS,
        portal=f"id IN (SELECT s.event_id FROM audit_readsubject s WHERE {of_customers('s.customer_id')})",
        app=APPEND,
    )
    data_map = DataMap(
        subjects=["shown__customer_id"],
        keeps=[Keep(P1, Basis.LAW, schedule.READ_LOG_5_YEARS, Clock("at"))],
        technical=["id", "at", "actor_kind", "actor_id", "unit", "reason", "what"],
        staff=["actor_id"],
    )

    class Meta:
        verbose_name = _("look")
        verbose_name_plural = _("looks")

    def __str__(self) -> str:
        return str(self.id)


class ReadSubject(models.Model):
    """A person whose data a look showed; the person is named by key, for the log lies below the register."""

    event = models.ForeignKey(ReadEvent, models.PROTECT, related_name="shown", verbose_name=_("look"))
    customer_id = models.UUIDField(_("person"), db_index=True)

    access = Access(staff=PERSONS, portal=of_customers(), app=APPEND)
    data_map = DataMap(subjects=["customer_id"], goes_with="event", technical=["id", "event", "customer_id"])

    class Meta:
        verbose_name = _("person shown")
        verbose_name_plural = _("persons shown")

    def __str__(self) -> str:
        return f"{self.event_id} {self.customer_id}"
