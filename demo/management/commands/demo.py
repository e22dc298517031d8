"""Loads a demonstration register of made-up customers: the same for the same seed."""

import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from demo.operations import UnableToLoadDemonstration, load_demonstration
from demo.town import SMALLEST

PHASES: dict[str, str | Promise] = {
    "town": gettext_lazy("people and places"),
    "customers": gettext_lazy("customers"),
    "contracts": gettext_lazy("sites and contracts"),
    "consumption": gettext_lazy("consumption, days"),
    "invoices": gettext_lazy("invoices and payments"),
    "accounts": gettext_lazy("bank accounts and credit information"),
    "calls": gettext_lazy("calls and marketing"),
    "search": gettext_lazy("words for search"),
}
REFUSALS: dict[str, str | Promise] = {
    "production": gettext_lazy("Made-up customers are never loaded in production."),
    "not empty": gettext_lazy("The register is not empty: the demonstration is loaded only into an empty one."),
    "future": gettext_lazy("The register cannot be looked at on a day to come."),
    "small": gettext_lazy("A demonstration register has at least %(count)d customers."),
}
BAR = 24


class Command(BaseCommand):
    """`manage.py demo --customers N --seed S [--until DATE]`"""

    help = _("Loads a demonstration register of made-up customers.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customers", type=int, default=2_000, help=_("How many customers; 2,000 if not said."))
        parser.add_argument("--seed", type=int, default=1, help=_("The same number makes the same register."))
        parser.add_argument(
            "--until",
            type=date.fromisoformat,
            default=None,
            help=_("The day on which the register is looked at, such as 2026-11-24; today if not said."),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            loaded = load_demonstration(
                customers=options["customers"],
                seed=options["seed"],
                until=options["until"] or timezone.localdate(now),
                at=now,
                tell=self._tell,
            )
        except UnableToLoadDemonstration as refusal:
            raise CommandError(str(REFUSALS[str(refusal)]) % {"count": SMALLEST}) from refusal
        except KeyboardInterrupt:
            raise CommandError(_("Stopped: nothing was loaded."), returncode=130) from None
        seconds = sum(loaded.seconds.values())
        self.stdout.write(
            _("%(rows)s rows and %(readings)s readings in %(seconds).1f s.")
            % {
                "rows": f"{sum(loaded.counts.values()):,}".replace(",", " "),
                "readings": f"{loaded.reading_count:,}".replace(",", " "),
                "seconds": seconds,
            }
        )
        if options["verbosity"] > 1:
            for phase, took in loaded.seconds.items():
                self.stdout.write(f"  {PHASES[phase]}: {took:.1f} s")
            for table, count in sorted(loaded.counts.items()):
                self.stdout.write(f"  {table}: {count}")

    def _tell(self, phase: str, done: int, total: int) -> None:
        """Draw a bar on a terminal; elsewhere say each phase once, when it begins."""
        name = str(PHASES[phase])
        if sys.stderr.isatty():
            filled = BAR * done // max(total, 1)
            ending = "\n" if done >= total else ""
            self.stderr.write(f"\r  [{'#' * filled:{BAR}}] {name} {done}/{total}   ", ending=ending)
            self.stderr.flush()
        elif done == 0:
            self.stderr.write(f"  {name}")
