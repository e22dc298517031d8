"""Template tags of the look: icons, statuses, the frame's menu, and what Django's admin lists need beside."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import template
from django.contrib import admin
from django.contrib.admin.helpers import AdminForm, AdminReadonlyField, InlineAdminFormSet
from django.contrib.admin.templatetags.admin_list import result_headers, results
from django.contrib.admin.utils import flatten
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.forms import BaseForm, BoundField
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext

from register.identity import components
from register.identity.lists import StaffChangeList
from register.identity.menu import Link
from register.identity.menu import staff_menu as menu_of

register = template.Library()

_SELECTS = {"django/forms/widgets/select.html"}
_CHECKS = {
    "django/forms/widgets/checkbox.html",
    "django/forms/widgets/checkbox_option.html",
    "django/forms/widgets/radio_option.html",
}
_PLAIN_FIGURE = re.compile(r"(>[-\u2212]?)(\d{4,})(?=[,.<])")
_MARK = re.compile(r'<img src="[^"]*icon-(yes|no|unknown)[^"]*" alt="[^"]*">')
_LINK_IN_LINK = re.compile(r"><a( [^>]*)>(<a .*</a>)</a>")
_DAY = re.compile(r"^(\d{2})\.(\d{2})\.(\d{4})$")
_PLAIN = {"django/forms/widgets/hidden.html", "django/forms/widgets/select_option.html"}

register.simple_tag(components.icon)
register.simple_tag(components.status)
register.simple_tag(components.controller_tag)


@register.simple_tag(takes_context=True)
def staff_menu(context: template.Context) -> list[Link]:
    """Give the side menu of the person who is signed in."""
    return menu_of(context["request"])


@register.simple_tag
def role_line(account: Any) -> str:
    """Give the roles of an account and its controllers in one line, as the bar shows them."""
    grants = account.grants_in_force()
    roles = dict.fromkeys(capfirst(grant.get_role_display()) for grant in grants)
    controllers = dict.fromkeys(grant.controller.short_name for grant in grants)
    return " · ".join(part for part in (", ".join(roles), ", ".join(controllers)) if part)


@register.filter
def initials(name: str) -> str:
    """Give the first letters of the first and the last word of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.filter
def control_class(widget: dict[str, Any]) -> str:
    """Give the class attribute of a form control: its own classes and those of the look."""
    attrs, kind = widget.get("attrs", {}), widget.get("template_name", "")
    classes = str(attrs.get("class", "")).split()
    if kind not in _PLAIN and widget.get("type") != "hidden":
        look = "form-select" if kind in _SELECTS else "form-check-input" if kind in _CHECKS else "form-control"
        classes.append(look)
        if attrs.get("aria-invalid") == "true":
            classes.append("is-invalid")
    return " ".join(dict.fromkeys(classes))


@dataclass(frozen=True)
class Column:
    """A column of a change list: Django's header and the class that its cells get."""

    header: dict[str, Any]
    css: str


@register.simple_tag
def list_columns(cl: ChangeList) -> list[Column]:
    """Give the columns of a change list with their classes: figures to the right, the state last."""
    columns = [
        Column(header, _column_css(cl, name)) for header, name in zip(result_headers(cl), cl.list_display, strict=False)
    ]
    for column in columns:
        if column.css == "check":
            column.header["text"] = _check_all()
    return columns


def _check_all() -> SafeString:
    label = gettext("Choose all rows of this page")
    return format_html('<input class="form-check-input" type="checkbox" id="action-toggle" aria-label="{}">', label)


@register.simple_tag
def list_rows(cl: ChangeList, columns: list[Column]) -> Iterator[list[SafeString]]:
    """Give the rows of a change list, each cell with its column's name for the phone."""
    for row in results(cl):
        yield [_labelled(cell, column) for cell, column in zip(row, columns, strict=False)] + list(row[len(columns) :])


def _column_css(cl: ChangeList, name: Any) -> str:
    chosen = getattr(cl.model_admin, "column_classes", {}).get(name)
    if chosen is not None:
        return chosen
    if name == "action_checkbox":
        return "check"
    try:
        field = cl.lookup_opts.get_field(name)
    except (FieldDoesNotExist, TypeError):
        return ""
    if not isinstance(field, (models.DecimalField, models.IntegerField, models.FloatField)):
        return ""
    return "" if field.choices or field.primary_key else "right"


