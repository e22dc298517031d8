"""Imports consumption files of the Datahub: `manage.py import_consumption PATH…`."""

import json
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO, cast

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from register.access.scope import Actor, Scope
from register.datamap.formats import clean_gsrn
from sites.consumption.operations import import_consumption
from sites.consumption.outcomes import FileOutcome, State
from sites.datahub.sources import SourceFile, Stream, files_in
from sites.slots import HELSINKI, moment_of

JOB = "import-consumption"
MOST_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Imports consumption from the customer files of the Datahub (CSV), folders or zip archives of them. "
        "Exit code: 0 all is in, 1 a file was refused, 2 the command was wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name paths and options."""
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, a folder or a zip archive")
        parser.add_argument("--dry-run", action="store_true", help="do all of it, then roll it back")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the report as JSON")
        parser.add_argument(
            "--map",
            action="append",
            type=_mapping,
            default=[],
            metavar="IDENTIFIER=GSRN",
            help="the metering point that an identifier in the files stands for (again for more)",
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Import and report."""
        paths: list[Path] = options["paths"]
        if missing := [str(path) for path in paths if not path.exists()]:
            raise CommandError(_("There is no such file or folder: %s") % ", ".join(missing), returncode=2)
        is_preview = options["dry_run"]
        outcomes = list(self._import(paths, dict(options["map"]), is_preview=is_preview))
        if not outcomes:
            raise CommandError(_("There is no CSV file there."), returncode=2)
        if options["as_json"]:
            report = {"dry_run": is_preview, "files": [outcome.as_json() for outcome in outcomes]}
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            self._print_report(outcomes, is_preview=is_preview)
        if any(outcome.state == State.REFUSED for outcome in outcomes):
            raise SystemExit(1)

    def _import(self, paths: list[Path], mapping: dict[str, str], *, is_preview: bool) -> Iterator[FileOutcome]:
        sizes = [source.size_bytes for source in _sources(paths)]
        with _progress(self.stderr) as progress:
            task = progress.add_task(_("Importing"), total=sum(sizes), files=0, of=len(sizes), readings=0)
            # A file is read for its hash, for its readings, and to be kept.
            passes = 2 if is_preview else 3
            outcomes = import_consumption(
                sources=(_watched(source, progress, task, passes) for source in _sources(paths)),
                actor=Actor.service(JOB),
                scope=Scope.service(JOB),
                now=timezone.now,
                mapping=mapping,
                is_preview=is_preview,
                keeps_sources=True,
            )
            yield from _counted(outcomes, sizes, progress, task)

    def _print_report(self, outcomes: list[FileOutcome], *, is_preview: bool) -> None:
        console = Console(file=cast(TextIO, self.stdout), width=None if self.stdout.isatty() else 160)
        table = Table(title=_("Nothing was kept: this was a dry run.") if is_preview else None)
        heads = [
            _("file"),
            _("state"),
            _("lines"),
            _("new"),
            _("corrected"),
            _("unchanged"),
            _("gaps"),
            _("twice"),
            _("rounded"),
        ]
        for head in heads:
            table.add_column(head, justify="left" if head in heads[:2] else "right")
        for outcome in outcomes:
            counts = outcome.counts
            # The first line of a file is its header.
            numbers = [max(outcome.line_count - 1, 0), counts.new_count, counts.corrected_count, counts.unchanged_count]
            numbers += [outcome.gap_count, outcome.duplicate_count, outcome.rounded_count]
            words = (
                _("would be imported") if is_preview and outcome.state == State.IMPORTED else _STATES[outcome.state]()
            )
            table.add_row(outcome.name, words, *(number_format(number, force_grouping=True) for number in numbers))
        console.print(table)
        for line in (*(() if is_preview else _runs(outcomes)), *_remarks(outcomes)):
            console.print(line, markup=False, highlight=False)


_STATES = {
    State.IMPORTED: lambda: _("imported"),
    State.KNOWN: lambda: _("was in already, nothing changed"),
    State.REFUSED: lambda: _("refused"),
}


def _sources(paths: Iterable[Path]) -> Iterator[SourceFile]:
    for path in paths:
        yield from files_in(path)


def _mapping(text: str) -> tuple[str, str]:
    identifier, equals, point = text.partition("=")
    if not identifier or not equals:
        raise ArgumentTypeError("write it as IDENTIFIER=GSRN")
    try:
        return identifier, clean_gsrn(point)
    except ValidationError as refusal:
        raise ArgumentTypeError(f"{point}: {' '.join(refusal.messages)}") from None


def _progress(stream: Any) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[files]}/{task.fields[of]}"),
        TextColumn("{task.fields[readings]:,} " + _("readings")),
        TimeRemainingColumn(),
        console=Console(file=stream, stderr=True),
        transient=True,
        disable=not stream.isatty(),
    )


def _counted(
    outcomes: Iterable[FileOutcome], sizes: list[int], progress: Progress, task: TaskID
) -> Iterator[FileOutcome]:
    readings = done = 0
    for number, outcome in enumerate(outcomes):
        readings += outcome.reading_count
        done += sizes[number]
        progress.update(task, completed=done, files=number + 1, readings=readings)
        yield outcome


def _watched(source: SourceFile, progress: Progress, task: TaskID, passes: int) -> SourceFile:
    """Let the bar move while a file is read; each time through counts for its share."""
    return SourceFile(source.name, source.size_bytes, lambda: _Watched(source.open(), progress, task, passes))


class _Watched:
    """A stream that tells how much was read of it."""

    def __init__(self, stream: Stream, progress: Progress, task: TaskID, passes: int) -> None:
        self._stream, self._progress, self._task, self._passes = stream, progress, task, passes

    def read(self, size: int = -1, /) -> bytes:
        """Read on."""
        piece = self._stream.read(size)
        self._progress.update(self._task, advance=len(piece) / self._passes)
        return piece

    def __enter__(self) -> "_Watched":
        self._stream.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._stream.__exit__(*raised)


def _runs(outcomes: list[FileOutcome]) -> Iterator[str]:
    """Name the imports by the key with which `undo_import` takes them back."""
    imported = [outcome for outcome in outcomes if outcome.state == State.IMPORTED]
    for outcome in imported[:MOST_SHOWN]:
        yield _("%(name)s: import %(run)s") % {"name": outcome.name, "run": outcome.run_id}


def _remarks(outcomes: list[FileOutcome]) -> Iterator[str]:
    for outcome in outcomes:
        for fault in outcome.faults[:MOST_SHOWN]:
            where = _("line %d") % fault.line if fault.line else _("the file")
            if fault.last_line > fault.line:
                where = _("lines %(first)d–%(last)d") % {"first": fault.line, "last": fault.last_line}
            yield f"{outcome.name}, {where}: {fault.message}"
        for gap in outcome.gaps[:MOST_SHOWN]:
            start, end = (moment_of(at).astimezone(HELSINKI) for at in (gap.start, gap.end))
            yield _("%(name)s: gap of %(count)d slots at %(point)s from %(start)s to %(end)s") % {
                "name": outcome.name,
                "count": gap.slot_count,
                "point": gap.series.gsrn,
                "start": f"{start:%Y-%m-%d %H:%M}",
                "end": f"{end:%Y-%m-%d %H:%M}",
            }
        hidden = max(len(outcome.faults) - MOST_SHOWN, 0) + max(len(outcome.gaps) - MOST_SHOWN, 0)
        if hidden:
            yield _("%(name)s: %(count)d more faults or gaps; --json shows them.") % {
                "name": outcome.name,
                "count": hidden,
            }
