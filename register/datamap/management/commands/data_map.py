"""Writes docs/data-map.md from the catalogue and the models, or checks that it is current."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from register.datamap.report import as_markdown


class Command(BaseCommand):
    help = "Writes docs/data-map.md from the catalogue of items and the models; --check only compares."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Fail when the page is not current.")

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / "docs" / "data-map.md"
        text = as_markdown()
        if not options["check"]:
            page.write_text(text, encoding="utf-8")
            self.stdout.write(f"{page.name} written.")
        elif not page.exists() or page.read_text(encoding="utf-8") != text:
            raise CommandError("docs/data-map.md is not current: run manage.py data_map.")
