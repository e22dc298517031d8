"""What a request says never becomes keywords of a query: `filter(**request.GET)` let SQL in."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import house

SOURCES = {"GET", "POST", "FILES", "query_params", "cleaned_data", "headers", "META", "COOKIES"}

QUERIES = {
    "Q", "aggregate", "alias", "annotate", "complex_filter", "create", "exclude", "extra", "filter", "get",
    "get_or_create", "get_object_or_404", "order_by", "update", "update_or_create", "values", "values_list",
}  # fmt: skip


def expansions(path: Path, tree: ast.Module) -> Iterator[str]:
    """The queries that take `**` of what a request says, straight or through a name of the same function."""
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))]:
        tainted = {
            target.id
            for node in ast.walk(scope)
            if isinstance(node, ast.Assign) and _speaks_of_a_request(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in house.calls(scope):
            if ast.unparse(call.func).rpartition(".")[2] not in QUERIES:
                continue
            for keyword in call.keywords:
                if keyword.arg is None and (_speaks_of_a_request(keyword.value) or _names(keyword.value) & tainted):
                    yield f"{house.told(path, call.lineno)}: {ast.unparse(call.func)}"


def test_no_query_takes_what_a_request_says_as_keywords() -> None:
    found = {fault for path in house.modules(*house.PLACES) for fault in expansions(path, house.tree(path))}
    assert found == set()


@pytest.mark.parametrize(
    "text",
    ["Customer.objects.filter(**request.GET.dict())", "data = request.POST.dict()\nqueryset.order_by(**data)",
     "def page(request):\n    wanted = {k: v for k, v in request.GET.items()}\n    return q.annotate(**wanted)"],
)  # fmt: skip
def test_such_a_query_is_noticed(text: str) -> None:
    assert list(expansions(Path("page.py"), ast.parse(text)))


def test_other_keywords_are_not_meant() -> None:
    assert not list(expansions(Path("page.py"), ast.parse("a = request.GET['a']\nfilter(**settings)\nfilter(a=a)")))


def _speaks_of_a_request(node: ast.AST) -> bool:
    """Whether the expression is made of the whole of a request's data, not of one value of it."""
    whole = {id(each.value) for each in ast.walk(node) if isinstance(each, ast.Subscript)} | {
        id(each.func.value)
        for each in ast.walk(node)
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in ("get", "getlist")
    }
    return any(
        isinstance(each, ast.Attribute) and each.attr in SOURCES and id(each) not in whole for each in ast.walk(node)
    )


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
