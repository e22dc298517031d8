"""Recordings and listenings on the admin site; one listens and reads on the customer's page, with a reason.

Dangerous if loosened: a transcript says what the call says, so that no page here shows it (clause P5).
"""

import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from recordings import operations
from recordings.models import Listening, Recording
from register.access.scope import Actor
from register.datamap.schedule import RECORDING_1_YEAR
from register.identity.lists import DateRangeFilter
from register.identity.rows import RowAdmin, RowForm, RowInline


class RecordingForm(RowForm):
    """Corrects the kind of a call or whom it is with."""

    class Meta:
        model = Recording
        fields: ClassVar[list[str]] = ["kind", "customer"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Correct it."""
        customer = self.cleaned_data["customer"]
        return operations.change_recording(
            recording_id=self.key,
            kind=self.cleaned_data["kind"],
            customer_id=customer.pk if customer else None,
            actor=actor,
            at=at,
        )


class ListeningInline(RowInline):
    """Who listened and why."""

    model = Listening
    fields = ("listened_at", "listened_by", "reason")
    show_change_link = False


@admin.register(Recording)
class RecordingAdmin(RowAdmin):
    """Recorded calls, each with the day on which it goes (item O01)."""

    form = RecordingForm
    list_display = (
        "called_at", "customer_link", "kind", "direction", "duration_s", "handled_by", "controller_mark", "goes_on",
    )  # fmt: skip
    list_filter = ("kind", "direction", "controller", ("called_at", DateRangeFilter))
    list_select_related = ("customer", "controller")
    raw_id_fields = ("customer",)
    ordering = ("-called_at",)
    inlines = (ListeningInline,)
    list_intro = _("Every call is kept one year. One listens on the customer's page, with a reason.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Recordings come from the telephone system."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what is known of the call, but not what was said in it."""
        return ["kind", "customer", "direction", "phone", "called_at", "duration_s", "handled_by", "controller"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The call itself stays as it was."""
        return ("direction", "phone", "called_at", "duration_s", "handled_by", "controller")

    def closed_columns(self, row: models.Model) -> frozenset[str]:
        """The history does not tell what was said either."""
        return super().closed_columns(row) | {"transcript"}

    @admin.display(description=_("goes on"), ordering="called_on")
    def goes_on(self, row: Recording) -> datetime.date:
        """Show the day on which it goes."""
        return RECORDING_1_YEAR.day_of_deletion(row.called_on)


@admin.register(Listening)
class ListeningAdmin(RowAdmin):
    """Listenings with their reason (clause P5)."""

    list_display = ("listened_at", "listened_by", "reason", "recording")
    list_filter = ("reason",)
    list_select_related = ("recording",)
    ordering = ("-listened_at",)
