"""Writes the record of processing activities (GDPR 30) as JSON or CSV."""

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from dsar.record import as_json, as_rows
from register.work.tables_out import safe_cell


class Command(BaseCommand):
    """`processing_record --format csv --output record.csv`: the record, from the data map."""

    help = _("Writes the record of processing activities (GDPR 30) from the data map, as JSON or CSV.")

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--format", choices=["json", "csv"], default="json", help=_("The form of the record."))
        parser.add_argument("--output", type=Path, help=_("The file to write; without it the screen."))

    def handle(self, **options: Any) -> None:
        """Write the record."""
        if options["output"] is None:
            _write(options["format"], sys.stdout)
            return
        with options["output"].open("w", encoding="utf-8", newline="") as stream:
            _write(options["format"], stream)
        self.stdout.write(str(options["output"]))


def _write(form: str, stream: Any) -> None:
    if form == "json":
        json.dump(as_json(), stream, ensure_ascii=False, indent=2)
        stream.write("\n")
        return
    writer = csv.writer(stream)
    for row in as_rows():
        writer.writerow([safe_cell(cell) for cell in row])
