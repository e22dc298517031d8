"""The retention schedule: each period once, with its clause, and the day on which a row goes.

Dangerous if wrong: a day too early destroys what must be kept, a day too late breaks a promise.
The day of deletion is (last day + period) + 1 day in Helsinki dates, 29 February clamped to 28.
"""

import datetime
from dataclasses import dataclass

from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """A retention period: calendar years and days after the last day, from a clause or a setting.

    Source: clauses T1 to T5, docs/decisions; the declared periods are settings with these defaults.
    """

    code: str
    title: str | Promise
    clause: str
    years: int = 0
    days: int = 0

    @property
    def effective(self) -> tuple[int, int]:
        """The period in force as (years, days): the setting REGISTER_RETENTION overrides the default."""
        overridden = getattr(settings, "REGISTER_RETENTION", {}).get(self.code)
        if overridden is None:
            return self.years, self.days
        return int(overridden.get("years", 0)), int(overridden.get("days", 0))

    def day_of_deletion(self, last_day: datetime.date) -> datetime.date:
        """Give the first day on which a row whose last day is `last_day` is no longer held."""
        years, days = self.effective
        return last_day + relativedelta(years=years) + datetime.timedelta(days=days + 1)

    def last_day_gone_by(self, on: datetime.date) -> datetime.date:
        """Give the latest last day whose rows are no longer held on the day `on`."""
        years, days = self.effective
        day = on - relativedelta(years=years) - datetime.timedelta(days=days - 2)
        while self.day_of_deletion(day) > on:
            day -= datetime.timedelta(days=1)
        return day

    @property
    def interval(self) -> str:
        """The period as a PostgreSQL interval, whose calendar arithmetic clamps the same way."""
        years, days = self.effective
        return f"{years} years {days} days"


CONTRACT_10_YEARS = Period("contract", _("10 years from the end of the contract"), "T1", years=10)
MARKETING_1_YEAR = Period("marketing", _("1 year from the processing"), "T2", years=1)
BILLING_10_YEARS = Period("billing", _("10 years from the invoice, payment or retrieval"), "T3", years=10)
METERING_10_YEARS = Period("metering", _("10 years from the measurement"), "T3", years=10)
RECORDING_1_YEAR = Period("recording", _("1 year from the call"), "T4", years=1)
WHILE = Period("while", _("as long as it lasts"), "K2")
READ_LOG_5_YEARS = Period("read-log", _("5 years from the reading"), "X2", years=5)
CHANGE_LOG_10_YEARS = Period("change-log", _("10 years from the change, and never longer than the row"), "T1", years=10)
IMPORT_SOURCE_90_DAYS = Period("import-source", _("90 days from the import"), "R1", days=90)
JOB_90_DAYS = Period("job", _("90 days from the end of the work"), "X2", days=90)
SESSION_14_DAYS = Period("session", _("14 days from the last sign-in"), "X2", days=14)
ACCOUNT_1_YEAR = Period("account", _("1 year from the end of the work"), "X4", years=1)
HOLD_1_YEAR = Period("hold", _("1 year from the release of the hold"), "T1", years=1)
REQUEST_3_YEARS = Period("request", _("3 years from the closing of the request"), "G1", years=3)
PACKAGE_30_DAYS = Period("package", _("30 days from the making of the package"), "G1", days=30)
LEDGER_12_YEARS = Period("ledger", _("12 years from the deletion"), "T1", years=12)
PERIODS = (
    CONTRACT_10_YEARS,
    MARKETING_1_YEAR,
    BILLING_10_YEARS,
    METERING_10_YEARS,
    RECORDING_1_YEAR,
    WHILE,
    READ_LOG_5_YEARS,
    CHANGE_LOG_10_YEARS,
    IMPORT_SOURCE_90_DAYS,
    JOB_90_DAYS,
    SESSION_14_DAYS,
    ACCOUNT_1_YEAR,
    HOLD_1_YEAR,
    REQUEST_3_YEARS,
    PACKAGE_30_DAYS,
    LEDGER_12_YEARS,
)
