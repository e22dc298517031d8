"""The bank files that SAMPLE_FILES holds: what they bring in, what goes on the work list, what is refused."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from billing.models import Payment, PaymentCase
from register.audit.acting import acting_as_service

pytestmark = [pytest.mark.django_db, pytest.mark.item("B08")]


@pytest.fixture
def folder(sample_files: Path, settings: Any, tmp_path: Path) -> Path:
    settings.REGISTER_FILES_DIR = tmp_path
    return sample_files / "camt"


def run(*paths: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    out, code = io.StringIO(), 0
    try:
        call_command("import_payments", *map(str, paths), controller="network", as_json=True, stdout=out)
    except SystemExit as end:
        code = end.code
    return code, {file["file"]: file for file in json.loads(out.getvalue())["files"]}


def test_the_folder_gives_every_file_its_answer(folder: Path) -> None:
    code, reports = run(folder)
    assert code == 1
    assert {name for name, report in reports.items() if report["state"] == "refused"} == {"camt053.v2.wrong.xml"}
    assert {name: report["counts"]["payments"] for name, report in reports.items() if report["counts"]} == {
        "camt053.v2.multi.statement.xml": 1,
        "camt053.v4.xml": 1,
        "camt053.v8.xml": 0,  # the entry of version 4 again, by the bank's reference
        "camt054.v2.xml": 0,
        "camt054.v4.xml": 0,
        "camt054.v8.xml": 0,
    }
    assert [reports[f"camt054.v{version}.xml"]["counts"]["outgoing"] for version in (2, 4, 8)] == [1, 1, 1]
    with acting_as_service("test"):
        assert list(PaymentCase.objects.order_by("id").values_list("reason", flat=True)) == [
            "no-reference",
            "foreign-reference",
        ]


def test_a_second_time_changes_nothing(folder: Path) -> None:
    run(folder)
    _code, reports = run(folder)
    assert {report["state"] for report in reports.values()} == {"known", "refused"}
    with acting_as_service("test"):
        assert Payment.objects.count() == 2
