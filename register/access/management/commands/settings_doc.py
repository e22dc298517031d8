"""Writes docs/settings.md from the declared settings; --check only compares."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from register.settings.page import PAGE, page


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Fail when the page is not current.")

    def handle(self, *, check: bool, **_options: Any) -> None:
        text = page()
        if check:
            if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
                raise CommandError("docs/settings.md is not current: run manage.py settings_doc.")
            return
        PAGE.write_text(text, encoding="utf-8")
        self.stdout.write(f"{PAGE} written")
