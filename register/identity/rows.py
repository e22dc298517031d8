"""The admin pages of tables with persons: each look is logged, secrets are masked, filters cannot be used to guess.

Dangerous if passed by: a StaffAdmin that shows persons and is not a RowAdmin leaves no trace of the look.
"""

import datetime
from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from register.access.refusing import Refusal
from register.audit.subjects import controller_of
from register.crypto.fields import EncryptedTextField
from register.datamap.map import Kind
from register.identity.components import controller_tag, status
from register.identity.looking import LookReason, note_look
from register.identity.models import Account
from register.identity.site import OperationForm, StaffAdmin, StaffInline

_LOOKUPS = frozenset({"exact", "isnull", "isempty", "gte", "lt", "year", "month", "day"})
_AFTER_ALL = "\U0010ffff"


class RowForm(OperationForm):
    """A form whose operation refuses in its own words; the database's constraints speak through it, by sentence."""

    refusals = (Refusal,)

    def validate_unique(self) -> None:
        """Leave it to the operation: it refuses without telling what hidden rows hold."""

    def _post_clean(self) -> None:
        # Django would check the constraints in its own words, beside the sentences of the apps.
        setattr(self.instance, "validate_constraints", lambda exclude=None: None)  # noqa: B010 (it is a method)
        super()._post_clean()

    @property
    def key(self) -> Any:
        """The key of the row that is changed, None for a new one."""
        return None if self.stored._state.adding else self.stored.pk

    def values(self, *left_out: str) -> dict[str, Any]:
        """Return what was filled in, by the columns that the form declares."""
        return {
            name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data and name not in left_out
        }


class RowInline(StaffInline):
    """Parts of a row as a table for reading; they open on their own page."""


