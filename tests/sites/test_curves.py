"""Consumption by year, month, week, day and quarter-hour on the customer page: what is drawn, tabled and downloaded."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers import operations as people
from customers.models import Customer
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.models import ReadEvent
from register.identity.roles import Role
from sites import operations
from sites.curves import Curve, View, charts_of, curves_of, period_of
from sites.models import Site
from sites.queries import Stretch
from tests.harness.staff import make_staff, signed_in
from tests.sites.days import day_rows, make_site, store

pytestmark = [pytest.mark.django_db, pytest.mark.item("S09")]
SPRING, AUTUMN = dt.date(2025, 3, 30), dt.date(2025, 10, 26)
START = dt.date(2025, 1, 1)


@pytest.fixture
def site(db: Any) -> Iterator[Site]:
    with acting_as_service("test"):
        yield make_site()


def read(site: Site, view: View, on: dt.date, first: dt.date = START, end: dt.date | None = None) -> list[Curve]:
    return curves_of([Stretch(site, first, end)], period_of(view, on))


@pytest.mark.parametrize(("day", "hours", "twice"), [(SPRING, 23, 0), (AUTUMN, 25, 2), (dt.date(2025, 6, 1), 24, 0)])
def test_a_day_has_its_hours_also_when_the_clocks_change(site: Site, day: dt.date, hours: int, twice: int) -> None:
    store(site, day_rows(250, day=day, minutes=15))
    (curve,) = read(site, View.DAY, day)
    assert [one.wh for one in curve.readings] == [1000] * hours
    names = [one.name for one in curve.readings]
    assert len(set(names)) == hours
    assert sum(name.startswith("3.00–") for name in names) == (0 if hours == 23 else max(twice, 1))
    (quarters,) = read(site, View.QUARTER, day)
    assert len(quarters.readings) == hours * 4
    assert len({one.name for one in quarters.readings}) == hours * 4


def test_a_gap_stays_a_gap_and_is_told(site: Site) -> None:
    day = dt.date(2025, 6, 1)
    store(site, day_rows([None, None, *[1000] * 22], ["OK", "OK", "EST", *["OK"] * 21], day=day))
    (curve,) = read(site, View.DAY, day)
    assert curve.readings[0].wh is None
    assert curve.readings[0].note
    (chart,) = charts_of([curve], period_of(View.DAY, day), day)
    assert len(chart.rects) == 22
    assert chart.rows[0][1][0].figure == "–"
    (month,) = read(site, View.MONTH, day)
    assert month.readings[0].note
    assert month.readings[1].wh is None
    (year,) = read(site, View.YEAR, day)
    assert [one.wh for one in year.readings] == [None] * 5 + [22_000] + [None] * 6


def test_only_the_days_of_the_contract_are_shown(site: Site) -> None:
    for day in (dt.date(2025, 6, 1), dt.date(2025, 6, 2), dt.date(2025, 6, 3)):
        store(site, day_rows(1000, day=day))
    mine = {"first": dt.date(2025, 6, 2), "end": dt.date(2025, 6, 3)}
    (curve,) = read(site, View.MONTH, dt.date(2025, 6, 1), **mine)
    assert [one.wh for one in curve.readings[:3]] == [None, 24_000, None]
    (year,) = read(site, View.YEAR, dt.date(2025, 6, 1), **mine)
    assert year.total_wh == 24_000
    assert read(site, View.DAY, dt.date(2025, 6, 1), **mine) == []
    assert read(site, View.QUARTER, dt.date(2025, 6, 3), **mine) == []


def test_an_hour_measured_whole_stands_among_quarters(site: Site) -> None:
    day = dt.date(2025, 6, 1)
    store(site, day_rows(4000, day=day))
    store(site, day_rows([None] * 4 + [1000] * 92, day=day, minutes=15))
    (curve,) = read(site, View.QUARTER, day)
    assert curve.total_wh == 96_000
    assert "koko tunti" in curve.readings[0].note


@pytest.mark.parametrize(
    ("view", "on", "first", "end"),
    [
        (View.YEAR, dt.date(2024, 2, 29), dt.date(2024, 1, 1), dt.date(2025, 1, 1)),
        (View.MONTH, dt.date(2024, 2, 29), dt.date(2024, 2, 1), dt.date(2024, 3, 1)),
        (View.WEEK, dt.date(2025, 1, 1), dt.date(2024, 12, 30), dt.date(2025, 1, 6)),
        (View.DAY, SPRING, SPRING, dt.date(2025, 3, 31)),
        ("nonsense", SPRING, START, dt.date(2026, 1, 1)),
    ],
)
def test_a_period_begins_and_ends_where_people_say(view: str, on: dt.date, first: dt.date, end: dt.date) -> None:
    period = period_of(view, on)
    assert (period.first, period.end) == (first, end)
    assert period_of(view, period.before).end == first


@pytest.fixture
def mover(site: Site) -> Customer:
    """Lives at the site, has left another, and is about to move to a third, which comes first by its letter."""
    at = timezone.now()
    who: Any = {"actor": Actor.service("test"), "at": at}
    row = people.register_customer(given_names="Maija", family_name="Virtanen", **who)
    today = timezone.localdate()
    places = [
        (site, START, None),
        (make_place("643000000000000023", "Aittakatu 1"), today + dt.timedelta(days=20), None),
        (make_place("643000000000000030", "Aallonkatu 2"), START, dt.date(2025, 5, 1)),
    ]
    for place, first, end in places:
        contract = operations.conclude_contract(
            site_id=place.pk, line="network", holders=[row.pk], started_on=first, **who
        )
        if end:
            operations.end_contract(contract_id=contract.pk, ended_on=end, **who)
    store(site, day_rows(250, day=AUTUMN, minutes=15))
    return row


def make_place(gsrn: str, street: str) -> Site:
    row = make_site(gsrn)
    row.street_address = street
    row.save()
    return row


@pytest.fixture
def agent(mover: Customer) -> Client:
    return signed_in(make_staff(role=Role.AGENT))


def page(client: Client, row: Customer, **query: Any) -> str:
    answer = client.get(reverse("staff-customer-consumption", args=[row.pk]), query, HTTP_HX_REQUEST="true")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_panel_opens_a_running_place_with_the_others_to_choose(agent: Client, mover: Customer) -> None:
    shown = page(agent, mover, on="2025-10-26")
    assert shown.index("Tulliportinkatu") < shown.index("Aittakatu") < shown.index("Aallonkatu")
    assert shown.split('aria-current="true"')[1].lstrip(">").startswith("Tulliportinkatu")
    assert "alkaa" in shown
    assert "päättynyt" in shown


def test_the_figures_stand_beside_the_chart_in_every_view(agent: Client, mover: Customer) -> None:
    for view in View.values:
        shown = page(agent, mover, view=view, on="2025-10-26")
        assert 'class="reg-chart"' in shown
        assert "<table" in shown
        assert ("Edellinen" in shown) == (view != "year")
        assert "Seuraava" in shown
        assert "<script" not in shown
        assert "style=" not in shown


def test_there_is_nothing_before_the_contract_and_after_today(agent: Client, mover: Customer) -> None:
    assert "Edellinen" not in page(agent, mover, on="2025-06-01")
    assert "Seuraava" not in page(agent, mover, view="day", on=timezone.localdate().isoformat())
    for nonsense in ("2025-02-30", "x", "9999-12-31", "0001-01-01"):
        assert "h-consumption" in page(agent, mover, on=nonsense, place="99999", view="century")


def test_a_narrower_view_opens_on_the_last_day_with_readings(agent: Client, mover: Customer) -> None:
    with_year = page(agent, mover, view="year", on="2025-06-01")
    assert f"view=day&amp;on={AUTUMN.isoformat()}" in with_year
    assert "view=day&amp;on=2025-09-30" in page(agent, mover, view="month", on="2025-09-01")


def test_the_file_has_what_is_on_the_page_and_is_logged(agent: Client, mover: Customer) -> None:
    answer = agent.get(
        reverse("staff-customer-consumption-file", args=[mover.pk]), {"view": "quarter", "on": AUTUMN.isoformat()}
    )
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 101
    assert lines[1].startswith("2025-10-26T00:00:00+03:00;")
    assert lines[-1].startswith("2025-10-26T23:45:00+02:00;")
    assert ";0,250;" in lines[1]
    with acting_as_service("test"):
        assert list(ReadEvent.objects.values_list("what", "reason")) == [("consumption file", "page")]


def test_who_may_not_see_contracts_gets_no_file(mover: Customer) -> None:
    marketing = signed_in(make_staff(role=Role.MARKETING))
    assert marketing.get(reverse("staff-customer-consumption-file", args=[mover.pk])).status_code == 403
