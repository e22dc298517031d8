"""Imports tables of customers, contracts, sites, meters and prohibitions: `manage.py import_register PATH --kind …`."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as ReportTable

from register.access.scope import Actor, Scope
from register.audit.acting import acting
from register.work.importing import ImportKind, kinds, proposed_mapping
from register.work.models import ColumnMapping
from register.work.operations import AlreadyImported, import_table, keep_source, save_mapping
from register.work.operations.table_import import TableReport
from register.work.tables import Table, UnableToReadTable
from register.work.tables_out import write_faults

JOB = "import-register"
MOST_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Imports a table (CSV or XLSX) into the register, whole or not at all. "
        "Exit code: 0 all is in, 1 the file was refused, 2 the command was wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the file, its kind and how its columns are read."""
        parser.add_argument("path", type=Path, metavar="PATH", help="a CSV or XLSX file")
        parser.add_argument("--kind", required=True, choices=sorted(kinds()), help="what the rows are")
        parser.add_argument("--mapping", default="", help="the name under which the column mapping is remembered")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=HEADING",
            help="which heading fills a field (again for more); kept under --mapping",
        )
        parser.add_argument("--dry-run", action="store_true", help="do all of it, then roll it back")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the report as JSON")
        parser.add_argument(
            "--errors", type=Path, metavar="FILE", help="write the refused rows with their reasons (CSV)"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Import and report."""
        path: Path = options["path"]
        if not path.is_file():
            raise CommandError(_("There is no such file: %s") % path, returncode=2)
        kind = kinds()[options["kind"]]
        try:
            report = self._import(path, kind, options)
        except UnableToReadTable as error:
            raise CommandError(str(error), returncode=1) from None
        except AlreadyImported as error:
            self._print_known(error, as_json=options["as_json"])
            return
        if options["errors"] and report.faults:
            with options["errors"].open("w", encoding="utf-8", newline="") as stream:
                write_faults(Table(path), report.faults, csv.writer(stream, delimiter=";"), kind)
        self._print(report, kind, as_json=options["as_json"])
        if report.is_refused:
            raise SystemExit(1)

    def _import(self, path: Path, kind: ImportKind, options: dict[str, Any]) -> TableReport:
        actor = Actor.service(JOB)
        with acting(actor=actor, scope=Scope.service(JOB)):
            mapping = _mapping(kind, Table(path), options, actor)
            with _progress(self.stderr) as progress:
                task = progress.add_task(_("Importing"), rows=0)
                report = import_table(
                    source_file=path,
                    kind=kind,
                    mapping=mapping,
                    actor=actor,
                    at=timezone.now(),
                    is_dry_run=options["dry_run"],
                    mapping_name=options["mapping"],
                    progress=lambda count: progress.update(task, rows=count),
                )
            if not report.is_dry_run and not report.is_refused:
                keep_source(run=report.run, name=path.name, content=_pieces(path), on=timezone.localdate())
            return report

    def _print_known(self, error: AlreadyImported, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"state": "known", "run": str(error.run.pk)}))
        else:
            self.stdout.write(str(error))

    def _print(self, report: TableReport, kind: ImportKind, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(_as_json(report), ensure_ascii=False, indent=2))
            return
        console = Console(file=cast(TextIO, self.stdout), width=None if self.stdout.isatty() else 160)
        table = ReportTable(title=_("Nothing was kept: this was a dry run.") if report.is_dry_run else None)
        table.add_column(str(kind.title))
        table.add_column(_("rows"), justify="right")
        for name, count in {"rows": report.row_count, **report.counts}.items():
            table.add_row(_COUNTS.get(name, lambda name=name: name)(), number_format(count, force_grouping=True))
        console.print(table)
        if not report.is_dry_run and not report.is_refused:
            console.print(_("Import %(run)s; undo_import takes it back.") % {"run": report.run.pk}, highlight=False)
        if report.is_refused:
            console.print(_("Nothing was imported: correct these rows first."))
        titles = kind.titles
        for fault in report.faults[:MOST_SHOWN]:
            where = f"{fault.row_number}" + (f", {titles.get(fault.column, fault.column)}" if fault.column else "")
            console.print(_("row %(where)s: %(why)s") % {"where": where, "why": fault.message}, markup=False)
        if len(report.faults) > MOST_SHOWN:
            console.print(
                _("%(count)d more; --errors FILE writes them all.") % {"count": len(report.faults) - MOST_SHOWN}
            )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from iter(lambda: stream.read(1 << 20), b"")


_COUNTS: dict[str, Any] = {
    "rows": lambda: _("read"),
    "created": lambda: _("new"),
    "updated": lambda: _("changed"),
    "unchanged": lambda: _("unchanged"),
    "refused": lambda: _("refused"),
    "objections": lambda: _("new objections"),
    "prohibited": lambda: _("customers prohibited"),
}


def _mapping(kind: ImportKind, table: Table, options: dict[str, Any], actor: Actor) -> dict[str, str]:
    """Give the mapping: what --column says, else what is remembered under the name, else what is proposed."""
    said = dict(part.partition("=")[::2] for part in options["column"])
    unknown = set(said) - {each.name for each in kind.fields}
    if unknown:
        raise CommandError(_("There is no such field: %s") % ", ".join(sorted(unknown)), returncode=2)
    name = options["mapping"]
    remembered = ColumnMapping.objects.filter(kind=kind.code, name=name).first() if name else None
    mapping = {**(remembered.columns if remembered else proposed_mapping(kind, table.headings)), **said}
    if name and (said or remembered is None):
        save_mapping(kind=kind.code, name=name, columns=mapping, actor=actor, at=timezone.now())
    return mapping


def _progress(stream: Any) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[rows]:,} " + _("rows")),
        TimeElapsedColumn(),
        console=Console(file=stream, stderr=True),
        transient=True,
        disable=not stream.isatty(),
    )


def _as_json(report: TableReport) -> dict[str, Any]:
    return {
        "run": str(report.run.pk),
        "dry_run": report.is_dry_run,
        "state": "refused" if report.is_refused else "imported",
        "rows": report.row_count,
        "counts": report.counts,
        "faults": [
            {"row": fault.row_number, "column": fault.column, "code": fault.code, "why": fault.message}
            for fault in report.faults
        ],
    }
