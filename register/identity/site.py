"""The staff UI as an admin site: our frame, our sign-in, no deletion, no log of Django's own.

Dangerous if loosened: a ModelAdmin that is not a StaffAdmin could delete rows past retention and write
what a row is called into django_admin_log, which nothing erases.
"""

import copy
import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import display_for_field, unquote
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, PermissionDenied
from django.db import IntegrityError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from register.access.refusing import field_of, sentence_of
from register.access.scope import Actor
from register.audit.models import LogEntry
from register.identity.lists import StaffChangeList
from register.identity.models import Account
from register.identity.queries import actor_of
from register.identity.rights import holds_throughout


class StaffSite(admin.AdminSite):
    """The admin site of the register."""

    site_header = _("Customer register")
    site_title = _("Customer register")
    index_title = _("Dashboard")
    enable_nav_sidebar = False
    empty_value_display = "–"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._actions: dict[str, Callable[..., Any]] = {}
        self._global_actions: dict[str, Callable[..., Any]] = {}

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take a model with a StaffAdmin and with nothing else."""
        if admin_class is not None and admin_class.__module__.startswith(_FOREIGN):
            return  # other people's admin pages are not ours to show
        if admin_class is None or not issubclass(admin_class, StaffAdmin):
            raise ImproperlyConfigured(f"{model_or_iterable}: the staff site takes a StaffAdmin only")
        super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff only; second factor and commitment were asked for before this."""
        return isinstance(request.user, Account) and request.user.is_active

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one sign-in for all."""
        return HttpResponseRedirect(reverse("account_login"))

    def autocomplete_view(self, request: HttpRequest) -> Any:
        """Offer rows by what they are called on the pages."""
        return RowTitles.as_view(admin_site=self)(request)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Leave out the pages that are not ours: log-out and password by GET, shortcuts to other sites."""
        left_out = {"logout", "password_change", "password_change_done", "view_on_site"}
        kept = [url for url in super().get_urls() if getattr(url, "name", None) not in left_out]
        return [url for url in kept if not str(url.pattern).startswith("r/")]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Give the apps with their tables in the order in which they were registered."""
        order = {model: number for number, model in enumerate(self._registry)}
        apps = list(self._build_app_dict(request, app_label).values()) if app_label is None else []
        if app_label is not None:
            apps = list({app_label: self._build_app_dict(request, app_label)}.values())
        apps = [app for app in apps if app]
        for app in apps:
            app["models"].sort(key=lambda model: order[model["model"]])
        return sorted(apps, key=lambda app: min(order[model["model"]] for model in app["models"]))


class RowTitles(AutocompleteJsonView):
    """Answers a field that completes while one types, with the titles of rows."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        """Give key and title of a row."""
        registry = getattr(self.admin_site, "_registry", {})
        title = getattr(registry.get(type(obj)), "row_title", str)
        return super().serialize_result(obj, to_field_name) | {"text": str(title(obj))}


_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|^\S+ \d+$|^\d+ ")


def _plain_field(options: Any, name: Any) -> Any:
    """Give the column of that name, or None for what a list computes."""
    try:
        return options.get_field(name) if isinstance(name, str) else None
    except FieldDoesNotExist:
        return None


def _words_of(model_admin: Any, row: models.Model) -> str:
    """Put a title together of the first two columns of the list that say something."""
    words = []
    for name in model_admin.list_display:
        column = _plain_field(row._meta, name)
        value = getattr(row, name, None) if column is not None else None
        if value is None or value == "":
            continue
        related = model_admin.admin_site._registry.get(type(value))
        title = getattr(related, "row_title", None)
        words.append(str(title(value) if title else display_for_field(value, column, "")))
    return ", ".join(words[:2])


_FOREIGN = ("django", "allauth", "auditlog", "rest_framework")


class NoTrace(BaseModelAdmin):
    """What every admin of the staff site and every inline of it shares: nothing is deleted here."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows go by retention, never by hand."""
        return False


_PLAIN_LOOKUPS = frozenset({"exact", "in", "isnull", "isempty", "gte", "gt", "lte", "lt", "year", "month", "day"})


def _filtered(list_filter: Any) -> str:
    """Name what a filter of a list filters by."""
    first = list_filter[0] if isinstance(list_filter, (tuple, list)) else list_filter
    return str(getattr(first, "parameter_name", first))


