"""Says why a row is still held and until when, or that it is no longer held."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from register.datamap.map import WhenNull
from retention.eligibility import HELSINKI
from retention.queries import KeepState, NoSuchTable, Reasons, reasons_of


class Command(BaseCommand):
    """`why customers.Customer 700012`: purposes, grounds, the clock, the day it goes, what refers to it, holds."""

    help = _("Says why a row is still held and until when.")

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("model", help=_("For example customers.Customer."))
        parser.add_argument("key", help=_("The key of the row, or its number."))

    def handle(self, **options: Any) -> None:
        """Write the answer."""
        try:
            found = reasons_of(options["model"], options["key"], on=timezone.localdate())
        except NoSuchTable as error:
            raise CommandError(
                _("%(name)s is no table that the register keeps for a time.") % {"name": error}
            ) from error
        for line in lines_of(found):
            self.stdout.write(line)


def lines_of(found: Reasons) -> list[str]:
    """Give the answer in plain lines."""
    if not found.is_there:
        return [_no_longer_held(found)]
    if found.goes_with:
        lines = [_("%(label)s %(key)s goes with:") % {"label": found.label, "key": found.key}]
        for root in found.goes_with:
            lines += [f"  {line}" for line in lines_of(root)]
        return list(dict.fromkeys(lines))
    lines = [f"{found.label} {found.key}"]
    lines += [_keep(state) for state in found.keeps]
    for label, count in found.references:
        lines.append(_("  needed by %(count)s of %(label)s, which must go first") % {"count": count, "label": label})
    for hold in found.holds:
        until = date_format(hold.until_on) if hold.until_on else _("until it is released")
        lines.append(
            _("  held: %(reason)s %(case)s, %(until)s")
            % {"reason": hold.get_reason_display(), "case": hold.case_number, "until": until}
        )
    day = found.goes_on
    lines.append(
        _("It goes on %(day)s at the earliest.") % {"day": date_format(day)}
        if day
        else _("It stays: a reason to hold it has no end yet.")
    )
    return list(dict.fromkeys(lines))  # two ways to the same table, or two clocks of one reason, say the same


def _keep(state: KeepState) -> str:
    keep = state.keep
    why = f"  {keep.purpose.id} {keep.purpose.title}, {keep.basis.words}: {keep.period.title} ({keep.period.clause})"
    path = keep.clock.path
    if state.last_day is not None and state.goes_on is not None:
        return f"{why}; " + _("%(path)s %(day)s, ends on %(goes)s") % {
            "path": path,
            "day": date_format(state.last_day),
            "goes": date_format(state.goes_on),
        }
    words = {
        WhenNull.RUNNING: _("%(path)s is empty: it still runs"),
        WhenNull.FAULT: _("%(path)s is missing: a fault in the data, to be mended"),
        WhenNull.ABSENT: _("%(path)s is empty: this reason never arose"),
    }
    return f"{why}; " + words[keep.clock.when_null] % {"path": path}


def _no_longer_held(found: Reasons) -> str:
    if found.went is None:
        return _("%(label)s %(key)s is not held: it never was, or it is no longer held.") % {
            "label": found.label,
            "key": found.key,
        }
    return _("%(label)s %(key)s is no longer held: it went on %(day)s.") % {
        "label": found.label,
        "key": found.key,
        "day": date_format(found.went.at.astimezone(HELSINKI).date()),
    }
