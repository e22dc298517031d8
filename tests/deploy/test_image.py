"""The Dockerfile keeps its rules, and each rule notices when it is broken."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploy import image

Rule = Callable[[str], Iterator[str]]


@pytest.fixture
def text() -> str:
    return image.FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", image.RULES, ids=lambda rule: rule.__name__)
def test_the_file_keeps_the_rule(rule: Rule, text: str) -> None:
    assert list(rule(text)) == []


BREAKAGES: list[tuple[Rule, str, str, str]] = [
    (image.stage_faults, "USER 10001:10001", "USER root", "10001"),
    (image.stage_faults, "--chown=root:root ", "", "belongs"),
    (image.stage_faults, "FROM python:${PYTHON} AS register", "FROM python:3 AS register", "interpreters"),
    (image.stage_faults, "WORKDIR /opt/register\nCOPY --from", "RUN apt-get install gcc\nCOPY --from", "apt-get"),
    (image.stage_faults, "HEALTHCHECK", "# HEALTHCHECK", "health"),
    (image.stage_faults, " AS build", " AS maker", "stages"),
    (image.supply_faults, "--frozen ", "", "--frozen"),
    (image.supply_faults, "--no-dev ", "", "--no-dev"),
    (image.supply_faults, "--no-build", "", "--no-build"),
    (image.supply_faults, "ARG UV_VERSION", "ADD https://example.org/uv /bin/uv\nARG UV_VERSION", "address"),
    (image.supply_faults, "ARG UV_VERSION", "ADD uv.tar.gz /bin/\nARG UV_VERSION", "ADD"),
    (image.supply_faults, "UV_NO_CACHE=1", "REGISTER_SECRET_KEY=abc", "REGISTER_SECRET_KEY"),
    (image.content_faults, "COPY customers customers", "COPY customer customers", "customer is copied and does not"),
    (image.content_faults, "COPY billing billing\n", "", "billing is not copied"),
    (image.content_faults, "COPY docs/seed docs/seed", "COPY docs docs", "docs is copied and kept out"),
    (image.content_faults, "collectstatic", "collect", "collectstatic"),
]


@pytest.mark.parametrize(("rule", "old", "new", "sentence"), BREAKAGES)
def test_a_broken_file_is_noticed(rule: Rule, old: str, new: str, sentence: str, text: str) -> None:
    assert old in text
    faults = list(rule(text.replace(old, new)))
    assert any(sentence in fault for fault in faults), faults


def test_the_linter_has_nothing_to_say(tmp_path: Path, text: str) -> None:
    assert _lint(image.FILE) == ""
    broken = tmp_path / "Dockerfile"
    broken.write_text(text.replace("USER 10001:10001", "USER root"))
    assert "DL3002" in _lint(broken)


def test_the_image_has_the_interpreter_that_the_tests_run_on(text: str) -> None:
    version = re.search(r"^ARG PYTHON=(\d+)\.(\d+)-slim", text, re.MULTILINE)
    assert version
    assert (int(version[1]), int(version[2])) >= (3, 11)
    declared = (image.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    oldest = re.search(r'requires-python = ">=(\d+\.\d+)', declared)
    assert oldest and f"{version[1]}.{version[2]}" == oldest[1]


def test_nothing_goes_into_the_build_unless_it_is_named() -> None:
    lines = image.ignored()
    assert lines[0] == "*"
    let_in = [line for line in lines if line.startswith("!")]
    assert let_in
    assert [line for line in let_in if "secret" in line or line in ("!deploy", "!docs", "!tests", "!.git")] == []


def _lint(path: Path) -> str:
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert linter, "hadolint is missing: run make setup"
    told = subprocess.run([linter, str(path)], capture_output=True, text=True)
    return told.stdout + told.stderr
