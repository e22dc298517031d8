"""Places and their things: sites, connections and meters. They tell of nobody but through contracts."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from register.access.policies import Access, of_controllers, of_sites
from register.datamap import items
from register.datamap.map import Linked, no_person
from register.identity.models import Controller
from register.work.models import Sourced

_HOLDERS = "site__contracts__holders__customer"
_AT_SITE = Linked(_HOLDERS, period="site__contracts", starts="started_on", ends="ended_on")
_PLACE = "a place or its thing; linked to people only through contracts, held while in use"


def days(start: str = "started_on", end: str = "ended_on") -> Func:
    """The half-open range of days between two columns, as an exclusion constraint compares it."""
    return Func(F(start), F(end), Value("[)"), function="daterange")


class Site(Sourced):
    """A site: a metering point of electricity, or a delivery point of district heat."""

    class Commodity(models.TextChoices):
        ELECTRICITY = "electricity", _("electricity")
        HEAT = "heat", _("district heat")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    gsrn = models.CharField(
        _("metering point"), max_length=18, unique=True, help_text=_("GSRN of 18 digits, as on the invoice.")
    )
    commodity = models.CharField(_("commodity"), max_length=12, choices=Commodity.choices)
    street_address = models.CharField(_("street address"), max_length=200)
    postal_code = models.CharField(_("postal code"), max_length=5)
    post_office = models.CharField(_("post office"), max_length=60)
    address_key = models.CharField(
        _("folded address"),
        max_length=280,
        db_collation="C",
        blank=True,
        help_text=_("For search; made by the register."),
    )
    district = models.CharField(_("district"), max_length=60, blank=True)
    block = models.CharField(_("block"), max_length=20, blank=True)
    plot = models.CharField(_("plot"), max_length=20, blank=True)
    distribution_system_operator = models.CharField(
        _("distribution system operator"), max_length=100, blank=True, help_text=_("The network company of the area.")
    )
    archive_identifier = models.CharField(_("archive identifier"), max_length=40, blank=True)

    access = Access(staff="true", portal=of_sites("id"))
    data_map = no_person(
        _PLACE,
        fields={
            items.METERING_POINT: ["gsrn"],
            items.SITE_ADDRESS: ["street_address", "postal_code", "post_office", "address_key"],
            items.DISTRICT_BLOCK_PLOT: ["district", "block", "plot"],
            items.DISTRIBUTION_SYSTEM_OPERATOR: ["distribution_system_operator"],
            items.ARCHIVE_IDENTIFIER: ["archive_identifier"],
        },
        technical=["id", "commodity", "source", "import_run"],
        linked=[Linked("contracts__holders__customer", period="contracts")],
    )

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        indexes: ClassVar = [models.Index(fields=["address_key"], name="site_by_address")]

    def __str__(self) -> str:
        return self.gsrn

    @property
    def address(self) -> str:
        """The address on one line."""
        return f"{self.street_address}, {self.postal_code} {self.post_office}"


class ElectricityConnection(Sourced):
    """A connection of a site to the electricity network."""

    class Voltage(models.TextChoices):
        LOW = "0.4", _("0.4 kV")
        MEDIUM = "20", _("20 kV")
        HIGH = "110", _("110 kV")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identifier = models.CharField(_("connection identifier"), max_length=20, unique=True)
    site = models.ForeignKey(Site, models.PROTECT, related_name="electricity_connections", verbose_name=_("site"))
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    main_fuse_phase_count = models.PositiveSmallIntegerField(_("phases of the main fuse"), default=3)
    main_fuse_a = models.PositiveSmallIntegerField(_("main fuse, A"), help_text=_("Amperes a phase, for example 25."))
    connection_size_a = models.PositiveSmallIntegerField(_("connection size, A"), help_text=_("Amperes a phase."))
    connection_point = models.CharField(_("connection point"), max_length=60, blank=True)
    voltage_kv = models.CharField(_("voltage level"), max_length=4, choices=Voltage.choices, default=Voltage.LOW)
    service_line_length_m = models.PositiveIntegerField(_("length of the service line, m"), null=True, blank=True)
    started_on = models.DateField(_("connected on"), null=True, blank=True)
    ended_on = models.DateField(_("disconnected on"), null=True, blank=True)

    access = Access(staff=of_controllers(), portal=of_sites())
    data_map = no_person(
        _PLACE,
        fields={
            items.CONNECTION_IDENTIFIER: ["identifier"],
            items.MAIN_FUSE: ["main_fuse_phase_count", "main_fuse_a"],
            items.CONNECTION_SIZE: ["connection_size_a"],
            items.CONNECTION_POINT: ["connection_point"],
            items.VOLTAGE_LEVEL: ["voltage_kv"],
            items.SERVICE_LINE_LENGTH: ["service_line_length_m"],
        },
        technical=["id", "site", "controller", "started_on", "ended_on", "source", "import_run"],
        linked=[_AT_SITE],
    )

    class Meta:
        verbose_name = _("electricity connection")
        verbose_name_plural = _("electricity connections")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(main_fuse_phase_count__in=[1, 3]), name="electricity_connection_has_one_or_three_phases"
            ),
            models.CheckConstraint(
                condition=Q(main_fuse_a__gt=0) & Q(connection_size_a__gt=0),
                name="electricity_connection_sizes_are_positive",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gt=F("started_on")),
                name="electricity_connection_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.identifier

    @property
    def main_fuse(self) -> str:
        """The main fuse as one says it: 3×25 A."""
        return f"{self.main_fuse_phase_count}\N{MULTIPLICATION SIGN}{self.main_fuse_a} A"


class HeatConnection(Sourced):
    """A connection of a site to the district heating network."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identifier = models.CharField(_("connection identifier"), max_length=20, unique=True)
    site = models.ForeignKey(Site, models.PROTECT, related_name="heat_connections", verbose_name=_("site"))
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    contracted_power_kw = models.DecimalField(_("contracted heat power, kW"), max_digits=9, decimal_places=2)
    water_flow_m3_h = models.DecimalField(_("contracted water flow, m³/h"), max_digits=8, decimal_places=3)
    building_volume_m3 = models.PositiveIntegerField(_("contracted building volume, m³"), null=True, blank=True)
    started_on = models.DateField(_("connected on"), null=True, blank=True)
    ended_on = models.DateField(_("disconnected on"), null=True, blank=True)

    access = Access(staff=of_controllers(), portal=of_sites())
    data_map = no_person(
        _PLACE,
        fields={
            items.CONNECTION_IDENTIFIER: ["identifier"],
            items.HEAT_POWER: ["contracted_power_kw"],
            items.WATER_FLOW: ["water_flow_m3_h"],
            items.BUILDING_VOLUME: ["building_volume_m3"],
        },
        technical=["id", "site", "controller", "started_on", "ended_on", "source", "import_run"],
        linked=[_AT_SITE],
    )

    class Meta:
        verbose_name = _("district heating connection")
        verbose_name_plural = _("district heating connections")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(contracted_power_kw__gt=0) & Q(water_flow_m3_h__gt=0),
                name="heat_connection_power_and_flow_are_positive",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gt=F("started_on")),
                name="heat_connection_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.identifier


