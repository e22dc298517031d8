"""Powers of attorney on the admin site: what they cover, and the upload of the document."""

import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers import operations
from customers.documents import MOST_DOCUMENT_BYTES
from customers.models import PowerOfAttorney
from register.access.scope import Actor
from register.identity.rows import RowAdmin, RowForm, RowInline


class PowerOfAttorneyInline(RowInline):
    """The documents on which a mandate rests."""

    model = PowerOfAttorney
    fields = ("scope", "covers_all", "signed_on", "document_link")
    readonly_fields = ("document_link",)

    @admin.display(description=_("document"))
    def document_link(self, row: PowerOfAttorney) -> SafeString | str:
        """Lead to the document."""
        return _document_link(row)


class PowerOfAttorneyForm(RowForm):
    """Records a power of attorney, with its document at once or later."""

    document = forms.FileField(
        label=_("document"),
        required=False,
        help_text=_("PDF, JPG or PNG, at most 10 MiB. It is kept encrypted."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )

    class Meta:
        model = PowerOfAttorney
        fields: ClassVar[list[str]] = ["mandate", "scope", "covers_all", "signed_on"]

    def clean_document(self) -> operations.Document | None:
        """Read no more of the file than may be kept, and a byte to tell that it is too large."""
        file = self.cleaned_data["document"]
        return operations.Document(file.name, file.read(MOST_DOCUMENT_BYTES + 1)) if file else None

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Record it, or add its document."""
        given = self.cleaned_data
        if self.key is not None:
            if given["document"] is None:
                return self.stored
            return operations.add_document(
                power_of_attorney_id=self.key, document=given["document"], actor=actor, at=at
            )
        return operations.add_power_of_attorney(
            mandate_id=given["mandate"].pk,
            scope=given["scope"],
            covers_all=given["covers_all"],
            signed_on=given["signed_on"],
            document=given["document"],
            actor=actor,
            at=at,
        )


class PowerOfAttorneyAdmin(RowAdmin):
    """Powers of attorney with their scope and document (clause D3)."""

    form = PowerOfAttorneyForm
    list_display = ("customer_link", "scope", "covers_all", "signed_on", "document_link")
    list_select_related = ("customer",)
    raw_id_fields = ("mandate",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was recorded stays as it was recorded; a document that is lacking can be added."""
        return () if obj is None else ("mandate", "scope", "covers_all", "signed_on", "document_link")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for a document where there is none."""
        kept = ["mandate", "scope", "covers_all", "signed_on"]
        if obj is None:
            return [*kept, "document"]
        return [*kept, "document_link"] if obj.stored_as else [*kept, "document"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a document that is lacking can be added."""
        is_whole = obj is not None and bool(obj.stored_as)
        return not is_whole and super().has_change_permission(request, obj)

    @admin.display(description=_("document"))
    def document_link(self, row: PowerOfAttorney) -> SafeString | str:
        """Lead to the document."""
        return _document_link(row)


def _document_link(row: PowerOfAttorney) -> SafeString | str:
    if not row.stored_as:
        return "–"
    return format_html('<a href="{}">{}</a>', reverse("staff-power-of-attorney", args=[row.pk]), gettext("Download"))
