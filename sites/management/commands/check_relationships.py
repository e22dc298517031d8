"""Compares the days of relationships with the contracts and mends what differs: see docs/retention.md."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from sites.agreement.operations import check_relationships

AGREES, LEFT = 0, 1


class Command(BaseCommand):
    """Exit codes: 0 all agrees or was mended, 1 something differs still or runs on without any contract."""

    help = (
        "Compares the relationship of every customer, from which the retention period runs, with their contracts, and "
        "mends what differs, with the change log. Every night does the same. "
        "Exit code: 0 all agrees or was mended, 1 something is left."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--dry-run", action="store_true", help="only count, mend nothing")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the report as JSON")

    def handle(self, *_args: object, **options: Any) -> None:
        """Check and report."""
        checked = check_relationships(clock=timezone.now, mends=not options["dry_run"])
        if options["as_json"]:
            self.stdout.write(json.dumps(checked.as_result, indent=2))
        else:
            self.stdout.write(_("Customers compared: %d") % checked.compared)
            self.stdout.write(_("Differed from their contracts: %d") % checked.differed)
            self.stdout.write(_("Mended: %d") % checked.mended)
            self.stdout.write(_("Run on without any contract: %d") % checked.endless)
        if checked.endless or checked.differed > checked.mended:
            raise SystemExit(LEFT)
