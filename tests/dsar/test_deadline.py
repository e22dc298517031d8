"""The month to answer, counted as Regulation 1182/71 counts it, in Helsinki days."""

import datetime

import pytest

from dsar.deadline import due_on, extended_due_on

D = datetime.date


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (D(2026, 11, 9), D(2026, 12, 9)),  # a Wednesday
        (D(2026, 11, 12), D(2026, 12, 14)),  # 12.12. is a Saturday
        (D(2026, 1, 31), D(2026, 3, 2)),  # no 31.2.; 28.2. is a Saturday
        (D(2024, 1, 31), D(2024, 2, 29)),  # a leap year
        (D(2026, 11, 25), D(2026, 12, 28)),  # Christmas Day and a weekend
        (D(2026, 11, 6), D(2026, 12, 7)),  # Independence Day is a Sunday
        (D(2026, 3, 6), D(2026, 4, 7)),  # Easter Monday
        (D(2026, 4, 1), D(2026, 5, 4)),  # May Day and a weekend
        (D(2025, 5, 19), D(2025, 6, 19)),  # the day before Midsummer Eve
    ],
)
@pytest.mark.clause("G1")
def test_the_month_ends_on_the_same_day_or_the_next_working_day(received: D, due: D) -> None:
    assert due_on(received) == due


def test_an_extension_counts_three_months_from_the_receipt() -> None:
    assert extended_due_on(D(2026, 11, 25)) == D(2027, 2, 25)
    assert extended_due_on(D(2025, 11, 30)) == D(2026, 3, 2)  # 28.2.2026 is a Saturday
