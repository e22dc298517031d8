"""How the list of imports tells of a run: of a table or of consumption, by whom, with what can be done about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from register.identity.models import Account
from register.work.filing import file_kinds
from register.work.importing import kinds
from register.work.models import ImportRun
from sites.consumption.importing import KIND
from sites.consumption.operations import PERMISSION
from sites.imports.files import permitted_files
from sites.imports.undo import PROHIBITIONS
from sites.imports.uploads import permitted_kinds


@dataclass(frozen=True)
class ListedRun:
    """A row of the list."""

    started_at: Any
    title: str
    state: str
    state_text: str
    new: int | None
    changed: int | None
    unchanged: int | None
    who: str
    sha256: str
    undo_url: str
    job_url: str


def listed_runs(runs: Iterable[ImportRun], account: Account) -> list[ListedRun]:
    """Give the rows of the list, with the acts that this person may do."""
    shown = list(runs)
    names = _names(run.started_by for run in shown)
    may_undo = {kind.code for kind in permitted_kinds(account)} - {PROHIBITIONS}
    if account.has_perm(PERMISSION):
        may_undo.add(KIND)
    may_undo |= {kind.code for kind in permitted_files(account)}
    return [
        ListedRun(
            started_at=run.started_at,
            title=_title(run.kind),
            state=run.state,
            state_text=str(run.get_state_display()),
            new=_count(run, _named(run, 0), "new_count", "created", "objections"),
            changed=_count(run, _named(run, 1), "corrected_count", "updated", "prohibited"),
            unchanged=_count(run, _named(run, 2), "unchanged_count", "unchanged"),
            who=names.get(run.started_by, _("command")),
            sha256=run.sha256,
            undo_url=_undo_url(run) if run.kind in may_undo else "",
            job_url=_job_url(run) if is_asker(account, run.started_by) else "",
        )
        for run in shown
    ]


def is_asker(account: Account, asked_by: str) -> bool:
    """Tell whether it was this person who asked: only they see the rows of their file."""
    return asked_by == f"staff:{account.pk}"


def _title(kind: str) -> str:
    known = {code: each.title for code, each in kinds().items()}
    known |= {code: each.title for code, each in file_kinds().items()}
    return str(known[kind]) if kind in known else _("consumption")


def _named(run: ImportRun, place: int) -> str:
    """Give what a kind of file calls its count of new, changed or unchanged rows."""
    kind = file_kinds().get(run.kind)
    return kind.shown[place] if kind else ""


def _count(run: ImportRun, *names: str) -> int | None:
    return next((run.counts[name] for name in names if name in run.counts), None)


def _undo_url(run: ImportRun) -> str:
    if run.kind == KIND:
        return reverse("staff-import-undo", args=[run.pk]) if run.state == ImportRun.State.COMMITTED else ""
    if run.kind in file_kinds():
        return reverse("staff-file-undo", args=[run.pk]) if run.state == ImportRun.State.COMMITTED else ""
    is_there = run.state in (ImportRun.State.COMMITTED, ImportRun.State.UNDONE)
    return reverse("staff-table-undo", args=[run.pk]) if is_there else ""


def _job_url(run: ImportRun) -> str:
    if run.kind == KIND or run.state != ImportRun.State.REFUSED or run.job_id is None:
        return ""
    return reverse("staff-file" if run.kind in file_kinds() else "staff-table", args=[run.job_id])


def _names(started_by: Iterable[str]) -> dict[str, str]:
    keys = {each.removeprefix("staff:") for each in started_by if each.startswith("staff:")}
    found = Account.objects.filter(pk__in=[UUID(key) for key in keys])
    return {f"staff:{account.pk}": account.display_name for account in found}