class RowAdmin(StaffAdmin):
    """The admin of a table: lists and pages write the read log for the persons whom they show.

    `search_fields` are plain columns that hold numbers, searched by their beginning through the index;
    persons are found by the search of the register, whose words do not stand in an address.
    """

    def subjects_shown(self, rows: Iterable[models.Model]) -> list[UUID]:
        """Give the persons that these rows are about, along the paths of the data map."""
        data_map = getattr(self.model, "data_map", None)
        keys = [row.pk for row in rows]
        found: list[UUID] = []
        for path in data_map.subjects if data_map and keys else ():
            if isinstance(path, str):
                found += self.model._default_manager.filter(pk__in=keys).values_list(path, flat=True)
        return [key for key in dict.fromkeys(found) if key is not None]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, and log whom its page shows."""
        response = super().changelist_view(request, extra_context)
        context = response.context_data if isinstance(response, TemplateResponse) else None
        if context and isinstance(context.get("cl"), ChangeList):
            self._note(request, context["cl"].result_list, LookReason.LIST)
        return response

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or change a row, and log whom it shows."""
        response = super().changeform_view(request, object_id, form_url, extra_context)
        if object_id is not None and isinstance(response, TemplateResponse):
            row = self.get_object(request, unquote(object_id))
            self._note(request, [row] if row is not None else [], LookReason.PAGE)
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the changes of a row, and log whom it shows."""
        response = super().history_view(request, object_id, extra_context)
        self._note_object(request, response)
        return response

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say when a row goes, and log whom it shows."""
        response = super().delete_view(request, object_id, extra_context)
        self._note_object(request, response)
        return response

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Allow the filters of the list and the customer's key: anything else could be used to guess what is hidden."""
        if request is None:
            return False
        fields = [entry[0] if isinstance(entry, tuple) else entry for entry in self.get_list_filter(request)]
        allowed = {*map(str, fields), *([self.date_hierarchy] if self.date_hierarchy else []), "customer"}
        head, _sep, last = lookup.rpartition("__")
        stem = head if last in _LOOKUPS else lookup
        return stem.removesuffix("__id").removesuffix("__pk") in allowed

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Search by the beginning of a number, by range: under a policy only that keeps the index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = models.Q()
        for name in self.get_search_fields(request):
            found |= models.Q(**{f"{name}__gte": term, f"{name}__lt": term + _AFTER_ALL})
        return queryset.filter(found), False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the columns of a person's row in the order of the model; a secret shows dots."""
        if self.fields or issubclass(self.form, OperationForm):
            return super().get_fields(request, obj)
        return [field.name for field in self.model._meta.concrete_fields if _is_shown(field)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose a row is stays as it was entered."""
        shown = super().get_readonly_fields(request, obj)
        is_asked = obj is not None and "controller" in self.form.base_fields
        return (*shown, "controller") if is_asked and "controller" not in shown else shown

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What belongs to a company is changed with a right at that company; elsewhere the page is for reading."""
        return super().has_change_permission(request, obj) and (obj is None or self._is_of_own_company(request, obj))

    def _is_of_own_company(self, request: HttpRequest, obj: models.Model) -> bool:
        controller, account = controller_of(obj), request.user
        permission = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return controller is None or (isinstance(account, Account) and controller in account.controller_ids(permission))

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """A new row has no parts yet."""
        return super().get_inlines(request, obj) if obj is not None else ()

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the parts out of what is sent: checked after the operation, they could deny what was done."""
        return iter(()) if request.method == "POST" else super().get_formsets_with_inlines(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write nothing: the operation did."""

    def _note_object(self, request: HttpRequest, response: HttpResponse) -> None:
        row = (response.context_data or {}).get("object") if isinstance(response, TemplateResponse) else None
        self._note(request, [row] if isinstance(row, models.Model) else [], LookReason.PAGE)

    def _note(self, request: HttpRequest, rows: Iterable[models.Model], reason: str) -> None:
        shown = list(rows)
        note_look(
            request,
            what=str(self.opts.label_lower),
            customers=self.subjects_shown(shown),
            reason=reason,
            is_of_strangers=bool(shown) and _is_about_persons(self.model),
        )

    def controller_mark(self, row: Any) -> SafeString:
        """Show the controller by its mark."""
        return controller_tag(row.controller)

    controller_mark.short_description = _("company")  # type: ignore[attr-defined]
    controller_mark.admin_order_field = "controller"  # type: ignore[attr-defined]

    def customer_link(self, row: Any) -> SafeString | str:
        """Lead to the page of the customer by their number."""
        customer = getattr(row, "customer", None)
        if customer is None:
            return "–"
        return format_html('<a class="code" href="{}">{}</a>', customer_url(customer.pk), customer.number)

    customer_link.short_description = _("customer")  # type: ignore[attr-defined]


class OnlyAdded(RowAdmin):
    """A table whose rows are added by an operation and then stay as they are."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was recorded stays."""
        return False


class InForce:
    """The state of a row that has a first day and the first day no longer in force."""

    end_column: ClassVar[str] = "ended_on"

    def state(self, row: Any) -> SafeString:
        """Say whether the row is in force today."""
        end = getattr(row, self.end_column)
        today = localdate(datetime.datetime.now(tz=datetime.UTC))
        if end is not None and end <= today:
            return status("off", gettext("Ended"))
        return status("ok", gettext("In force"))

    state.short_description = _("state")  # type: ignore[attr-defined]


def customer_url(customer_id: UUID) -> str:
    """Return the address of a customer's page, opened from a list."""
    return f"{reverse('staff-customer', args=[customer_id])}?from={LookReason.LIST}"


def _is_about_persons(model: type[models.Model]) -> bool:
    data_map = getattr(model, "data_map", None)
    return bool(data_map and data_map.kind is not Kind.NO_PERSON and (data_map.subjects or data_map.fields))


def _is_shown(field: Any) -> bool:
    if isinstance(field, models.BinaryField) and not isinstance(field, EncryptedTextField):
        return False
    return not field.primary_key and not field.name.endswith("_index") and field.name not in {"stored_as", "waveform"}
