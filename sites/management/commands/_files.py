"""What the commands that import files share: paths in, a table or JSON out, an exit code that says how it went."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, TextIO, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from register.access.scope import Actor, Scope
from register.audit.acting import acting
from register.work.faults import Fault
from register.work.filing import FileKind, UnableToReadFile, file_kinds
from register.work.operations import AlreadyImported, import_file
from register.work.tables import Readable

MOST_SHOWN = 20
Report = dict[str, Any]


class FileImportCommand(BaseCommand):
    """Imports files of one kind, each whole or not at all, one transaction a file."""

    kind_code: ClassVar[str]
    job: ClassVar[str]
    what: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = f"{self.what} Exit code: 0 all is in, 1 a file was refused, 2 the command was wrong."

    @property
    def kind(self) -> FileKind:
        """The kind of file."""
        return file_kinds()[self.kind_code]

    def add_arguments(self, parser: CommandParser) -> None:
        """Name paths and options."""
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder of them")
        parser.add_argument("--dry-run", action="store_true", help="do all of it, then roll it back")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the report as JSON")
        for name, (title, choices) in self.kind.options.items():
            values = [value for value, _words in choices if value]
            parser.add_argument(f"--{name}", choices=values, default="", help=str(title))

    def handle(self, *_args: object, **options: Any) -> None:
        """Import and report."""
        paths: list[Path] = options["paths"]
        if missing := [str(path) for path in paths if not path.exists()]:
            raise CommandError(_("There is no such file or folder: %s") % ", ".join(missing), returncode=2)
        try:
            files = [source for path in paths for source in self.sources(path)]
        except UnableToReadFile as error:
            raise CommandError(str(error), returncode=1) from None
        if not files:
            raise CommandError(_("There is no file of this kind there."), returncode=2)
        said = {name: options[name] for name in self.kind.options}
        reports = list(self._import(files, said, is_dry_run=options["dry_run"]))
        if options["as_json"]:
            report = {"dry_run": options["dry_run"], "files": reports}
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            self._print(reports, is_dry_run=options["dry_run"])
        if any(report["state"] == "refused" for report in reports):
            raise SystemExit(1)

    def sources(self, path: Path) -> Iterator[tuple[str, Readable]]:
        """Give the files that a path names: itself, or those of a folder."""
        for file in _files_in(path, self.kind.suffixes):
            yield file.name, file

    def _import(self, files: list[tuple[str, Readable]], said: dict[str, str], *, is_dry_run: bool) -> Iterator[Report]:
        with _progress(self.stderr) as progress:
            task = progress.add_task(_("Importing"), total=len(files), count=0)
            done = 0

            def tell(count: int) -> None:
                progress.update(task, count=done + count)

            for name, file in files:
                report = self._import_one(name, file, said, tell, is_dry_run=is_dry_run)
                done += sum(report["counts"].values())
                progress.update(task, advance=1, count=done)
                yield report

    def _import_one(self, name: str, file: Readable, said: dict[str, str], tell: Any, *, is_dry_run: bool) -> Report:
        actor = Actor.service(self.job)
        try:
            with acting(actor=actor, scope=Scope.service(self.job)):
                done = import_file(
                    source_file=file,
                    kind=self.kind,
                    actor=actor,
                    at=timezone.now(),
                    options=said,
                    is_dry_run=is_dry_run,
                    keep_as=name if self.kind.is_uploaded else "",
                    progress=tell,
                )
        except AlreadyImported as known:
            return {"file": name, "state": "known", "run": str(known.run.pk), "counts": {}, "faults": []}
        except OSError as error:
            why = _("The file cannot be opened: %(reason)s.") % {"reason": error.strerror}
            return {
                "file": name,
                "state": "refused",
                "run": "",
                "counts": {},
                "faults": [_told(Fault(0, "io", why))],
            }
        state = "refused" if done.is_refused else "previewed" if is_dry_run else "imported"
        faults = [_told(fault) for fault in done.faults]
        return {
            "file": name, "state": state, "run": str(done.run.pk), "counts": dict(done.counts), "faults": faults,
        }  # fmt: skip

    def _print(self, reports: list[Report], *, is_dry_run: bool) -> None:
        console = Console(file=cast(TextIO, self.stdout), width=None if self.stdout.isatty() else 160)
        table = Table(title=_("Nothing was kept: this was a dry run.") if is_dry_run else None)
        table.add_column(_("file"))
        table.add_column(_("state"))
        used = [name for name in self.kind.counts if any(report["counts"].get(name) for report in reports)]
        for name in used:
            table.add_column(str(self.kind.counts[name]), justify="right")
        for report in reports:
            counts = [number_format(report["counts"].get(name, 0), force_grouping=True) for name in used]
            table.add_row(report["file"], _STATES[report["state"]](), *counts)
        console.print(table)
        for report in reports:
            if report["state"] == "imported":
                line = _("%(name)s: import %(run)s") % {"name": report["file"], "run": report["run"]}
                console.print(line, markup=False, highlight=False)
            for fault in report["faults"][:MOST_SHOWN]:
                where = _("line %d") % fault["line"] if fault["line"] else _("the file")
                console.print(f"{report['file']}, {where}: {fault['why']}", markup=False, highlight=False)
            if len(report["faults"]) > MOST_SHOWN:
                more = {"name": report["file"], "count": len(report["faults"]) - MOST_SHOWN}
                console.print(_("%(name)s: %(count)d more faults; --json shows them.") % more)


_STATES = {
    "imported": lambda: _("imported"),
    "previewed": lambda: _("can be imported"),
    "known": lambda: _("was in already, nothing changed"),
    "refused": lambda: _("refused"),
}


def _told(fault: Fault) -> dict[str, Any]:
    return {"line": fault.row_number, "code": fault.code, "why": fault.message}


def _files_in(path: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.is_file() and not file.is_symlink() and file.suffix.lower() in suffixes:
            yield file


def _progress(stream: Any) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[count]:,}"),
        TimeElapsedColumn(),
        console=Console(file=stream, stderr=True),
        transient=True,
        disable=not stream.isatty(),
    )
