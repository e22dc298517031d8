"""`manage.py rotate_keys`: seals all secrets anew under the current key; killed, it is run again."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from register.crypto.keyring import LOOK_AGAIN_S, KeyringFault, KeySet, keyring, read_key_file, write_key_file
from register.identity.rotation import (
    CHUNK_ROWS,
    Outcome,
    Target,
    count_factor_versions,
    count_stale,
    count_versions,
    rotate,
    rotate_second_factors,
    targets,
)

INTERRUPTED = 130


class Command(BaseCommand):
    """Exit code 0: all is under the current key; 1: some rows or keys could not; 130: interrupted."""

    help = (
        "Re-encrypt identity codes, bank accounts and file keys, and their search indexes, under the "
        "current key. Search works meanwhile. Killed at any point, run it again: it continues."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--new-key", action="store_true", help="first add a key version and make it current")
        parser.add_argument("--drop-key", type=int, metavar="VERSION", help="remove a retired key that no row uses")
        parser.add_argument("--status", action="store_true", help="only show how many values have which key version")
        parser.add_argument("--chunk", type=int, default=CHUNK_ROWS, help="rows in a transaction (default %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the options say."""
        self.console = Console(file=cast(TextIO, self.stdout._out))
        try:
            if options["status"]:
                self._show_status()
            elif options["drop_key"] is not None:
                self._drop(options["drop_key"])
            else:
                started = time.monotonic()
                if options["new_key"]:
                    self._add_key()
                self._rotate(options["chunk"], settled_at=started + LOOK_AGAIN_S * options["new_key"])
        except KeyringFault as fault:
            raise CommandError(str(fault)) from None
        except KeyboardInterrupt:
            raise CommandError(_("Interrupted: run rotate_keys again to continue."), returncode=INTERRUPTED) from None

    def _rotate(self, chunk_rows: int, *, settled_at: float) -> None:
        outcome = Outcome()
        while True:
            began = time.monotonic()
            if not self._pass(chunk_rows, outcome) and began >= settled_at:
                break
            # Processes that run look at the key file every few seconds: until then they write the old version.
            time.sleep(max(0.0, min(1.0, settled_at - time.monotonic())))
        self.console.print(
            _("%(rows)s rows sealed anew under key version %(version)s.")
            % {"rows": outcome.rotated, "version": keyring().current_version}
        )
        for table, row_id in outcome.unreadable:
            self.stderr.write(_("%(table)s %(row)s cannot be opened by any key.") % {"table": table, "row": row_id})
        for table, row_id in outcome.in_conflict:
            self.stderr.write(
                _("%(table)s %(row)s was left: another row has the same value.") % {"table": table, "row": row_id}
            )
        if outcome.unreadable or outcome.in_conflict:
            raise CommandError(_("Some rows are still under an older key."), returncode=1)

    def _pass(self, chunk_rows: int, outcome: Outcome) -> bool:
        """Go through all tables once and return whether rows were sealed anew."""
        before = outcome.rotated
        outcome.unreadable.clear()
        outcome.in_conflict.clear()
        stale = {target: count for target in targets() if (count := count_stale(target))}
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.console, disable=not stale) as progress:
            tasks = {target: progress.add_task(_name(target), total=count) for target, count in stale.items()}
            for target, task in tasks.items():
                for done in rotate(target, outcome, chunk_rows=chunk_rows):
                    progress.advance(task, done)
        rotate_second_factors(outcome)
        return outcome.rotated > before

    def _add_key(self) -> None:
        path = settings.REGISTER_KEYRING_FILE
        if path:
            keyset = read_key_file(Path(path))
            try:
                write_key_file(Path(path), keyset.with_new_key())
            except OSError:
                why = _("The key file cannot be written here.")
                raise CommandError(_steps(keyset.with_new_key(is_current=False), why)) from None
            keyring().refresh()
            self.console.print(_("Key version %(version)s is current.") % {"version": keyring().current_version})
        elif settings.REGISTER_KEYRING:
            keyset = KeySet.parsed(settings.REGISTER_KEYRING).with_new_key(is_current=False)
            raise CommandError(_steps(keyset, _("The keys come from the environment.")))
        else:
            raise CommandError(_("The key provider makes its keys itself: add a version there."))

    def _drop(self, version: int) -> None:
        path = settings.REGISTER_KEYRING_FILE
        if not path:
            raise CommandError(_("The keys are not in a file: remove the version where they are kept."))
        keyset = read_key_file(Path(path)).without(version)
        users = [place for place, versions in _versions() if version in versions]
        if users:
            raise CommandError(
                _("Key version %(version)s is in use by %(columns)s: run rotate_keys first.")
                % {"version": version, "columns": ", ".join(users)},
                returncode=1,
            )
        write_key_file(Path(path), keyset)
        keyring().refresh()
        self.console.print(
            _("Key version %(version)s is dropped. Backups made before can no longer be read without it.")
            % {"version": version}
        )

    def _show_status(self) -> None:
        table = Table(_("column"), _("key version"), _("values"))
        for place, versions in _versions():
            for version, count in versions.items():
                table.add_row(place, str(version), str(count))
        self.console.print(table)
        ring = keyring()
        self.console.print(
            _("Current key version %(current)s; readable: %(live)s.")
            % {"current": ring.current_version, "live": ", ".join(map(str, ring.live_versions))}
        )


def _versions() -> Iterator[tuple[str, dict[int, int]]]:
    for target in targets():
        for column, versions in count_versions(target).items():
            yield f"{target.table}.{column}", versions
    yield "mfa_authenticator.data", count_factor_versions()


def _name(target: Target) -> str:
    return str(target.model._meta.verbose_name_plural)


def _steps(keyset: KeySet, why: str) -> str:
    return (
        f"{why}\n"
        + _("1. Give this to every process as REGISTER_KEYRING and restart them; it is secret:")
        + f"\n{keyset.as_json()}\n"
        + _('2. When all have it, set "current" to %(version)s, restart them again and run rotate_keys.')
        % {"version": max(keyset.keys)}
    )
