"""The tables of retention for reading: runs, their ledger, holds, stops."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from register.identity.components import status
from register.identity.site import StaffAdmin
from retention.models import Hold, LedgerEntry, RetentionRun, StopSwitch

_KINDS = {"done": "ok", "failed": "bad", "stopped": "warn", "waiting": "warn", "running": "run", "planning": "run"}


@admin.register(RetentionRun)
class RetentionRunAdmin(StaffAdmin):
    """Runs and previews, the latest first."""

    list_display = ("started_at", "as_of", "kind", "planned_count", "gone_count", "spared_count", "result")
    list_filter = ("kind", "state")
    date_hierarchy = "started_at"
    ordering = ("-started_at",)
    column_classes: ClassVar = {"result": "state"}

    def row_title(self, row: Any) -> str:
        """Name the run by its day."""
        return f"{row.get_kind_display()} {row.as_of:%d.%m.%Y}"

    def result(self, row: RetentionRun) -> SafeString:
        """The state as a status."""
        return status(_KINDS[row.state], row.get_state_display())

    result.short_description = _("result")  # type: ignore[attr-defined]


@admin.register(LedgerEntry)
class LedgerEntryAdmin(StaffAdmin):
    """What each chunk deleted, by key and count."""

    list_display = ("at", "model", "row_count", "part_count", "copy_count", "file_count")
    list_filter = ("model",)
    date_hierarchy = "at"
    ordering = ("-id",)


@admin.register(Hold)
class HoldAdmin(StaffAdmin):
    """Holds, those in force first."""

    list_display = ("kind", "reason", "case_number", "placed_at", "until_on", "released_at")
    list_filter = ("kind", "reason")
    ordering = ("-placed_at",)

    def row_title(self, row: Any) -> str:
        """Name the hold by what it covers and its case."""
        return f"{row.get_kind_display()} {row.case_number}".strip()


@admin.register(StopSwitch)
class StopSwitchAdmin(StaffAdmin):
    """When purging was stopped, why and by whom."""

    list_display = ("stopped_at", "reason", "stopped_by", "released_at")
    ordering = ("-stopped_at",)

    def row_title(self, row: Any) -> str:
        """Name the stop by its day."""
        return f"{row.stopped_at:%d.%m.%Y}"
