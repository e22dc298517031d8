"""Nothing grows beyond what one can hold in the head: modules, functions, templates."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture import house

MODULE_LINES = 500
FUNCTION_LINES = 50
TEMPLATE_LINES = 200
# The catalog of items is one page for the data protection officer, in the order of the seed.
LONG_MODULES = {"register/datamap/items.py"}


def long_functions(path: Path, tree: ast.Module) -> Iterator[str]:
    """The functions of a module that are over the budget."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{house.told(path, node.lineno)} {node.name} has {length} lines"


def test_no_module_is_too_long() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in _all_modules()}
    assert max(lengths.values()) > 50
    too_long = {house.told(path): lines for path, lines in lengths.items() if lines > MODULE_LINES}
    assert {name: lines for name, lines in too_long.items() if name not in LONG_MODULES} == {}


def test_no_function_is_too_long() -> None:
    found = [fault for path in _all_modules() for fault in long_functions(path, house.tree(path))]
    assert found == []


def test_a_long_function_is_noticed() -> None:
    for lines, faults in ((FUNCTION_LINES - 1, 0), (FUNCTION_LINES, 1)):
        tree = ast.parse("def wordy():\n" + "    x = 1\n" * lines)
        assert len(list(long_functions(Path("wordy.py"), tree))) == faults


def test_no_template_is_too_long() -> None:
    found = [path for place in (*house.PLACES, "templates") for path in (house.ROOT / place).rglob("*.html")]
    assert found
    lengths = {house.told(path): len(path.read_text(encoding="utf-8").splitlines()) for path in found}
    assert {name: lines for name, lines in lengths.items() if lines > TEMPLATE_LINES} == {}


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        house.told(path)
        for path in house.modules(*house.PLACES, "embedded", "deploy")
        if house.tree(path).body and not ast.get_docstring(house.tree(path))
    ]
    assert silent == []


def _all_modules() -> list[Path]:
    return [*house.modules(*house.PLACES, *house.BESIDE), house.ROOT / "manage.py"]
