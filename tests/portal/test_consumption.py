"""Consumption on the portal: spans, gaps and daylight saving, and nothing outside the days of one's own contracts."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer, ServiceUse
from register.access.scope import Actor, Scope
from register.audit.acting import acting, acting_as_service
from sites import energy
from sites.consumption.queries import NeedsIdentification, daily_totals, slots
from sites.energy import Supply, view_of
from sites.graph import Bar, graph_of
from sites.models import Contract, ContractHolder, Series, Site
from sites.periods import Kind, Span
from tests.factories import FACTORIES
from tests.harness.portal import CODE, make_customer, portal_client
from tests.sites.days import day_rows, make_site, store

pytestmark = [pytest.mark.django_db, pytest.mark.item("S09")]

MOVE = dt.date(2024, 3, 10)


def contract(site: Site, customer: Customer, started_on: dt.date, ended_on: dt.date | None = None) -> Contract:
    made: Contract = FACTORIES[Contract](site=site, started_on=started_on, ended_on=ended_on)
    FACTORIES[ContractHolder](contract=made, customer=customer)
    return made


@pytest.fixture
def home() -> tuple[Site, Customer, Customer]:
    """A site where one customer lived until the move and another from it on, with a reading of 1 kWh an hour."""
    former, present = make_customer(), make_customer()
    with acting_as_service("test"):
        site = make_site()
        contract(site, former, dt.date(2023, 1, 1), MOVE)
        contract(site, present, MOVE)
        for number in range(1, 32):
            store(site, day_rows(1000, day=dt.date(2024, 3, number)))
    return site, former, present


def page(client: Client, **query: Any) -> str:
    answer = client.get("/my/consumption/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def supply(site: Site) -> Supply:
    return Supply(site.pk, Series.ELECTRICITY_USE, ((dt.date(2000, 1, 1), None),))


@pytest.mark.clause("X2")
def test_each_resident_sees_the_days_of_their_own_contract(home: Any) -> None:
    _site, former, present = home
    march = {"view": "month", "on": "2024-03-15"}
    assert "527" in page(portal_client(present), **march)  # 22 days, one of which has 23 hours
    assert "216" in page(portal_client(former), **march)


def test_sums_are_of_the_own_days(home: Any) -> None:
    site, former, present = home
    for customer, total in ((former, 9 * 24), (present, 22 * 24 - 1)):
        with acting(actor=Actor.customer(customer.pk), scope=Scope.portal(customers=(customer.pk,))):
            assert view_of(supply(site), Span.around(Kind.MONTH, MOVE)).energy_wh == total * 1000


@pytest.mark.clause("X2")
def test_without_the_views_own_filter_the_database_still_shows_nothing_of_others(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The supply below claims every day of the site, and the page believes it."""
    site, former, present = home
    stranger = make_customer()
    monkeypatch.setattr("sites.portal.consumption.supplies_for", lambda *_args, **_more: [supply(site)])
    file = {"of": supply(site).key, "view": "month", "on": "2024-03-01"}
    seen = {}
    for name, customer in (("former", former), ("present", present), ("stranger", stranger)):
        lines = portal_client(customer).get("/my/consumption/file/", file).content.decode().splitlines()[1:]
        seen[name] = [line.split(";")[0] for line in lines if line.split(";")[1]]
    assert seen["former"] == [f"2024-03-{number:02}" for number in range(1, 10)]
    assert seen["present"] == [f"2024-03-{number:02}" for number in range(10, 32)]
    assert seen["stranger"] == []


def test_the_key_of_anothers_site_shows_ones_own(home: Any) -> None:
    site, _former, _present = home
    stranger = make_customer()
    with acting_as_service("test"):
        contract(make_site("643000000000000023"), stranger, dt.date(2024, 1, 1))
    text = page(portal_client(stranger), of=supply(site).key, view="month", on="2024-03-15")
    assert "Tältä ajalta ei ole lukemia" in text


