"""The lists of the staff site: how many rows a page shows, a filter by dates, sums of what was found."""

import datetime
from collections.abc import Iterator
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db import models
from django.http import HttpRequest
from django.utils import formats
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _

ROWS_VAR: Final = "rows"
ROWS_OFFERED: Final = (25, 50, 100)
# Sums over more rows than these would make the list slow.
MOST_SUMMED: Final = 200_000


class StaffChangeList(ChangeList):
    """A list whose reader chooses how many rows a page has."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *_with_rows(request, args), **kwargs)

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """The number of rows is no filter."""
        found = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name != ROWS_VAR}

    def row_choices(self) -> list[tuple[int, str]]:
        """Give the numbers of rows to choose from, each with the address of its first page."""
        return [(rows, self.get_query_string({ROWS_VAR: rows}, remove=[PAGE_VAR])) for rows in ROWS_OFFERED]

    def sums(self) -> dict[str, Any]:
        """Sum up the columns of `list_sums` over all that was found, not the page alone."""
        wanted = getattr(self.model_admin, "list_sums", {})
        if not wanted or not 0 < self.result_count <= MOST_SUMMED:
            return {}
        rows = self.queryset.order_by()
        return rows.aggregate(**{f"sum_of_{column}": expression for column, expression in wanted.items()})


# Where list_per_page stands among what ModelAdmin gives to a ChangeList after the request.
_ROWS_AT = 7


def _with_rows(request: HttpRequest, args: tuple[Any, ...]) -> tuple[Any, ...]:
    asked = request.GET.get(ROWS_VAR, "")
    rows = int(asked) if asked.isdecimal() and int(asked) in ROWS_OFFERED else args[_ROWS_AT]
    return (*args[:_ROWS_AT], rows, *args[_ROWS_AT + 1 :])


class DateRangeFilter(admin.FieldListFilter):
    """Filters by the days of a date or moment: from the first, before the second, either may be empty.

    Use it as `("due_on", DateRangeFilter)` in `list_filter`.
    """

    template = "admin/date_range_filter.html"

    def __init__(self, field: Any, request: Any, params: Any, model: Any, model_admin: Any, field_path: str) -> None:
        self.from_name, self.before_name = f"{field_path}__gte", f"{field_path}__lt"
        super().__init__(field, request, params, model, model_admin, field_path)
        self.others: dict[str, str] = {}

    def expected_parameters(self) -> list[str]:  # type: ignore[override]
        """Name the two parameters of the address."""
        return [self.from_name, self.before_name]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Leave what lies within the days; what is no day filters nothing and is marked."""
        days = {name: day for name in self.expected_parameters() if (day := self._day(name)) is not None}
        return queryset.filter(**{name: self._moment(day) for name, day in days.items()})

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        """Give the days in force, each with the address without it."""
        ours = {*self.expected_parameters(), PAGE_VAR}
        self.others = {name: value for name, value in changelist.params.items() if name not in ours}
        yield {"selected": False, "query_string": changelist.get_query_string(remove=self.expected_parameters())}
        words = {self.from_name: _("from %(day)s"), self.before_name: _("before %(day)s")}
        for name, text in words.items():
            day = self._day(name)
            if day is not None:
                shown = formats.date_format(day, "SHORT_DATE_FORMAT")
                without = changelist.get_query_string(remove=[name])
                yield {"selected": True, "query_string": without, "remove": without, "display": text % {"day": shown}}

    def fields(self) -> list[dict[str, Any]]:
        """Give the two controls with their labels and what is wrong with them."""
        labels = {self.from_name: _("From"), self.before_name: _("Before")}
        return [
            {
                "id": f"filter-{name}",
                "name": name,
                "label": label,
                "value": self._shown(name),
                "is_wrong": bool(self._text(name)) and self._day(name) is None,
            }
            for name, label in labels.items()
        ]

    def _text(self, name: str) -> str:
        value = self.used_parameters.get(name, "")
        return str(value[-1] if isinstance(value, list) else value).strip()

    def _day(self, name: str) -> datetime.date | None:
        text = self._text(name)
        for pattern in ("%Y-%m-%d", *formats.get_format("DATE_INPUT_FORMATS")):
            try:
                return datetime.datetime.strptime(text, pattern).date()
            except ValueError:
                continue
        return None

    def _shown(self, name: str) -> str:
        day = self._day(name)
        return formats.date_format(day, "SHORT_DATE_FORMAT") if day else self._text(name)

    def _moment(self, day: datetime.date) -> datetime.date:
        if isinstance(self.field, models.DateTimeField):
            return make_aware(datetime.datetime.combine(day, datetime.time.min))
        return day
