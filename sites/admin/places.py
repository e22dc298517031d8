"""The tables of places on the admin site: sites, connections, meters; lists for reading, forms that are operations."""

import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from register.access.scope import Actor
from register.identity.rows import InForce, RowAdmin, RowForm, RowInline
from sites import operations
from sites.models import (
    ElectricityConnection,
    HeatConnection,
    Meter,
    Site,
)
from sites.queries import is_protected_place, with_protection

from .closing import ADDRESS, COORDINATES, STATE, AtSite, closed_mark, today


class SiteForm(RowForm):
    """Registers or changes a site."""

    class Meta:
        model = Site
        fields: ClassVar[list[str]] = [
            "gsrn", "commodity", "street_address", "postal_code", "post_office", "district", "block", "plot",
            "distribution_system_operator", "archive_identifier",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Register or change."""
        return operations.save_site(site_id=self.key, actor=actor, at=at, **self.values())


class MeterInline(RowInline):
    """The meters that were at a site."""

    model = Meter
    fields = ("number", "controller", "method", "front_fuse_a", "installed_on", "removed_on")


class ElectricityInline(RowInline):
    """The electricity connections of a site."""

    model = ElectricityConnection
    fields = ("identifier", "main_fuse_a", "connection_size_a", "voltage_kv", "started_on", "ended_on")


class HeatInline(RowInline):
    """The district heating connections of a site."""

    model = HeatConnection
    fields = ("identifier", "contracted_power_kw", "water_flow_m3_h", "started_on", "ended_on")


@admin.register(Site)
class SiteAdmin(RowAdmin):
    """Metering and delivery points with their connections and meters."""

    form = SiteForm
    list_display = ("gsrn", "commodity", "place", "part_of_town")
    list_filter = ("commodity", "district")
    search_fields = ("gsrn", "address_key")
    search_help_text = _("Metering point or address")
    ordering = ("gsrn",)
    inlines = (ElectricityInline, HeatInline, MeterInline)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Site]:
        """Mark the sites whose address is closed; a filter by the place does not find them."""
        rows = with_protection(super().get_queryset(request), today())
        return rows.exclude(is_protected=True) if any(name.startswith("district") for name in request.GET) else rows

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Search by metering point or address; a closed address finds nothing, or it could be guessed."""
        found, is_double = super().get_search_results(request, queryset, search_term)
        is_number = search_term.strip().isdigit()
        return (found if is_number or not search_term.strip() else found.exclude(is_protected=True)), is_double

    def row_title(self, row: models.Model) -> str:
        """A site is called by its metering point and address, by its metering point alone where that is closed."""
        if not isinstance(row, Site):
            return str(row)
        return row.gsrn if is_protected_place(row, today()) else f"{row.gsrn}, {row.address}"

    def closed_columns(self, row: models.Model) -> frozenset[str]:
        """The address is closed where a person with non-disclosure lives."""
        return frozenset(ADDRESS) if isinstance(row, Site) and is_protected_place(row, today()) else frozenset()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave a closed address out, and say where it opens."""
        names, closed = list(self.get_fields(request, obj)), self.closed_columns(obj) if obj is not None else ()
        said = gettext("The address is closed here. Open it with a reason on the customer's page.") if closed else ""
        return [(None, {"fields": [name for name in names if name not in closed], "description": said})]

    @admin.display(description=_("address"))
    def place(self, row: Site) -> str | SafeString:
        """Show the address, unless it is closed."""
        return closed_mark() if is_protected_place(row, today()) else row.address

    @admin.display(description=_("district"))
    def part_of_town(self, row: Site) -> str:
        """Show the district, unless the address is closed."""
        return "" if is_protected_place(row, today()) else row.district


class ElectricityConnectionForm(RowForm):
    """Registers or changes an electricity connection."""

    class Meta:
        model = ElectricityConnection
        fields: ClassVar[list[str]] = [
            "identifier", "site", "controller", "main_fuse_phase_count", "main_fuse_a", "connection_size_a",
            "connection_point", "voltage_kv", "service_line_length_m", "started_on", "ended_on",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Register or change."""
        return operations.save_electricity_connection(connection_id=self.key, actor=actor, at=at, **self.values())


@admin.register(ElectricityConnection)
class ElectricityConnectionAdmin(AtSite, InForce, RowAdmin):
    """Connections to the electricity network with their technical items."""

    form = ElectricityConnectionForm
    list_display = (
        "identifier", "site", "main_fuse", "connection_size_a", "voltage_kv", "service_line_length_m", "state",
    )  # fmt: skip
    column_classes: ClassVar[dict[str, str]] = STATE
    list_filter = ("voltage_kv", "main_fuse_a", ("ended_on", admin.EmptyFieldListFilter))
    search_fields = ("identifier",)
    raw_id_fields = ("site",)
    ordering = ("identifier",)


class HeatConnectionForm(RowForm):
    """Registers or changes a district heating connection."""

    class Meta:
        model = HeatConnection
        fields: ClassVar[list[str]] = [
            "identifier", "site", "controller", "contracted_power_kw", "water_flow_m3_h", "building_volume_m3",
            "started_on", "ended_on",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Register or change."""
        return operations.save_heat_connection(connection_id=self.key, actor=actor, at=at, **self.values())


@admin.register(HeatConnection)
class HeatConnectionAdmin(AtSite, InForce, RowAdmin):
    """Connections to the district heating network with their technical items."""

    form = HeatConnectionForm
    list_display = ("identifier", "site", "contracted_power_kw", "water_flow_m3_h", "building_volume_m3", "state")
    column_classes: ClassVar[dict[str, str]] = STATE
    list_filter = (("ended_on", admin.EmptyFieldListFilter),)
    search_fields = ("identifier",)
    raw_id_fields = ("site",)
    ordering = ("identifier",)


class MeterForm(RowForm):
    """Installs a meter, corrects it, or takes it away."""

    class Meta:
        model = Meter
        fields: ClassVar[list[str]] = [
            "number", "site", "controller", "method", "front_fuse_a", "latitude", "longitude", "installed_on",
            "removed_on",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Install or correct."""
        return operations.install_meter(meter_id=self.key, actor=actor, at=at, **self.values())


@admin.register(Meter)
class MeterAdmin(AtSite, InForce, RowAdmin):
    """Meters, which follow one another at a site."""

    end_column = "removed_on"
    form = MeterForm
    list_display = ("number", "site", "method", "front_fuse_a", "installed_on", "removed_on", "state")
    column_classes: ClassVar[dict[str, str]] = STATE
    list_filter = ("method", "controller", ("removed_on", admin.EmptyFieldListFilter))
    search_fields = ("number",)
    raw_id_fields = ("site",)
    ordering = ("number",)

    def closed_columns(self, row: models.Model) -> frozenset[str]:
        """The coordinates tell where the site is."""
        is_closed = isinstance(row, Meter) and is_protected_place(row.site, today())
        return frozenset(COORDINATES) if is_closed else frozenset()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave closed coordinates out."""
        closed = self.closed_columns(obj) if obj is not None else ()
        return [name for name in super().get_fields(request, obj) if name not in closed]
