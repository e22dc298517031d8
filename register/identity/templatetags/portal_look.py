"""Template tags of the portal's look: its icons, and money, days and energy as people say them."""

import datetime
from decimal import Decimal
from typing import Any, Final

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

register = template.Library()

_HARD_SPACE: Final = "\N{NO-BREAK SPACE}"
_MINUS: Final = "\N{MINUS SIGN}"


@register.simple_tag
def picon(name: str, size: str = "") -> SafeString:
    """Return an icon of the portal; `size` is "" or "small"."""
    return format_html(
        '<svg class="i{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        f" i-{size}" if size else "",
        static("register/portal-icons.svg"),
        name,
    )


@register.filter
def euros(amount: Decimal | None) -> str:
    """Return a sum as people write it: 1 245,45 € with hard spaces."""
    if amount is None:
        return ""
    figure = number_format(abs(amount), decimal_pos=2, force_grouping=True)
    return f"{_MINUS if amount < 0 else ''}{figure}{_HARD_SPACE}€"


@register.filter
def kwh(energy_wh: float | None) -> str:
    """Return energy in kWh without the unit: whole from ten upwards, with two decimals below; a dash for a gap."""
    if energy_wh is None:
        return "–"
    energy_kwh = energy_wh / 1000
    places = 0 if abs(energy_kwh) >= 10 or energy_kwh == int(energy_kwh) else 2
    return number_format(round(energy_kwh, places), decimal_pos=places, force_grouping=True)


@register.filter
def on_day(day: datetime.date) -> str:
    """Return a day as one says it in a sentence: "perjantaina 4.12."."""
    return gettext("on %(weekday)s %(day)s") % {"weekday": format_date(day, "l"), "day": short_day(day)}


@register.filter
def short_day(day: datetime.date) -> str:
    """Return day and month without the year."""
    return format_date(day, "j F" if get_language() == "en" else "j.n.")


@register.filter
def weekday_and_day(day: datetime.date) -> str:
    """Return the day with its weekday in short and the year: "pe 4.12.2026"."""
    return f"{format_date(day, 'D').lower()} {date_format(day, 'SHORT_DATE_FORMAT')}"


@register.filter
def at_moment(moment: datetime.datetime) -> str:
    """Return a moment of Helsinki with its weekday: "to 19.11.2026 klo 10.42"."""
    local = timezone.localtime(moment)
    return gettext("%(day)s at %(time)s") % {
        "day": weekday_and_day(local.date()),
        "time": date_format(local, "TIME_FORMAT"),
    }


@register.filter
def grouped(text: str, size: int = 4) -> str:
    """Return a long number in groups, as on paper."""
    return _HARD_SPACE.join(text[start : start + size] for start in range(0, len(text), size))


@register.filter
def of_key(mapping: Any, key: Any) -> Any:
    """Return what a mapping has under a key."""
    return mapping.get(key)
