"""Every module is a known room, and keeps to what its room may do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import house

ROOMS = {
    "__init__", "apps", "models", "queries", "operations", "forms", "staff", "portal", "api", "admin", "tasks",
    "urls", "management", "migrations", "templatetags", "middleware", "checks",
    # How tables come in: operations on many rows at once.
    "imports", "importing",
    # What the pages of staff share: the permission, and the log of the look.
    "looking",
    # What allauth calls: like a page, it only translates.
    "signin",
}  # fmt: skip
INTERFACES = ("staff", "portal", "api", "admin")
# Names that say nothing of what lives there. Any other name is a noun of its own.
TALENTLESS = {
    "base", "common", "constants", "core", "functions", "helper", "helpers", "lib", "logic", "manager", "managers",
    "misc", "mixins", "service", "services", "shared", "signals", "stuff", "tools", "types", "util", "utils", "views",
}  # fmt: skip
WRITES = {
    "save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "asave", "acreate", "aupdate", "adelete", "abulk_create", "abulk_update", "aget_or_create", "aupdate_or_create",
    "execute", "executemany", "copy", "raw",
}  # fmt: skip
# Dictionaries are updated and copied too; these are what pages call them.
DICTIONARIES = {
    "context",
    "data",
    "extra",
    "extra_context",
    "initial",
    "kwargs",
    "parameters",
    "query",
    "GET",
    "values",
}


def rooms(app: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """The name of each room of an app, with its modules."""
    for path in house.modules(str(folder.relative_to(house.ROOT))):
        parts = path.relative_to(folder).with_suffix("").parts
        # A package of its own may have rooms inside: sites/consumption/operations.py.
        yield next((part for part in reversed(parts) if part in ROOMS - {"__init__"}), parts[0]), path


def writes(tree: ast.Module) -> Iterator[str]:
    """The calls of a module that write to the database."""
    for call in house.calls(tree):
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITES:
            continue
        receiver = call.func.value
        if isinstance(receiver, ast.Name | ast.Attribute) and _last_name(receiver) in DICTIONARIES:
            continue
        yield f"line {call.lineno}: {ast.unparse(call.func)}"


def knows_operations(tree: ast.Module) -> bool:
    """Whether a module imports operations."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        if any("operations" in name.split(".") for name in names):
            return True
    return False


@pytest.mark.parametrize("app", house.APPS)
def test_every_module_is_a_room_or_a_noun_of_its_own(app: str) -> None:
    found = dict(rooms(app, house.app_folders()[app]))
    assert "apps" in found
    parts = {part for path in found.values() for part in path.with_suffix("").parts}
    assert sorted((found.keys() | parts) & TALENTLESS) == []


def test_a_noun_of_its_own_knows_no_operations() -> None:
    knowing = [
        house.told(path)
        for app, folder in house.app_folders().items()
        for name, path in rooms(app, folder)
        if name not in ROOMS and app not in NOUNS_ABOVE and knows_operations(house.tree(path))
    ]
    assert knowing == []


# The demonstration builds everything through the operations of others: it has no rooms of its own.
NOUNS_ABOVE = {"demo"}


def test_pages_write_nothing() -> None:
    found = {
        house.told(path): calls
        for app, folder in house.app_folders().items()
        for name, path in rooms(app, folder)
        if name in INTERFACES and (calls := list(writes(house.tree(path))))
    }
    assert found == {}


def test_queries_and_models_write_nothing() -> None:
    found = {
        house.told(path): calls
        for app, folder in house.app_folders().items()
        for name, path in rooms(app, folder)
        if name == "queries" and (calls := [each for each in writes(house.tree(path)) if "execute" not in each])
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    ["customer.save()", "Customer.objects.create(name='x')", "Customer.objects.filter(pk=1).update(name='x')",
     "site.contracts.all().delete()", "Customer.objects.bulk_create([])", "cursor.execute('DELETE')"],
)  # fmt: skip
def test_a_page_that_writes_is_noticed(line: str) -> None:
    assert list(writes(ast.parse(line)))
    assert not list(writes(ast.parse("context.update(title='x')\nend_contract(contract=contract)")))


def test_a_noun_that_knows_operations_is_noticed() -> None:
    for line in ("from sites import operations", "from .operations import end", "from sites.operations.x import y"):
        assert knows_operations(ast.parse(line))
    assert not knows_operations(ast.parse("from sites.models import Site"))


def _last_name(receiver: ast.Name | ast.Attribute) -> str:
    return receiver.id if isinstance(receiver, ast.Name) else receiver.attr
