"""Undoes an import of a table, a file or consumption: `manage.py undo_import RUN`."""

import json
import time
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from register.access.refusing import Refusal
from register.access.scope import Actor, Scope
from register.audit.acting import acting
from register.audit.restoring import Named
from register.work.filing import file_kinds
from register.work.models import ImportRun, Job
from sites.consumption.importing import KIND as CONSUMPTION
from sites.consumption.operations import undo_consumption_import
from sites.imports.files import undo_file_import
from sites.imports.undo import Undoing, undo_register_import

JOB = "undo-register-import"
MOST_SHOWN = 20
_LOOK_EVERY_S = 1


class Command(BaseCommand):
    help = (
        "Undoes an import of a table, a file or consumption: what it changed gets its old values back, what it made is "
        "deleted by the "
        "purge worker. What was edited since or is needed by other rows stays and is named. "
        "Exit code: 0 it is undone, 1 it cannot be, 2 there is no such import."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the run, and how long to wait for the purge worker."""
        parser.add_argument("run", type=UUID, metavar="RUN", help="the key of the import, as its report gave it")
        parser.add_argument("--wait", type=int, default=60, metavar="SECONDS", help="wait so long for the purge worker")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the report as JSON")

    def handle(self, *_args: object, **options: Any) -> None:
        """Undo and report."""
        run = ImportRun.objects.filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(_("There is no such import: %s") % options["run"], returncode=2)
        actor = Actor.service(JOB)
        try:
            with acting(actor=actor, scope=Scope.service(JOB)):
                undoing = _undone(run, actor)
        except Refusal as error:
            raise CommandError(str(error), returncode=1) from None
        job = _waited_for(undoing.job, options["wait"])
        report = _report(undoing, job)
        if options["as_json"]:
            self.stdout.write(json.dumps(report, indent=2))
        else:
            self._print(report)

    def _print(self, report: dict[str, Any]) -> None:
        self.stdout.write(_("Got their old values back: %d") % report["restored"])
        if report["state"] == Job.State.DONE:
            self.stdout.write(_("Deleted: %d") % report["deleted"])
        else:
            self.stdout.write(_("The purge worker has not deleted the new rows yet; they are %s.") % report["state"])
        self.stdout.write(_("Kept or refused: %d") % len(report["named"]))
        for model, key, why in report["named"][:MOST_SHOWN]:
            self.stdout.write(f"  {model} {key}: {why}")


def _undone(run: ImportRun, actor: Actor) -> Undoing:
    if run.kind in file_kinds():
        return undo_file_import(run=run, actor=actor, at=timezone.now())
    if run.kind != CONSUMPTION:
        return undo_register_import(run=run, actor=actor, at=timezone.now())
    job = undo_consumption_import(run=run, actor=actor, at=timezone.now(), controllers=None)
    run.refresh_from_db()
    counts = run.counts["undo"]
    since = _("%d days: corrected since") % counts["kept_as_corrected_since"]
    kept = [Named("sites.ConsumptionDay", "", since)] if counts["kept_as_corrected_since"] else []
    return Undoing(run, counts["restored"], kept, job)


def _waited_for(job: Job, seconds: int) -> Job:
    until = time.monotonic() + seconds
    while job.state in (Job.State.WAITING, Job.State.RUNNING) and time.monotonic() < until:
        time.sleep(_LOOK_EVERY_S)
        job.refresh_from_db()
    return job


def _report(undoing: Undoing, job: Job) -> dict[str, Any]:
    return {
        "run": str(undoing.run.pk),
        "state": job.state,
        "restored": undoing.restored_count,
        "deleted": job.result.get("deleted", 0),
        "named": [[each.model, each.key, each.why] for each in undoing.kept] + job.result.get("named", []),
    }
