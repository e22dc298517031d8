"""How long there is to answer: months by Regulation (EEC, Euratom) No 1182/71, in Helsinki days.

The month runs from the day of receipt and ends on the day of the same number, or on the last day of a
shorter month. A Saturday, a Sunday or a public holiday of Finland moves the end to the next working day.
Source: GDPR 12(3); Regulation 1182/71, articles 3(1), 3(2)(c), 3(4) and 2(1).
"""

import datetime
from functools import cache
from typing import Final

import holidays
from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]

ANSWER_MONTHS: Final = 1
EXTENSION_MONTHS: Final = 2
_DAY: Final = datetime.timedelta(days=1)


def due_on(received_on: datetime.date) -> datetime.date:
    """Give the last day to answer what was received on a Helsinki day."""
    return _last_day(received_on, ANSWER_MONTHS)


def extended_due_on(received_on: datetime.date) -> datetime.date:
    """Give the last day after an extension: three months from the receipt, not from the extension."""
    return _last_day(received_on, ANSWER_MONTHS + EXTENSION_MONTHS)


def is_working_day(day: datetime.date) -> bool:
    """Tell whether a day is neither Saturday, Sunday nor a public holiday of Finland."""
    return day.weekday() < 5 and day not in _holidays(day.year)


def _last_day(start: datetime.date, months: int) -> datetime.date:
    day: datetime.date = start + relativedelta(months=months)
    while not is_working_day(day):
        day += _DAY
    return day


@cache
def _holidays(year: int) -> frozenset[datetime.date]:
    return frozenset(holidays.country_holidays("FI", years=year))