def _labelled(cell: str, column: Column) -> SafeString:
    """Put the column's class, name and role into Django's ready cell: its start tag is ours to complete."""
    tag, rest = cell[1:3], cell[3:]
    attributes = ' scope="row"' if tag == "th" else ""
    if tag == "td" and column.css not in {"check", "state"}:
        attributes += format_html(' data-label="{}"', capfirst(str(column.header["text"])))
    rest = _MARK.sub(_yes_or_no, rest)
    rest = _LINK_IN_LINK.sub(_parted, rest)
    if "right" in column.css:
        rest = _PLAIN_FIGURE.sub(_grouped, rest)
    if column.css:
        rest = rest.replace('class="', format_html('class="{} ', column.css), 1)
    return mark_safe(f"<{tag}{attributes}{rest}")  # both parts come escaped


def _yes_or_no(mark: re.Match[str]) -> str:
    """Say a yes or a no in words too: Django's mark is a colour with an English name."""
    words = {"yes": ("ok", gettext("Yes")), "no": ("off", gettext("No"))}
    kind, text = words.get(mark[1], ("wait", gettext("Unknown")))
    return components.status(kind, text)


def _parted(links: re.Match[str]) -> str:
    """Put the link to the row behind a link of the cell's own, for a link cannot lie inside another."""
    opens = format_html(' aria-label="{}">{}</a>', gettext("Open the row"), components.icon("external-link", "s"))
    return f'>{links[2]}<a class="btn-icon-quiet adm-open"{links[1]}{opens}'


def _grouped(figure: re.Match[str]) -> str:
    """Part the thousands of a figure by hard spaces."""
    whole = figure[2]
    first = len(whole) % 3
    parts = [whole[:first], *(whole[start : start + 3] for start in range(first, len(whole), 3))]
    return figure[1] + "\N{NO-BREAK SPACE}".join(part for part in parts if part)


@dataclass(frozen=True)
class SumCell:
    """A cell of the row of sums: a figure under its column, or the name of the row over several columns."""

    text: str
    label: str = ""
    span: int = 1
    is_name: bool = False


@register.simple_tag
def sum_cells(cl: StaffChangeList, columns: list[Column]) -> list[SumCell]:
    """Give the cells of the row of sums, or nothing where a list sums nothing."""
    sums = cl.sums()
    names = [str(name) for name in cl.list_display]
    where = [number for number, name in enumerate(names) if f"sum_of_{name}" in sums]
    if not where or not where[0]:
        return []
    found = number_format(cl.result_count, force_grouping=True)
    cells = [SumCell(gettext("All %(n)s found") % {"n": found}, span=where[0], is_name=True)]
    for name, column in list(zip(names, columns, strict=False))[where[0] :]:
        value = sums.get(f"sum_of_{name}")
        shown = "" if value is None else number_format(value, force_grouping=True)
        cells.append(SumCell(shown, capfirst(str(column.header["text"]))))
    return cells


@register.filter
def grouped(number: int) -> str:
    """Write a whole number with hard spaces between its thousands."""
    return number_format(number, force_grouping=True)


@dataclass(frozen=True)
class Chip:
    """A filter in force: what it says and the address without it."""

    text: str
    url: str


@register.simple_tag
def active_filters(cl: ChangeList) -> list[Chip]:
    """Give the filters in force, each with the address that takes it away."""
    chips = []
    for spec in cl.filter_specs:
        choices = list(spec.choices(cl))
        chosen = [choice for choice in choices[1:] if choice.get("selected")]
        for choice in chosen:
            text = f"{capfirst(str(spec.title))}: {choice_label(choice['display'])}"
            chips.append(Chip(text, str(choice.get("remove") or choices[0]["query_string"])))
    return chips


@register.filter
def choice_label(display: Any) -> str:
    """Give the words of a filter's choice; nothing has a name too."""
    return str(display) or gettext("Empty")


@register.simple_tag
def page_url(cl: ChangeList, number: int) -> str:
    """Give the address of a page of the list."""
    return cl.get_query_string({PAGE_VAR: number})


@register.simple_tag
def page_bounds(cl: ChangeList) -> str:
    """Give the numbers of the first and the last row of the page."""
    first = (cl.page_num - 1) * cl.list_per_page + 1
    return f"{first}–{first + len(cl.result_list) - 1}"


@register.simple_tag
def row_title(row: models.Model) -> str:
    """Give what a row is called on the pages: its admin says it, for `str()` may hold no personal data."""
    model_admin = admin.site._registry.get(type(row))
    title = getattr(model_admin, "row_title", str)
    return str(title(row))


@register.simple_tag
def readonly_value(field: AdminReadonlyField) -> SafeString | str:
    """Give what a field for reading shows; another row is called by its title and leads to its page."""
    name = str(field.field["name"])
    try:
        model_field = field.form.instance._meta.get_field(name)
    except FieldDoesNotExist:
        return field.contents()
    try:
        related = getattr(field.form.instance, name, None) if model_field.many_to_one else None
    except ObjectDoesNotExist:  # the row belongs to a part that this person does not see
        return "–"
    if isinstance(model_field, models.JSONField):
        return _as_text(getattr(field.form.instance, name))
    if related is None:
        return mark_safe(_MARK.sub(_yes_or_no, field.contents()))  # Django's own, escaped
    title = row_title(related)
    options = related._meta
    try:
        url = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[related.pk])
    except NoReverseMatch:
        return title
    return format_html('<a href="{}">{}</a>', url, title)


