"""Figures of consumption in words."""

from django import template
from django.utils.formats import number_format

register = template.Library()
_WH_IN_KWH, _WH_IN_MWH = 1_000, 1_000_000


@register.filter
def kwh(energy_wh: int) -> str:
    """Write Wh as kWh, from ten thousand kWh on as MWh."""
    if energy_wh >= 10 * _WH_IN_MWH:
        return f"{number_format(round(energy_wh / _WH_IN_MWH, 1), decimal_pos=1)}\N{NO-BREAK SPACE}MWh"
    return f"{number_format(round(energy_wh / _WH_IN_KWH), force_grouping=True)}\N{NO-BREAK SPACE}kWh"


@register.filter
def change_from(energy_wh: int, before_wh: int) -> str:
    """Write how much more or less that is than before, in per cent."""
    if not before_wh:
        return ""
    percent = round(100 * (energy_wh - before_wh) / before_wh)
    sign = "+" if percent > 0 else "\N{MINUS SIGN}" if percent < 0 else "±"
    return f"{sign}{abs(percent)}\N{NO-BREAK SPACE}%"
