"""How day rows are stored: merged by slot, corrections kept, unchanged days left alone."""

import datetime as dt
import uuid

import pytest
from django.db import connection

from register.audit.acting import acting_as_service
from sites.consumption.store import StoreCounts, UnableToStoreDays
from sites.models import ConsumptionCorrection, ConsumptionDay, QualityWord
from tests.sites.days import AT, DAY, day_rows, make_site, store, stored

pytestmark = [pytest.mark.django_db, pytest.mark.item("S09")]
DAY_OF_GAPS = [None] * 24


@pytest.fixture
def site():
    with acting_as_service("test"):
        yield make_site()


def words(row: ConsumptionDay) -> list[str | None]:
    by_key = dict(QualityWord.objects.values_list("id", "word"))
    return [key and by_key[key] for key in row.quality]


def test_new_days_are_stored(site):
    run = uuid.uuid4()
    counts = store(site, day_rows(list(range(24))), import_id=run)
    assert counts == StoreCounts(new_count=24, new_day_count=1)
    row = stored(site)
    assert (row.wh, words(row), row.controller_id, row.import_run_id) == (list(range(24)), ["OK"], 2, run)


def test_quarters_and_hours_of_a_day_stand_beside_each_other(site):
    store(site, day_rows(1000))
    store(site, day_rows(250, minutes=15))
    rows = ConsumptionDay.objects.filter(site=site, day=DAY).order_by("resolution_min")
    assert [(row.resolution_min, sum(row.wh)) for row in rows] == [(15, 24_000), (60, 24_000)]


def test_the_same_again_writes_nothing(site):
    first, second = uuid.uuid4(), uuid.uuid4()
    store(site, day_rows(7), import_id=first)
    version = "SELECT xmin, ctid, import_run_id FROM sites_consumptionday"
    with connection.cursor() as cursor:
        cursor.execute(version)
        before = cursor.fetchall()
        assert store(site, day_rows(7), import_id=second) == StoreCounts(unchanged_count=24)
        cursor.execute(version)
        assert cursor.fetchall() == before
    assert not ConsumptionCorrection.objects.exists()


def test_a_missing_value_never_overwrites(site):
    store(site, day_rows(7))
    counts = store(site, day_rows([None] * 5 + [7] * 19, [None] * 5 + ["OK"] * 19))
    assert counts == StoreCounts(unchanged_count=19, gap_count=5)
    assert store(site, day_rows(DAY_OF_GAPS, "MISSING")) == StoreCounts(gap_count=24)
    row = stored(site)
    assert (row.wh, words(row)) == ([7] * 24, ["OK"])


def test_a_gap_is_filled_slot_by_slot(site):
    first = [None] * 12 + [1] * 12
    assert store(site, day_rows(first)) == StoreCounts(new_count=12, gap_count=12, new_day_count=1)
    second = [2] * 10 + [None] * 14
    counts = store(site, day_rows(second, "EST"))
    assert counts == StoreCounts(new_count=10, gap_count=14, changed_day_count=1)
    row = stored(site)
    assert row.wh == [2] * 10 + [None] * 2 + [1] * 12
    assert words(row) == ["EST"] * 10 + [None] * 2 + ["OK"] * 12


def test_a_reported_gap_keeps_its_word_until_it_is_filled(site):
    store(site, day_rows([None, *[1] * 23], ["MISSING", *["OK"] * 23]))
    assert words(stored(site))[0] == "MISSING"
    store(site, day_rows([5, *[None] * 23]))
    row = stored(site)
    assert (row.wh, words(row)) == ([5, *[1] * 23], ["OK"])


def test_a_correction_replaces_and_keeps_what_was(site):
    first, second, later = uuid.uuid4(), uuid.uuid4(), AT + dt.timedelta(days=1)
    store(site, day_rows(7, "EST"), import_id=first)
    counts = store(site, day_rows([8] + [7] * 23, ["OK"] + ["EST"] * 23), import_id=second, at=later)
    assert counts == StoreCounts(corrected_count=1, unchanged_count=23, changed_day_count=1)
    row = stored(site)
    assert (row.wh[:2], words(row)[:2], row.import_run_id) == ([8, 7], ["OK", "EST"], second)
    kept = ConsumptionCorrection.objects.get()
    assert (kept.wh, kept.import_run_id, kept.replaced_by_id, kept.replaced_at) == ([7] * 24, first, second, later)
    assert (kept.site_id, kept.day, kept.controller_id, words(kept)) == (site.id, DAY, 2, ["EST"])


def test_a_new_status_alone_is_a_correction(site):
    store(site, day_rows(7, "EST"))
    assert store(site, day_rows(7, "OK")) == StoreCounts(corrected_count=24, changed_day_count=1)
    assert words(stored(site)) == ["OK"]
    assert ConsumptionCorrection.objects.count() == 1


def test_an_import_that_says_different_things_in_two_batches_is_refused(site):
    run = uuid.uuid4()
    store(site, day_rows([7] * 12 + [None] * 12), import_id=run)
    store(site, day_rows([None] * 12 + [9] * 12), import_id=run)
    assert stored(site).wh == [7] * 12 + [9] * 12
    assert not ConsumptionCorrection.objects.exists()
    with pytest.raises(UnableToStoreDays, match="2024-01-10"):
        store(site, day_rows(8), import_id=run)


def test_a_place_that_is_no_site_is_refused(site):
    class Nowhere:
        id = uuid.uuid4()

    with pytest.raises(UnableToStoreDays):
        store(Nowhere(), day_rows())


def test_many_days_of_all_lengths_go_in_at_once(site):
    first = dt.date(2024, 1, 1)
    days = [first + dt.timedelta(days=at) for at in range(366)]
    counts = store(site, *[day_rows(at, day=day, minutes=15) for at, day in enumerate(days)])
    assert counts == StoreCounts(new_count=35_136, new_day_count=366)
    rows = dict(ConsumptionDay.objects.filter(site=site).values_list("day", "wh"))
    assert [rows[day][0] for day in days] == list(range(366))
    assert {len(wh) for wh in rows.values()} == {92, 96, 100}


@pytest.mark.parametrize("gaps", [[], [0], [23], [3, 4, 5], list(range(24))])
def test_gaps_go_through_the_binary_form(site, gaps):
    wh = [None if at in gaps else at for at in range(24)]
    store(site, day_rows(wh, ["OK" if at % 2 else None for at in range(24)]))
    row = stored(site)
    assert row.wh == wh
    assert words(row) == ["OK" if at % 2 else None for at in range(24)]
