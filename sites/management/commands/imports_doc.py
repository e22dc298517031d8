"""Writes the columns of each kind of table into docs/imports.md; --check only compares."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.text import capfirst

from register.work.importing import ImportKind, kinds

START, END = "<!-- columns: written by manage.py imports_doc -->", "<!-- end of columns -->"


class Command(BaseCommand):
    help = "Writes the columns of each kind of table into docs/imports.md."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the choice."""
        parser.add_argument("--check", action="store_true", help="change nothing; fail if the page is out of date")

    def handle(self, *_args: object, **options: Any) -> None:
        """Write or check the page."""
        path = settings.BASE_DIR / "docs" / "imports.md"
        page = path.read_text(encoding="utf-8")
        head, _start, rest = page.partition(START)
        _former, _end, tail = rest.partition(END)
        written = f"{head}{START}\n{columns()}\n{END}{tail}"
        if options["check"]:
            if written != page:
                raise CommandError("docs/imports.md is out of date: run manage.py imports_doc.")
        else:
            path.write_text(written, encoding="utf-8")


def columns() -> str:
    """Give the tables of all kinds, in English with the usual Finnish headings."""
    with translation.override("en"):
        return "\n".join("\n".join(_table(kind)) for _code, kind in sorted(kinds().items()))


def _table(kind: ImportKind) -> Iterator[str]:
    yield f"\n### {capfirst(str(kind.title))} (`--kind {kind.code}`)\n"
    yield "| field | what it is | needed | headings that are known by themselves |"
    yield "| --- | --- | --- | --- |"
    for each in kind.fields:
        needed = "yes" if each.is_required else ""
        yield f"| `{each.name}` | {each.title} | {needed} | {', '.join(each.headings)} |"