class OperationForm(forms.ModelForm):
    """A form of the admin whose saving is an operation.

    The operation runs in a savepoint as the last step of validation, so its refusal is an error of the
    form; nothing is saved after that. `stored` is the row as it is in the database, `instance` as it was
    filled in. An admin with such a form has no editable inlines: they would be validated too late.
    """

    request: HttpRequest
    refusals: ClassVar[tuple[type[Exception], ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = copy.copy(self.instance)
        self.outcome: Any = None

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Call the operation with what was filled in (`cleaned_data`) and return the row that came of it."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        account = self.request.user
        assert isinstance(account, Account)
        try:
            with transaction.atomic():
                # The outermost shell of this write: the clock is read here.
                self.outcome = self.operate(actor=actor_of(account), at=datetime.datetime.now(tz=datetime.UTC))
        except self.refusals as refusal:
            about = getattr(refusal, "field", "")
            self.add_error(about if about in self.fields else None, str(refusal))
        except IntegrityError as fault:
            about = field_of(fault)
            self.add_error(about if about in self.fields else None, str(sentence_of(fault)))

    def save(self, commit: bool = True) -> Any:
        """Give the row that the operation made; it is saved already."""
        return self.outcome

    def save_m2m(self) -> None:
        """Save nothing more: the operation did."""


class RowKey(ForeignKeyRawIdWidget):
    """Asks for a row by its key; beside it the row is called by its title, never by its data."""

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        """Give title and address of the chosen row."""
        _label, url = super().label_and_url_for_value(value)
        model = self.rel.model
        row = model._default_manager.using(self.db).filter(**{self.rel.get_related_field().name: value}).first()
        title = getattr(self.admin_site._registry.get(model), "row_title", str)
        return ("" if row is None else str(title(row))), url


class StaffInline(NoTrace, admin.TabularInline):
    """Parts of a row as a table below its form, without a column to delete."""

    can_delete = False
    extra = 0
    show_change_link = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Parts are shown to whoever may see them at every controller whose rows the page shows."""
        account, name = request.user, f"{self.opts.app_label}.view_{self.opts.model_name}"
        is_permitted = isinstance(account, Account) and holds_throughout(account, name)
        return is_permitted and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Parts are added on their own page, by an operation."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Parts are changed on their own page, by an operation."""
        return False


class StaffAdmin(NoTrace, admin.ModelAdmin):
    """The admin of a table: Django's pages in our look; writes are operations, the log is the register's own.

    `column_classes` gives a column of the list a class: "right" for figures, "state" for the state.
    `list_sums` sums columns up over all that was found: {"total_eur": Sum("total_eur")}.
    `list_intro` is a sentence under the list's title. `row_title` is what a row is called on the pages.
    """

    column_classes: ClassVar[Mapping[str, str]] = {}
    list_intro: ClassVar[Any] = ""
    list_sums: ClassVar[Mapping[str, Any]] = {}
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # counts beside one row found would tell what is closed in it
    actions_selection_counter = True

    def row_title(self, row: models.Model) -> str:
        """Say what the row is called on the pages: as itself, or where that is a mere key, by what the list shows."""
        text = str(row)
        return _words_of(self, row) or text if _KEY.search(text) else text

    def get_list_display(self, request: HttpRequest) -> Any:
        """Call rows of other tables by their titles."""
        return [self._titled(name) for name in super().get_list_display(request)]

    def _titled(self, name: Any) -> Any:
        field = _plain_field(self.opts, name)
        related = self.admin_site._registry.get(field.related_model) if field is not None else None
        if field is None or not field.many_to_one or not isinstance(related, StaffAdmin):
            return name

        def title(row: models.Model) -> str:
            other = getattr(row, name)
            return "" if other is None else related.row_title(other)

        title.__name__ = name
        title.short_description = field.verbose_name  # type: ignore[attr-defined]
        title.admin_order_field = name  # type: ignore[attr-defined]
        return title

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Give the list in which one chooses the rows of a page."""
        return StaffChangeList

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Let the address filter by the filters that the list shows and by keys, by nothing else.

        Django lets it filter by any column: that is a way to guess what is masked, letter by letter.
        """
        shown = {_filtered(one) for one in self.get_list_filter(request)} if request else set()
        shown |= {"pk", self.opts.pk.attname if self.opts.pk else "pk", self.date_hierarchy or "pk"}
        name, _separator, last = lookup.rpartition("__")
        stem = name.removesuffix("__id").removesuffix("__pk") if last in _PLAIN_LOOKUPS else lookup
        return stem in shown and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only an operation adds a row."""
        return issubclass(self.form, OperationForm) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only an operation changes a row; without one the page is for reading."""
        return issubclass(self.form, OperationForm) and super().has_change_permission(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Give the form the request, for the actor of its operation."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if issubclass(form, OperationForm):
            return type(form.__name__, (form,), {"request": request})
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Call the rows to choose from as their own pages do."""
        formfield = super().formfield_for_foreignkey(db_field, request, **kwargs)
        related = self.admin_site._registry.get(db_field.remote_field.model)
        if formfield is not None and type(formfield.widget) is ForeignKeyRawIdWidget:
            formfield.widget = RowKey(db_field.remote_field, self.admin_site)
        if formfield is not None and isinstance(related, StaffAdmin):
            setattr(formfield, "label_from_instance", related.row_title)  # noqa: B010 (it is a method)
        return formfield

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write nothing: the operation did."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing: the change log has it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing: the change log has it."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Write nothing: nothing is deleted here."""

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say that rows go by retention, and where to look when."""
        row = self._row_or_404(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("When does it go"),
            "opts": self.opts,
            "object": row,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/delete_confirmation.html", context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the row's changes from the change log."""
        row = self._row_or_404(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("History"),
            "module_name": capfirst(self.opts.verbose_name_plural),
            "opts": self.opts,
            "object": row,
            "changes": changes_of(row, self.closed_columns(row)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/object_history.html", context)

    def closed_columns(self, row: models.Model) -> frozenset[str]:
        """Name the columns of a row that are closed: neither its page nor its history shows what is or was in them."""
        return frozenset()

    def _row_or_404(self, request: HttpRequest, object_id: str) -> models.Model:
        row = self.get_object(request, unquote(object_id), None)
        if row is None:
            raise Http404
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        return row


@dataclass(frozen=True)
class ChangedField:
    """One column of a change."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """A change as the history page shows it."""

    at: datetime.datetime
    who: str
    act: str
    fields: list[ChangedField] = field(default_factory=list)


_ACTS = {
    LogEntry.Action.CREATE: pgettext_lazy("in the change log", "created"),
    LogEntry.Action.UPDATE: pgettext_lazy("in the change log", "changed"),
    LogEntry.Action.DELETE: pgettext_lazy("in the change log", "deleted"),
    LogEntry.Action.ACCESS: pgettext_lazy("in the change log", "seen"),
}


def changes_of(row: models.Model, closed: frozenset[str] = frozenset()) -> list[Change]:
    """Give the changes of a row from the change log, the latest first, without what was in the closed columns."""
    content_type = ContentType.objects.get_for_model(type(row))
    entries = list(LogEntry.objects.filter(content_type=content_type, object_pk=str(row.pk)).order_by("-timestamp"))
    names = _names_of({entry.actor_id for entry in entries if entry.actor_kind == "staff"})
    return [
        Change(
            entry.timestamp,
            names.get(entry.actor_id, entry.actor_id),
            str(_ACTS.get(entry.action, entry.get_action_display())),
            [_changed(row, name, values, closed) for name, values in (entry.changes or {}).items()],
        )
        for entry in entries
    ]


def _changed(row: models.Model, name: str, values: Any, closed: frozenset[str]) -> ChangedField:
    try:
        label = str(getattr(row._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        label = name
    before, after = [*values, None, None][:2] if isinstance(values, list) else (None, values)
    if name in closed:
        before, after = (gettext("Protected") if value not in (None, "None", "") else "" for value in (before, after))
    return ChangedField(capfirst(label), _shown(before), _shown(after))


def _shown(value: Any) -> str:
    return "" if value in (None, "None") else str(value)


def _names_of(keys: set[str]) -> dict[str, str]:
    return {str(account.pk): account.display_name for account in Account.objects.filter(pk__in=keys)}
