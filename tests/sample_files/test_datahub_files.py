"""The Datahub files that SAMPLE_FILES holds, from the file to the chart: nothing is lost, nothing is doubled."""

import csv
import datetime as dt
import io
import json
import zipfile
from collections import Counter
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from register.audit.acting import acting_as_service
from sites.consumption.queries import daily_totals, monthly_totals
from sites.models import ConsumptionDay, Series, Site
from tests.sites.days import make_site

pytestmark = [pytest.mark.django_db, pytest.mark.item("S09")]
HELSINKI = ZoneInfo("Europe/Helsinki")
NAMES = (
    "643000000000000016-2024-PT1H.csv",
    "643000000000000023-2024-PT15M.csv",
    "643000000000000030-2024-PT15M-en.csv",
)
YEAR = {"first": dt.date(2024, 1, 1), "end": dt.date(2025, 1, 1)}


@pytest.fixture
def folder(sample_files):
    return sample_files / "datahub"


@pytest.fixture
def sites():
    with acting_as_service("test"):
        yield {name: make_site(name[:18]) for name in NAMES}


def run(*arguments) -> dict:
    out = io.StringIO()
    call_command("import_consumption", *map(str, arguments), "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def plainly(path) -> Counter[dt.date]:
    """Read a file with the csv module, the slow and plain way: Wh by Helsinki day."""
    days: Counter[dt.date] = Counter()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in list(csv.reader(stream, delimiter=";"))[1:]:
            day = dt.datetime.fromisoformat(row[5]).astimezone(HELSINKI).date()
            days[day] += int(Decimal(row[6].replace(",", ".")) * 1000)
    return days


def ask(query, site: Site):
    return query(site_id=site.id, series=Series.ELECTRICITY_USE, **YEAR)


def test_each_file_gives_the_same_days_as_reading_it_plainly(folder, sites):
    report = run(folder)
    assert [file["state"] for file in report["files"]] == ["imported"] * 3
    assert [file["new_count"] for file in report["files"]] == [8784, 35136, 35136]
    assert {(file["gap_count"], file["duplicate_count"], file["rounded_count"]) for file in report["files"]} == {
        (0, 0, 0)
    }
    for name, site in sites.items():
        expected = plainly(folder / name)
        assert {total.first: total.wh for total in ask(daily_totals, site)} == expected
        months = ask(monthly_totals, site)
        assert [month.first.month for month in months] == list(range(1, 13))
        assert sum(month.wh for month in months) == sum(expected.values())


def test_the_days_of_daylight_saving_have_their_length(folder, sites):
    run(folder)
    lengths = {
        name: [
            len(ConsumptionDay.objects.get(site=site, day=day).wh)
            for day in (dt.date(2024, 3, 31), dt.date(2024, 7, 1), dt.date(2024, 10, 27))
        ]
        for name, site in sites.items()
    }
    assert list(lengths.values()) == [[23, 24, 25], [92, 96, 100], [92, 96, 100]]


def test_the_zipped_folder_changes_nothing_any_more(folder, sites, tmp_path):
    run(folder)
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in NAMES:
            packed.write(folder / name, name)
    assert [file["state"] for file in run(archive)["files"]] == ["known"] * 3
    assert ConsumptionDay.objects.count() == 3 * 366


def test_a_masked_file_is_refused_and_then_mapped(folder, sites, tmp_path):
    name = NAMES[1]
    masked = tmp_path / "masked.csv"
    masked.write_bytes((folder / name).read_bytes().replace(name[:18].encode(), b"000000000000000001"))
    with pytest.raises(SystemExit) as end:
        run(masked)
    assert end.value.code == 1
    assert not ConsumptionDay.objects.exists()
    report = run(masked, "--map", f"000000000000000001={name[:18]}")
    assert report["files"][0]["new_count"] == 35136


def test_a_torn_file_is_refused(folder, sites, tmp_path):
    torn = tmp_path / "torn.csv"
    torn.write_bytes((folder / NAMES[0]).read_bytes()[:-40])
    with pytest.raises(SystemExit):
        run(torn)
    assert not ConsumptionDay.objects.exists()
