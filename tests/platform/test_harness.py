"""The tests themselves stand on the right ground."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from embedded.places import CHECKOUT
from tests.harness.browser import HOW_TO_INSTALL
from tests.harness.committed import CommittedDatabase


def _who() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_tests_are_the_application(as_owner, as_purge):
    assert _who() == "register_app"
    with as_owner():
        assert _who() == "register_owner"
    with as_purge():
        assert _who() == "register_purge"
    assert _who() == "register_app"


def test_a_committed_database_is_seen_by_another_process(committed_db: CommittedDatabase):
    assert _who() == "register_app"
    done = committed_db.manage("shell", "-c", "from django.db import connection as c; print(c.settings_dict['NAME'])")
    assert committed_db.name in done.stdout, done.stderr


@pytest.mark.worker
def test_a_real_worker_takes_work(committed_db: CommittedDatabase):
    assert committed_db.start_worker().poll() is None


def test_the_browser_sees_the_front_door(page):
    answer = page.goto("/health/live")
    assert answer is not None
    assert answer.status == 200


def _pytest(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=CHECKOUT,
        env=clean | changes,
        capture_output=True,
        text=True,
        timeout=120,
    )


THIS = "tests/platform/test_harness.py"


def test_without_a_browser_the_run_fails_and_says_how_to_install_one(tmp_path: Path):
    done = _pytest(f"{THIS}::test_the_browser_sees_the_front_door", PATH=str(tmp_path), BROWSER="", CHROMIUM="")
    assert done.returncode == 1
    assert HOW_TO_INSTALL in done.stdout


def test_the_browser_can_be_left_out_by_word(tmp_path: Path):
    done = _pytest(f"{THIS}::test_the_browser_sees_the_front_door", PATH=str(tmp_path), BROWSER="no")
    assert "1 deselected" in done.stdout


def test_real_files_are_tested_only_where_they_are(tmp_path: Path):
    folder = CHECKOUT / "tests" / "sample_files"
    assert folder.is_dir()
    without = _pytest("--collect-only", "tests/sample_files", SAMPLE_FILES="")
    assert "no tests collected" in without.stdout
    with_them = _pytest("--collect-only", "tests/sample_files", SAMPLE_FILES=str(tmp_path))
    assert "tests/sample_files/" in with_them.stdout


def test_a_test_that_would_truncate_is_refused(tmp_path: Path):
    file = tmp_path / "test_truncating.py"
    file.write_text("import pytest\n\n@pytest.mark.django_db(transaction=True)\ndef test_it(): ...\n")
    done = _pytest(str(file), f"--confcutdir={CHECKOUT}", "-p", "tests.conftest")
    assert done.returncode != 0
    assert "take committed_db" in done.stdout + done.stderr
