"""Each item and clause of the seed that is at work is named by a test, and no test names another."""

import ast
import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.at_work import CLAUSES_AT_WORK, ITEMS_AT_WORK

TESTS = Path(__file__).resolve().parent.parent
SEED = TESTS.parent / "docs" / "seed"
AT_WORK = {"item": ITEMS_AT_WORK, "clause": CLAUSES_AT_WORK}
FILES = {"item": SEED / "items.csv", "clause": SEED / "clauses.csv"}


@cache
def seed_ids(kind: str) -> frozenset[str]:
    with FILES[kind].open(encoding="utf-8", newline="") as stream:
        return frozenset(row["id"] for row in csv.DictReader(stream))


@cache
def cited(kind: str) -> dict[str, str]:
    """Return the ids that tests cite, each with a place where it is cited."""
    found: dict[str, str] = {}
    for file in sorted(TESTS.rglob("test_*.py")):
        for name, line in _citations(ast.parse(file.read_text(encoding="utf-8")), kind):
            found.setdefault(name, f"{file.relative_to(TESTS)}:{line}")
    return found


def _citations(tree: ast.Module, kind: str) -> Iterator[tuple[str, int]]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if ast.unparse(call.func) == f"pytest.mark.{kind}":
            for argument in call.args:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value), call.lineno


@pytest.mark.parametrize("kind", ["item", "clause"])
def test_every_cited_id_is_in_the_seed(kind: str):
    assert seed_ids(kind)
    unknown = {name: place for name, place in cited(kind).items() if name not in seed_ids(kind)}
    assert not unknown


@pytest.mark.parametrize("kind", ["item", "clause"])
def test_everything_at_work_is_cited_by_a_test(kind: str):
    assert AT_WORK[kind] <= seed_ids(kind)
    assert not AT_WORK[kind] - set(cited(kind))


@pytest.mark.parametrize("kind", ["item", "clause"])
def test_everything_cited_is_declared_to_be_at_work(kind: str):
    assert not set(cited(kind)) - AT_WORK[kind], "add it to tests/architecture/at_work.py"
