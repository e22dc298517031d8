"""Consumption: one row for each site, Helsinki day, series and resolution, with all of the day's readings.

The tables are partitioned by month and made by SQL in the migrations; the models only describe them.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from register.access.policies import PERSONS, Access, both, of_controllers, of_sites_on, open_access
from register.datamap import items, schedule
from register.datamap.map import Clock, DataMap, Keep, Through, no_person
from register.datamap.vocabulary import P1, Basis

from .places import Site

_STAFF, _PORTAL = both(of_controllers(), PERSONS), of_sites_on("day")
_SUBJECTS = (Through("site__contracts__holders__customer", period="site__contracts", on="day"),)
_KEEPS = (Keep(P1, Basis.CONTRACT, schedule.METERING_10_YEARS, Clock("day")),)


class Series(models.IntegerChoices):
    """What a row of readings measures."""

    ELECTRICITY_USE = 1, _("electricity use")
    ELECTRICITY_PRODUCTION = 2, _("electricity production")
    HEAT_USE = 3, _("district heat use")


class QualityWord(models.Model):
    """A word of quality as the source gives it, such as OK or MISSING, kept once."""

    id = models.SmallAutoField(primary_key=True)
    word = models.CharField(_("word"), max_length=40, unique=True)
    is_estimate = models.BooleanField(_("means an estimate"), default=False)

    access = open_access()
    data_map = no_person("words of the market's messages")

    class Meta:
        verbose_name = _("word of quality")
        verbose_name_plural = _("words of quality")

    def __str__(self) -> str:
        return self.word


class ConsumptionDay(models.Model):
    """The readings of one site, series and resolution on one Helsinki day, in Wh; an empty slot is a gap."""

    pk = models.CompositePrimaryKey("site_id", "series", "resolution_min", "day")
    site = models.ForeignKey(Site, models.DO_NOTHING, related_name="+", db_constraint=False, verbose_name=_("site"))
    series = models.SmallIntegerField(_("series"), choices=Series.choices)
    resolution_min = models.SmallIntegerField(_("resolution, minutes"))
    day = models.DateField(_("day"), help_text=_("Helsinki day; the first slot starts at local midnight."))
    controller_id = models.SmallIntegerField(_("controller"))
    wh = ArrayField(models.IntegerField(null=True), verbose_name=_("readings, Wh"))
    quality = ArrayField(
        models.SmallIntegerField(null=True),
        verbose_name=_("quality"),
        help_text=_("One word for the whole day, or one for each slot."),
    )
    import_run_id = models.UUIDField(_("import"), null=True)

    # By a code only whole months are told (sites.consumption.queries), but the rows must be there to be added up.
    access = Access(staff=_STAFF, portal=_PORTAL, by_code=True)
    data_map = DataMap(
        subjects=_SUBJECTS,
        keeps=_KEEPS,
        fields={items.CONSUMPTION: ["wh", "quality", "series", "resolution_min"], items.CONSUMPTION_ESTIMATE: ["wh"]},
        technical=["site", "day", "controller_id", "import_run_id"],
    )

    class Meta:
        managed = False
        db_table = "sites_consumptionday"
        verbose_name = _("day of consumption")
        verbose_name_plural = _("consumption")

    def __str__(self) -> str:
        return f"{self.site_id} {self.day}"


class ConsumptionCorrection(models.Model):
    """The readings of a day that a later import replaced: its history, and what undoing needs."""

    id = models.BigAutoField(primary_key=True)
    site = models.ForeignKey(Site, models.DO_NOTHING, related_name="+", db_constraint=False, verbose_name=_("site"))
    series = models.SmallIntegerField(_("series"), choices=Series.choices)
    resolution_min = models.SmallIntegerField(_("resolution, minutes"))
    day = models.DateField(_("day"))
    controller_id = models.SmallIntegerField(_("controller"))
    wh = ArrayField(models.IntegerField(null=True), verbose_name=_("readings before, Wh"))
    quality = ArrayField(models.SmallIntegerField(null=True), verbose_name=_("quality before"))
    import_run_id = models.UUIDField(_("import before"), null=True)
    replaced_at = models.DateTimeField(_("replaced at"))
    replaced_by_id = models.UUIDField(_("replaced by import"), null=True)

    access = Access(staff=_STAFF, portal=_PORTAL)
    data_map = DataMap(
        subjects=_SUBJECTS,
        keeps=_KEEPS,
        fields={items.CONSUMPTION: ["wh", "quality", "series", "resolution_min"]},
        technical=["id", "site", "day", "controller_id", "import_run_id", "replaced_at", "replaced_by_id"],
    )

    class Meta:
        verbose_name = _("corrected day")
        verbose_name_plural = _("corrected days")
        indexes: ClassVar = [
            models.Index(fields=["site", "day"], name="correction_by_site_and_day"),
            models.Index(fields=["day"], name="correction_by_day"),
            models.Index(fields=["replaced_by_id"], name="correction_by_import"),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.day}"
