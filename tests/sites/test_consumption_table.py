"""What the table of consumption refuses, and who reaches its months."""

import datetime as dt
import uuid

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from register.access.scope import Actor, Scope
from register.audit.acting import acting, acting_as_service
from sites.models import ConsumptionDay
from tests.sites.days import DAY, NETWORK, day_rows, make_site, store

pytestmark = [pytest.mark.django_db, pytest.mark.item("S09")]
MONTHS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'sites_consumptionday'::regclass"


@pytest.fixture
def site():
    with acting_as_service("test"):
        yield make_site()


def insert(site, day="2024-01-10", minutes=60, wh=(1,) * 24, quality=(1,)):
    with connection.cursor() as cursor:
        cursor.execute("SELECT add_consumption_month(%s)", [day])
        cursor.execute(
            "INSERT INTO sites_consumptionday (site_id, day, series, resolution_min, controller_id, wh, quality)"
            " VALUES (%s, %s, 1, %s, 2, %s, %s)",
            [site.id, day, minutes, list(wh), list(quality)],
        )


@pytest.mark.parametrize(
    ("day", "minutes", "slots"),
    [
        ("2024-03-31", 60, 23),
        ("2024-03-31", 15, 92),
        ("2024-10-27", 60, 25),
        ("2024-10-27", 15, 100),
        ("2024-12-31", 15, 96),
    ],
)
def test_a_day_has_as_many_slots_as_it_is_long(site, day, minutes, slots):
    insert(site, day, minutes, [1] * slots)
    for wrong in {23, 24, 25, 92, 96, 100} - {slots}:
        with pytest.raises(IntegrityError, match="a_day_has_the_slots"), transaction.atomic():
            insert(site, day, minutes, [1] * wrong)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"wh": [1] * 23 + [-1]}, "energy_is_not_negative"),
        ({"minutes": 30, "wh": [1] * 48}, "a_slot_is_a_quarter_or_an_hour"),
        ({"quality": [1, 2]}, "quality_is_of_the_day_or_of_each_slot"),
        ({"quality": []}, "quality_is_of_the_day_or_of_each_slot"),
        ({"wh": [[1] * 12, [1] * 12]}, "a_day_has_the_slots"),
    ],
)
def test_what_cannot_be_true_is_refused(site, row, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        insert(site, **row)


def test_a_gap_is_allowed(site):
    insert(site, wh=[None] * 23 + [5])
    assert ConsumptionDay.objects.get(site=site).wh[22:] == [None, 5]


def test_the_application_has_no_privilege_on_any_month(site):
    store(site, day_rows())
    with connection.cursor() as cursor:
        cursor.execute(MONTHS)
        months = [name for (name,) in cursor.fetchall()]
        assert "sites_consumptionday_2024_01" in months
        cursor.execute(
            "SELECT privilege, role FROM unnest(%s::text[]) month,"
            " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege,"
            " unnest(ARRAY['register_app', 'register_purge', 'public']) role"
            " WHERE has_table_privilege(role, month, privilege)",
            [months],
        )
        assert cursor.fetchall() == []
        cursor.execute("SELECT count(*) FROM sites_consumptionday WHERE day = %s", [DAY])
        assert cursor.fetchone() == (1,)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM sites_consumptionday_2024_01")


def test_the_application_may_not_make_or_drop_tables(site):
    for statement in ("CREATE TABLE mine (id int)", "DROP TABLE sites_consumptionday"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT drop_consumption_month('2024-01-01')")


@pytest.mark.parametrize("day", ["1999-12-31", "2099-01-01", None])
def test_a_month_far_away_is_refused(site, day):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT add_consumption_month(%s)", [day])


def test_a_month_is_added_once(site):
    with connection.cursor() as cursor:
        cursor.execute("SELECT add_consumption_month('2011-07-15'), add_consumption_month('2011-07-31')")
        assert cursor.fetchone() == (True, False)


def test_only_an_empty_month_is_dropped(site, as_purge):
    store(site, day_rows())
    with as_purge(), connection.cursor() as cursor:
        with pytest.raises(DatabaseError, match="not empty"), transaction.atomic():
            cursor.execute("SELECT drop_consumption_month('2024-01-31')")
        cursor.execute("DELETE FROM sites_consumptionday WHERE day = %s", [DAY])
        assert cursor.rowcount == 1
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT drop_consumption_month('2024-01-31'), drop_consumption_month('2024-01-31')")
        assert cursor.fetchone() == (True, False)
        cursor.execute(MONTHS)
        assert ("sites_consumptionday_2024_01",) not in cursor.fetchall()


def test_a_site_with_consumption_does_not_go(site, as_purge):
    empty = make_site("643000000000000023")
    store(site, day_rows())
    with as_purge(), connection.cursor() as cursor:
        with pytest.raises(IntegrityError, match="still has consumption"), transaction.atomic():
            cursor.execute("DELETE FROM sites_site WHERE id = %s", [site.id])
        cursor.execute("DELETE FROM sites_site WHERE id = %s", [empty.id])
        assert cursor.rowcount == 1


def test_consumption_is_seen_only_within_the_scope(site):
    store(site, day_rows())
    assert ConsumptionDay.objects.count() == 1
    for scope, count in [
        (Scope.staff(controllers=(NETWORK,)), 1),
        (Scope.staff(controllers=(1,)), 0),
        (Scope.staff(controllers=(NETWORK,), persons=False), 0),
        (Scope.portal(customers=(uuid.uuid4(),)), 0),
    ]:
        with acting(actor=Actor.service("test"), scope=scope):
            assert ConsumptionDay.objects.count() == count


def test_staff_of_the_other_controller_cannot_store(site):
    rows = day_rows()
    with pytest.raises(DatabaseError), acting(actor=Actor.service("test"), scope=Scope.staff(controllers=(1,))):
        store(site, rows)


def test_days_before_1970_are_no_days(site):
    with pytest.raises(DatabaseError), transaction.atomic():
        store(site, day_rows(day=dt.date(1969, 12, 31)))