@pytest.mark.parametrize(("day", "hours"), [(dt.date(2025, 3, 30), 23), (dt.date(2025, 10, 26), 25)])
def test_the_days_of_the_change_of_time_have_their_own_hours(day: dt.date, hours: int) -> None:
    customer = make_customer()
    with acting_as_service("test"):
        site = make_site()
        contract(site, customer, dt.date(2024, 1, 1))
        store(site, day_rows(250, day=day, minutes=15))
    with acting(actor=Actor.customer(customer.pk), scope=Scope.portal(customers=(customer.pk,))):
        shown = view_of(supply(site), Span(Kind.DAY, day))
        quarters = view_of(supply(site), Span(Kind.QUARTER, day))
    assert [column.energy_wh for column in shown.columns] == [1000] * hours
    assert len(quarters.columns) == hours * 4
    assert len({column.name for column in shown.columns}) == hours
    assert len({column.starts_at.timestamp() for column in quarters.columns if column.starts_at}) == hours * 4
    names = [column.name for column in shown.columns]
    twice = [name[:9] for name in names if name.startswith("3.00 ")]
    assert twice == (["3.00 kesä", "3.00 talv"] if hours == 25 else [])


def test_a_gap_stays_a_gap_and_an_estimate_is_named() -> None:
    customer, day = make_customer(), dt.date(2024, 1, 10)
    with acting_as_service("test"):
        site = make_site()
        contract(site, customer, dt.date(2024, 1, 1))
        store(site, day_rows([None, 500, *[250] * 22], ["MISSING", "EST", *["OK"] * 22], day=day))
    client = portal_client(customer)
    lines = client.get("/my/consumption/file/", {"view": "day", "on": "2024-01-10"}).content.decode().splitlines()
    assert [line.split(";")[1] for line in lines[1:4]] == ["", "0,500", "0,250"]
    assert [line.split(";")[3] for line in lines[1:4]] == ["puuttuu", "osin arvioitu", "mitattu"]
    assert lines[1].startswith("2024-01-10T00:00:00+02:00")
    text = page(client, view="day", on="2024-01-10")
    assert "on osin arvioitu" in text
    assert "puuttuu lukemia" in text
    with acting_as_service("test"):
        assert ServiceUse.objects.filter(customer=customer, event="kulutustietojen lataus").count() == 1


def test_an_hour_of_which_a_quarter_is_missing_says_so() -> None:
    customer, day = make_customer(), dt.date(2024, 1, 10)
    with acting_as_service("test"):
        site = make_site()
        contract(site, customer, dt.date(2024, 1, 1))
        store(site, day_rows([250, None, 250, 250, *[None] * 4, *[250] * 88], "OK", day=day, minutes=15))
    with acting(actor=Actor.customer(customer.pk), scope=Scope.portal(customers=(customer.pk,))):
        first, second, third, *_rest = view_of(supply(site), Span(Kind.DAY, day)).columns
    assert (first.energy_wh, first.is_gappy) == (750, True)
    assert (second.energy_wh, second.is_gappy) == (None, True)
    assert (third.energy_wh, third.is_gappy) == (1000, False)


def test_a_code_shows_whole_months_only(home: Any) -> None:
    site, _former, present = home
    client = portal_client(present, means=CODE)
    text = page(client)
    assert "Maaliskuu 2024" in text
    assert "Tulliportinkatu" not in text
    for kind in ("month", "week", "day", "quarter"):
        assert client.get("/my/consumption/", {"view": kind}).status_code == 403
    assert client.get("/my/consumption/file/").status_code == 403
    with acting(actor=Actor.customer(present.pk), scope=Scope.portal(customers=(present.pk,), is_identified=False)):
        end = MOVE + dt.timedelta(days=1)
        with pytest.raises(NeedsIdentification):
            daily_totals(site_id=site.pk, series=Series.ELECTRICITY_USE, first=MOVE, end=end)
        with pytest.raises(NeedsIdentification):
            slots(site_id=site.pk, series=Series.ELECTRICITY_USE, day=MOVE)