class Meter(Sourced):
    """A meter at a site from the day of its installation to the day of its removal."""

    class Method(models.TextChoices):
        QUARTER_HOUR = "PT15M", _("remotely read, 15 minutes")
        HOUR = "PT1H", _("remotely read, hourly")
        READ = "read", _("read by hand")
        UNMETERED = "unmetered", _("unmetered")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("meter number"), max_length=30)
    site = models.ForeignKey(Site, models.PROTECT, related_name="meters", verbose_name=_("site"))
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    method = models.CharField(_("metering method"), max_length=10, choices=Method.choices)
    front_fuse_a = models.PositiveSmallIntegerField(_("fuse ahead of the meter, A"), null=True, blank=True)
    latitude = models.DecimalField(
        _("latitude"), max_digits=8, decimal_places=6, null=True, blank=True, help_text=_("Degrees, WGS 84.")
    )
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True, help_text=_("Degrees, WGS 84.")
    )
    installed_on = models.DateField(_("installed on"))
    removed_on = models.DateField(_("removed on"), null=True, blank=True)

    access = Access(staff=of_controllers(), portal=of_sites())
    data_map = no_person(
        _PLACE,
        fields={
            items.METERING_METHOD: ["method"],
            items.METER_FUSE: ["front_fuse_a"],
            items.METER_COORDINATES: ["latitude", "longitude"],
        },
        technical=["id", "number", "site", "controller", "installed_on", "removed_on", "source", "import_run"],
        linked=[Linked(_HOLDERS, period="site__contracts", starts="installed_on", ends="removed_on")],
    )

    class Meta:
        verbose_name = _("meter")
        verbose_name_plural = _("meters")
        indexes: ClassVar = [models.Index(fields=["number"], name="meter_by_number")]
        constraints: ClassVar = [
            ExclusionConstraint(
                name="meters_follow_one_another_at_a_site",
                expressions=[
                    (F("site"), RangeOperators.EQUAL),
                    (days("installed_on", "removed_on"), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(removed_on__isnull=True) | Q(removed_on__gt=F("installed_on")),
                name="meter_is_removed_after_it_is_installed",
            ),
            models.CheckConstraint(
                condition=(Q(latitude__isnull=True) & Q(longitude__isnull=True))
                | (Q(latitude__gte=59) & Q(latitude__lte=71) & Q(longitude__gte=19) & Q(longitude__lte=32)),
                name="meter_coordinates_are_in_finland",
            ),
        ]

    def __str__(self) -> str:
        return self.number
