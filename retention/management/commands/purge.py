"""Deletes what is due, or shows it: see docs/retention.md."""

import argparse
import datetime
import getpass
import json
import os
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from register.access.scope import Actor
from register.work.models import Job
from retention.aggregates import aggregate_of
from retention.models import PlanRow, RetentionRun
from retention.operations import (
    UnableToApprove,
    UnableToPurge,
    UnableToStop,
    approve_run,
    ask_for_preview,
    ask_for_purge,
    preview,
    purge,
    resume_purging,
    stop_purging,
)
from retention.queries import open_run, run_shown

DONE, FAILED, WAITING, STOPPED = 0, 1, 3, 4
_EXIT = {RetentionRun.State.DONE: DONE, RetentionRun.State.WAITING: WAITING, RetentionRun.State.STOPPED: STOPPED}
_OPEN_JOB = {Job.State.WAITING, Job.State.RUNNING}
_UNSEEN_S = 30
_WIDTH = 140


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return str(os.getuid())


class Command(BaseCommand):
    """Exit codes: 0 done, 1 failed, 3 a plan waits for approval, 4 stopped."""

    help = _("Deletes what is due by the retention rules. With --preview it only shows what would go, and why.")

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--preview", action="store_true", help=_("Show what would go, from which table and why."))
        what.add_argument("--approve", action="store_true", help=_("Approve the plan that waits, then carry it out."))
        what.add_argument("--stop", metavar="REASON", help=_("Stop all purging."))
        what.add_argument("--resume", action="store_true", help=_("Let purging go on."))
        parser.add_argument("--as-of", type=datetime.date.fromisoformat, metavar="DATE", help=_("Day, YYYY-MM-DD."))
        parser.add_argument("--json", action="store_true", help=_("Write the report as JSON."))
        parser.add_argument("--keys", action="store_true", help=_("With --preview: name each row by its key too."))

    def handle(self, **options: Any) -> None:
        """Do what was asked and leave with the exit code."""
        # In a file or a pipe there is no width to fit into: nothing is cut.
        width = None if self.stdout.isatty() else _WIDTH
        self.console = Console(file=self.stdout, soft_wrap=True, width=width)  # type: ignore[arg-type]
        # Who works on the server has no account of the register: the approval names their account there.
        self.actor, self.is_json = Actor.service(f"command purge by {_operator()}"[:60]), options["json"]
        self.is_purge_role = settings.DATABASES["default"]["USER"] == "register_purge"
        try:
            self._handle(options)
        except (UnableToPurge, UnableToApprove, UnableToStop) as error:
            raise CommandError(str(error)) from error

    def _handle(self, options: dict[str, Any]) -> None:
        at = timezone.now()
        if options["stop"]:
            stop_purging(reason=options["stop"], actor=self.actor, at=at)
            self.stdout.write(_("Purging is stopped. `purge --resume` lets it go on."))
        elif options["resume"]:
            resume_purging(actor=self.actor, at=at)
            self.stdout.write(_("Purging goes on with the next purge."))
        elif options["preview"]:
            self._report(self._preview(at, options["as_of"] or timezone.localdate()), with_keys=options["keys"])
        else:
            if options["approve"]:
                self._approve(at)
            self._purge(at, options["as_of"])

    def _approve(self, at: datetime.datetime) -> None:
        run = open_run()
        if run is None or run.state != RetentionRun.State.WAITING:
            raise UnableToApprove(_("No plan waits for approval."))
        approve_run(run=run, plan_hash=run.plan_hash, actor=self.actor, at=at)

    def _preview(self, at: datetime.datetime, as_of: datetime.date) -> RetentionRun:
        if self.is_purge_role:
            return preview(actor=self.actor, at=at, as_of=as_of)
        self._wait(ask_for_preview(actor=self.actor, at=at, as_of=as_of))
        run = run_shown()
        if run is None:
            raise CommandError(_("The purge worker made no preview."))
        return run

    def _purge(self, at: datetime.datetime, as_of: datetime.date | None) -> None:
        if self.is_purge_role:
            with self._bar() as bar:
                task = bar.add_task(_("purge"), total=None)

                def progress(run: RetentionRun) -> bool:
                    bar.update(task, completed=run.gone_count, total=run.planned_count)
                    return True

                run = purge(actor=self.actor, clock=timezone.now, as_of=as_of, progress=progress)
        else:
            result = self._wait(ask_for_purge(actor=self.actor, at=at, as_of=as_of))
            if "refused" in result:
                raise CommandError(result["refused"])
            run = RetentionRun.objects.get(pk=result["run"])
        self._report(run)
        if code := _EXIT.get(RetentionRun.State(run.state), FAILED):
            raise SystemExit(code)

    def _wait(self, job: Job) -> dict[str, Any]:
        """Wait for the purge worker, showing its progress."""
        begun = time.monotonic()
        with self._bar() as bar:
            task = bar.add_task(_("purge worker"), total=None)
            while job.state in _OPEN_JOB:
                time.sleep(0.3)
                with transaction.atomic():
                    job.refresh_from_db()
                bar.update(task, completed=job.progress_count, total=job.total_count)
                if job.started_at is None and time.monotonic() - begun > _UNSEEN_S:
                    raise CommandError(
                        _("No purge worker takes the work up. The job stays: it is done when one runs (make run).")
                    )
        if job.state != Job.State.DONE:
            raise CommandError(job.error or str(job.get_state_display()))
        return dict(job.result)

    def _bar(self) -> Progress:
        console = Console(stderr=True, quiet=self.is_json)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True)

    def _report(self, run: RetentionRun, *, with_keys: bool = False) -> None:
        if self.is_json:
            self.stdout.write(json.dumps(_as_json(run, with_keys=with_keys), indent=2, ensure_ascii=False))
            return
        self.console.print(_table(run))
        for row in _planned(run) if with_keys else ():
            self.console.print(f"{row.due_on} {row.model} {row.key or row.day} ({row.rule})")
        self.console.print(_summary(run))