def test_who_has_no_contract_is_told_so() -> None:
    text = page(portal_client(make_customer()))
    assert "Kulutusta ei ole" in text


@pytest.mark.parametrize(
    ("kind", "day", "first", "end"),
    [
        (Kind.YEAR, dt.date(2024, 12, 31), dt.date(2024, 1, 1), dt.date(2025, 1, 1)),
        (Kind.MONTH, dt.date(2024, 2, 29), dt.date(2024, 2, 1), dt.date(2024, 3, 1)),
        (Kind.WEEK, dt.date(2025, 1, 1), dt.date(2024, 12, 30), dt.date(2025, 1, 6)),
        (Kind.DAY, dt.date(2024, 2, 29), dt.date(2024, 2, 29), dt.date(2024, 3, 1)),
    ],
)
def test_spans_have_their_edges(kind: Kind, day: dt.date, first: dt.date, end: dt.date) -> None:
    span = Span.around(kind, day)
    assert (span.first, span.end) == (first, end)
    assert span.following.previous == span
    assert span.a_year_before.first < span.first


def test_the_scale_of_the_chart_holds_every_bar() -> None:
    graph = graph_of([Bar("1", "", 7_300, 12_400), Bar("2", "", None, None), Bar("3", "", 0, 100, True)])
    assert [level for _y, level in graph.lines] == [5, 10, 15]
    assert len(graph.now) == 1
    assert len(graph.marks) == 1
    assert all(block.y >= 0 and block.height >= 0 for block in [*graph.now, *graph.before])


def test_what_one_measures_is_not_invented_by_the_hour() -> None:
    """A meter that is read by the hour has no quarters: the finest view shows hours."""
    customer, day = make_customer(), dt.date(2024, 1, 10)
    with acting_as_service("test"):
        site = make_site()
        contract(site, customer, dt.date(2024, 1, 1))
        store(site, day_rows(1000, day=day))
    with acting(actor=Actor.customer(customer.pk), scope=Scope.portal(customers=(customer.pk,))):
        shown = energy.view_of(supply(site), Span(Kind.QUARTER, day))
    assert [column.energy_wh for column in shown.columns] == [1000] * 24


def test_a_month_that_is_not_over_is_not_compared_with_a_whole_one() -> None:
    customer = make_customer()
    with acting_as_service("test"):
        site = make_site()
        contract(site, customer, dt.date(2023, 1, 1))
        for year, wh, days in ((2023, 1000, 31), (2024, 500, 31)):
            for number in range(1, days + 1):
                store(site, day_rows(wh, day=dt.date(year, 1, number)))
        for number in range(1, 29):
            store(site, day_rows(1000, day=dt.date(2023, 2, number)))
        store(site, day_rows(1000, day=dt.date(2024, 2, 1)))
    with acting(actor=Actor.customer(customer.pk), scope=Scope.portal(customers=(customer.pk,))):
        shown = view_of(supply(site), Span(Kind.YEAR, dt.date(2024, 1, 1)))
    assert shown.change_percent == -50
    assert shown.leaves_out


def test_an_hourly_meter_is_compared_by_the_hour_also_in_the_finest_view() -> None:
    customer, day = make_customer(), dt.date(2024, 1, 10)
    with acting_as_service("test"):
        site = make_site()
        contract(site, customer, dt.date(2023, 1, 1))
        store(site, day_rows(1000, day=day))
        store(site, day_rows(2000, day=day - dt.timedelta(weeks=52)))
    with acting(actor=Actor.customer(customer.pk), scope=Scope.portal(customers=(customer.pk,))):
        shown = view_of(supply(site), Span(Kind.QUARTER, day))
    assert (shown.before_wh, shown.is_hourly, shown.change_percent) == (48_000, True, -50)
