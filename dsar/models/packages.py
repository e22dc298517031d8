"""The packages made for access requests: an encrypted file for thirty days, and each download of it.

Dangerous if loosened: the database lets no download be written while the identity is not on record.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from register.access.policies import APPEND, PERSONS, Access, of_customers, person_access
from register.crypto.files import WrappedKeyField
from register.datamap import schedule
from register.datamap.map import Clock, DataMap, Keep
from register.datamap.vocabulary import P1, Basis

from .requests import Request

_OF_PACKAGE = f"package_id IN (SELECT p.id FROM dsar_package p WHERE {of_customers('p.customer_id')})"


class Package(models.Model):
    """A package of all that the register has of a person, made by the worker and kept encrypted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer_id = models.UUIDField(_("person"), db_index=True)
    request = models.ForeignKey(
        Request, models.PROTECT, null=True, blank=True, related_name="packages", verbose_name=_("request")
    )
    asked_at = models.DateTimeField(_("asked at"), db_index=True)
    asked_by = models.CharField(_("asked by"), max_length=80)
    made_at = models.DateTimeField(_("made at"), null=True, blank=True)
    stored_as = models.CharField(_("stored as"), max_length=80, blank=True)
    wrapped_key = WrappedKeyField(_("wrapped key"), null=True, blank=True)
    size_bytes = models.BigIntegerField(_("size in bytes"), default=0)
    counts = models.JSONField(_("rows by table"), default=dict)

    access = person_access("customer_id")
    data_map = DataMap(
        subjects=["customer_id"],
        keeps=[Keep(P1, Basis.LAW, schedule.PACKAGE_30_DAYS, Clock("asked_at"))],
        technical=[
            "id",
            "customer_id",
            "request",
            "asked_at",
            "asked_by",
            "made_at",
            "stored_as",
            "wrapped_key",
            "size_bytes",
            "counts",
        ],
        files=["stored_as"],
        staff=["asked_by"],
    )

    class Meta:
        verbose_name = _("package")
        verbose_name_plural = _("packages")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(made_at__isnull=True, stored_as="")
                | (models.Q(made_at__isnull=False) & ~models.Q(stored_as="")),
                name="package_made_has_its_file",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class PackageDownload(models.Model):
    """One download of a package: who took it and when."""

    package = models.ForeignKey(Package, models.PROTECT, related_name="downloads", verbose_name=_("package"))
    downloaded_at = models.DateTimeField(_("downloaded at"))
    downloaded_by = models.CharField(_("downloaded by"), max_length=80)

    access = Access(staff=PERSONS, portal=_OF_PACKAGE, app=APPEND)
    data_map = DataMap(
        subjects=["package__customer_id"],
        goes_with="package",
        technical=["id", "package", "downloaded_at", "downloaded_by"],
        staff=["downloaded_by"],
    )

    class Meta:
        verbose_name = _("download of a package")
        verbose_name_plural = _("downloads of packages")

    def __str__(self) -> str:
        return f"{self.package_id} {self.pk}"
