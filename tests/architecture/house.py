"""The house as architecture.md lays it, for the tests of this folder: layers, rooms, files."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parent.parent.parent

# High to low. A layer may know those below it and none beside or above it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("demo",),
    ("dsar",),
    ("retention",),
    ("billing", "recordings"),
    ("sites",),
    ("customers",),
    ("register.identity",),
    ("register.audit",),
    ("register.work",),
    ("register.datamap", "register.access", "register.crypto"),
)
APPS = tuple(app for layer in LAYERS for app in layer)
# The code of the product; tests, benchmarks and the shells around it are beside the house.
PLACES = ("register", "customers", "sites", "billing", "recordings", "retention", "dsar", "demo")
BESIDE = ("embedded", "bench", "deploy", "tests")


def layer_of(name: str) -> int | None:
    """Return how high a module or app lies (0 is the top), or None outside the layers."""
    for height, layer in enumerate(LAYERS):
        if any(name == app or name.startswith(f"{app}.") for app in layer):
            return height
    return None


def app_of(name: str) -> str | None:
    """Return which app of ours a module belongs to."""
    return next((app for app in APPS if name == app or name.startswith(f"{app}.")), None)


def our_models() -> list[type[models.Model]]:
    """Return the models of our apps."""
    return [model for model in apps.get_models() if layer_of(model.__module__) is not None]


def modules(*places: str) -> list[Path]:
    """Return the Python files below the places, without migrations."""
    found = [path for place in places for path in sorted((ROOT / place).rglob("*.py"))]
    assert found
    return [path for path in found if "migrations" not in path.parts]


def app_folders() -> dict[str, Path]:
    """Return the folder of each app of ours."""
    return {app: ROOT.joinpath(*app.split(".")) for app in APPS}


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def told(path: Path, line: int | None = None) -> str:
    """Return how a place is named in a failure."""
    name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
    return name if line is None else f"{name}:{line}"


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """Return every call below a node."""
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))
