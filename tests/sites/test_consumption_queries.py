"""What charts ask: months, days and slots in Helsinki time, with gaps and estimates counted."""

import datetime as dt

import pytest
from django.db import connection

from register.audit.acting import acting_as_service
from sites.consumption.queries import Total, covered_days, daily_totals, monthly_totals, slots, year_before
from sites.models import Series
from tests.sites.days import DAY, day_rows, make_site, store

pytestmark = [pytest.mark.django_db, pytest.mark.item("S09"), pytest.mark.item("S25")]
USE = Series.ELECTRICITY_USE


@pytest.fixture
def site():
    with acting_as_service("test"):
        yield make_site()


def totals(site, first, end, ask=daily_totals):
    return ask(site_id=site.id, series=USE, first=first, end=end)


@pytest.mark.parametrize(
    ("day", "quarters"), [(dt.date(2024, 3, 31), 92), (dt.date(2024, 10, 27), 100), (dt.date(2024, 12, 31), 96)]
)
def test_a_day_sums_its_own_slots(site, day, quarters):
    store(site, day_rows(10, day=day, minutes=15))
    store(site, day_rows(99, day=day + dt.timedelta(days=1), minutes=15))
    assert totals(site, day, day + dt.timedelta(days=1)) == [Total(day, quarters * 10, quarters, 0, 0, 1)]


def test_months_are_cut_at_the_turn_of_the_year_in_helsinki(site):
    for day in (dt.date(2023, 12, 31), dt.date(2024, 1, 1), dt.date(2024, 1, 31), dt.date(2024, 2, 1)):
        store(site, day_rows(day.day, day=day))
    found = totals(site, dt.date(2023, 1, 1), dt.date(2025, 1, 1), monthly_totals)
    assert [(one.first, one.wh, one.day_count) for one in found] == [
        (dt.date(2023, 12, 1), 24 * 31, 1),
        (dt.date(2024, 1, 1), 24 * 32, 2),
        (dt.date(2024, 2, 1), 24, 1),
    ]


def test_a_month_in_part_counts_only_what_was_asked(site):
    for number in range(1, 11):
        store(site, day_rows(1, day=dt.date(2024, 1, number)))
    (january,) = totals(site, dt.date(2024, 1, 3), dt.date(2024, 1, 6), monthly_totals)
    assert (january.wh, january.day_count) == (72, 3)


def test_gaps_and_estimates_are_counted(site):
    store(site, day_rows([None] * 2 + [5] * 22, ["MISSING"] * 2 + ["EST"] * 3 + ["OK"] * 19))
    following = DAY + dt.timedelta(days=1)
    store(site, day_rows([None] + [5] * 23, "EST", day=following))
    assert totals(site, DAY, following + dt.timedelta(days=1)) == [
        Total(DAY, 110, 24, 2, 3, 1),
        Total(following, 115, 24, 1, 23, 1),
    ]


def test_a_day_with_nothing_but_gaps_sums_to_nothing(site):
    store(site, day_rows([None] * 24, "MISSING"))
    assert totals(site, DAY, DAY + dt.timedelta(days=1)) == [Total(DAY, 0, 24, 24, 0, 1)]


def test_no_hour_counts_twice_where_both_resolutions_stand(site):
    store(site, day_rows([1000] * 12 + [None] * 12))
    store(site, day_rows([None] * 40 + [300] * 56, minutes=15))
    (total,) = totals(site, DAY, DAY + dt.timedelta(days=1))
    # Ten hours by the hour only, two by both (the quarters count), twelve by quarters only.
    assert total.wh == 10 * 1000 + 2 * 1200 + 12 * 1200
    assert (total.slot_count, total.gap_count) == (10 + 56, 0)
    found = slots(site_id=site.id, series=USE, day=DAY)
    assert sum(slot.wh for slot in found) == total.wh
    assert [slot.resolution_min for slot in found[9:11]] == [60, 15]
    assert found[10].start.hour == 10


def test_the_night_of_25_hours_has_two_threes(site):
    day = dt.date(2024, 10, 27)
    store(site, day_rows(list(range(25)), day=day))
    found = slots(site_id=site.id, series=USE, day=day)
    assert [(slot.start.hour, slot.start.fold, slot.wh) for slot in found[2:6]] == [
        (2, 0, 2),
        (3, 0, 3),
        (3, 1, 4),
        (4, 0, 5),
    ]
    assert found[0].start.isoformat() == "2024-10-27T00:00:00+03:00"
    assert found[-1].start.isoformat() == "2024-10-27T23:00:00+02:00"


def test_the_night_of_23_hours_has_no_three(site):
    day = dt.date(2024, 3, 31)
    store(site, day_rows(1, day=day))
    assert [slot.start.hour for slot in slots(site_id=site.id, series=USE, day=day)[2:4]] == [2, 4]


def test_slots_tell_their_quality(site):
    store(site, day_rows([None, 7, *[1] * 22], ["MISSING", "EST", *["OK"] * 22]))
    first, second, third = slots(site_id=site.id, series=USE, day=DAY)[:3]
    assert (first.wh, first.word, first.is_estimate) == (None, "MISSING", False)
    assert (second.wh, second.word, second.is_estimate) == (7, "EST", True)
    assert (third.word, third.is_estimate) == ("OK", False)


def test_a_day_without_readings_is_empty(site):
    assert slots(site_id=site.id, series=USE, day=DAY) == []
    assert totals(site, DAY, DAY + dt.timedelta(days=1)) == []
    assert covered_days(site_id=site.id, series=USE) is None


def test_other_sites_and_series_are_left_out(site):
    other = make_site("643000000000000023")
    store(other, day_rows(5))
    store(site, day_rows(1))
    assert [one.wh for one in totals(site, DAY, DAY + dt.timedelta(days=1))] == [24]
    assert daily_totals(site_id=site.id, series=Series.HEAT_USE, first=DAY, end=dt.date(2025, 1, 1)) == []


def test_the_covered_days_are_the_first_and_the_last(site):
    for day in (dt.date(2021, 5, 5), DAY, dt.date(2022, 1, 1)):
        store(site, day_rows(1, day=day))
    assert covered_days(site_id=site.id, series=USE) == (dt.date(2021, 5, 5), DAY)


def test_a_year_costs_one_query(site, django_assert_num_queries):
    for number in range(60):
        store(site, day_rows(1, day=dt.date(2024, 1, 1) + dt.timedelta(days=number)))
    with django_assert_num_queries(1, connection=connection):
        assert len(totals(site, dt.date(2024, 1, 1), dt.date(2025, 1, 1), monthly_totals)) == 2


@pytest.mark.parametrize(
    ("day", "before"),
    [(dt.date(2024, 2, 29), dt.date(2023, 2, 28)), (dt.date(2025, 3, 1), dt.date(2024, 3, 1))],
)
def test_the_day_a_year_before(day, before):
    assert year_before(day) == before