def _as_text(value: Any) -> SafeString | str:
    """Write what a column holds as JSON in lines; it opens when asked."""
    if not value:
        return "–"
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return format_html('<details><summary>{}</summary><pre class="adm-json">{}</pre></details>', gettext("Show"), text)


@dataclass(frozen=True)
class Part:
    """A part of a form: its anchor, its title, and how many errors it has."""

    id: str
    title: str
    errors: int


@register.simple_tag
def form_parts(adminform: AdminForm, inlines: list[InlineAdminFormSet]) -> list[Part]:
    """Give the named parts of a form and its inline tables."""
    parts = []
    for number, fieldset in enumerate(adminform):
        names = set(flatten(getattr(fieldset, "fields", ())))
        errors = sum(len(messages) for name, messages in adminform.form.errors.items() if name in names)
        title = getattr(fieldset, "name", None) or (gettext("Basic data") if inlines and not number else "")
        if title:
            parts.append(Part(f"fieldset-0-{number}", str(title), errors))
    for inline in inlines:
        formset = inline.formset
        errors = formset.total_error_count() if formset.is_bound else 0
        parts.append(Part(f"{formset.prefix}-group", capfirst(str(inline.opts.verbose_name_plural)), errors))
    return parts


@dataclass(frozen=True)
class Problem:
    """An error of a form: the control to go to, and what is wrong."""

    target: str
    text: str


@register.simple_tag
def form_problems(adminform: AdminForm, inlines: list[InlineAdminFormSet]) -> list[Problem]:
    """Give all errors of a form and its inline tables, for the list on top."""
    problems = list(_problems_of(adminform.form, ""))
    for inline in inlines:
        name = capfirst(str(inline.opts.verbose_name_plural))
        formset = inline.formset
        problems += [Problem(f"{formset.prefix}-group", f"{name}: {text}") for text in formset.non_form_errors()]
        for number, form in enumerate(formset.forms, start=1):
            where = gettext("%(table)s, row %(number)s: ") % {"table": name, "number": number}
            problems += _problems_of(form, where)
    return problems


def _problems_of(form: BaseForm, where: str) -> Iterator[Problem]:
    for name, messages in form.errors.items():
        for message in messages:
            if name in form.fields:
                bound = form[name]
                yield Problem(bound.id_for_label or f"{bound.auto_id}_0", f"{where}{capfirst(bound.label)}: {message}")
            else:
                yield Problem("", f"{where}{message}")


@register.simple_tag
def item_mark(name: str, form: BaseForm) -> SafeString | str:
    """Give the mark of the data item that a field holds, as the data map says: C09."""
    model = getattr(getattr(form, "_meta", None), "model", None)
    data_map = getattr(model, "data_map", None)
    for item, names in (getattr(data_map, "fields", None) or {}).items():
        if name in names:
            return format_html(' <abbr class="stf-map" title="{}: {}">{}</abbr>', item.seed, item.name, item.seed)
    return ""


@register.simple_tag
def labelled_control(field: BoundField, row: int) -> SafeString:
    """Give a control of an inline table with a label of its own: the row and the column."""
    label = gettext("Row %(row)s, %(column)s") % {"row": row, "column": field.label}
    return field.as_widget(attrs={"aria-label": label})


@register.simple_tag
def plain_control(field: BoundField, css: str = "") -> SafeString:
    """Give a control without a placeholder, which is no label; `css` are more classes."""
    attrs = {name: value for name, value in field.field.widget.attrs.items() if name != "placeholder"}
    field.field.widget.attrs = attrs
    return field.as_widget(attrs={"class": f"{attrs.get('class', '')} {css}".strip()})


@register.filter
def plain_day(text: Any) -> str:
    """Write a day in a control as it is written on the pages: 1.9.2026."""
    return _DAY.sub(lambda found: f"{int(found[1])}.{int(found[2])}.{found[3]}", str(text))


@register.filter
def spans_wide(field: BoundField) -> bool:
    """Tell whether a form row takes the whole width: long texts and choices of many."""
    widget = field.field.widget
    widget = getattr(widget, "widget", widget)
    return type(widget).__name__ in {
        "AdminTextareaWidget",
        "Textarea",
        "FilteredSelectMultiple",
        "CheckboxSelectMultiple",
        "SelectMultiple",
    }