def _table(run: RetentionRun) -> Table:
    table = Table(title=_("As of %(day)s") % {"day": date_format(run.as_of)})
    for heading in (_("Table"), _("Rule"), _("Clock"), _("Clause"), _("Rows")):
        is_name = heading in (_("Table"), _("Rows"))
        table.add_column(heading, justify="right" if heading == _("Rows") else "left", no_wrap=is_name, overflow="fold")
    for label, rule, clock, clause, count, parts in _lines(run):
        table.add_row(label, rule, clock, clause, str(count))
        for part, part_count in parts.items():
            table.add_row(f"  + {part}", _("goes with it"), "", "", str(part_count))
    return table


def _lines(run: RetentionRun) -> Iterator[tuple[str, str, str, str, int, dict[str, int]]]:
    for label, counted in run.counts.items():
        keeps = {keep.period.code: keep for keep in aggregate_of(label).keeps}
        parts = dict(counted["parts"])
        for code, count in counted["rules"].items():
            keep = keeps[code]
            yield label, str(keep.period.title), keep.clock.path, keep.period.clause, count, parts
            parts = {}


def _summary(run: RetentionRun) -> str:
    if run.kind == RetentionRun.Kind.PREVIEW:
        return _("%(count)s rows would go. Nothing was deleted.") % {"count": run.planned_count}
    if run.state == RetentionRun.State.WAITING:
        return _("%(count)s rows are due. The plan waits for a person's word: purge --approve") % {
            "count": run.planned_count
        }
    words = _("%(state)s: %(gone)s rows with %(parts)s parts and %(copies)s copies gone, %(spared)s spared.") % {
        "state": run.get_state_display(),
        "gone": run.gone_count,
        "parts": run.part_count,
        "copies": run.copy_count,
        "spared": run.spared_count,
    }
    return f"{words} {run.error}".strip()


def _as_json(run: RetentionRun, *, with_keys: bool) -> dict[str, Any]:
    report: dict[str, Any] = {
        "run": str(run.pk),
        "kind": run.kind,
        "state": run.state,
        "as_of": run.as_of.isoformat(),
        "asks": run.asks,
        "plan_hash": run.plan_hash,
        "software_version": run.software_version,
        "planned": run.planned_count,
        "gone": run.gone_count,
        "parts": run.part_count,
        "copies": run.copy_count,
        "files": run.file_count,
        "spared": run.spared_count,
        "error": run.error,
        "tables": [
            {"table": label, "rule": rule, "clock": clock, "clause": clause, "rows": count, "parts": parts}
            for label, rule, clock, clause, count, parts in _lines(run)
        ],
    }
    if with_keys:
        report["plan"] = [
            {"table": row.model, "key": str(row.key or row.day), "due_on": row.due_on.isoformat(), "rule": row.rule}
            for row in _planned(run)
        ]
    return report


def _planned(run: RetentionRun) -> Iterator[PlanRow]:
    return run.plan.order_by("due_on", "model", "id").iterator(chunk_size=2000)
