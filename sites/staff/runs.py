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
from register.work.models import ImportRun, ImportSource, Job
from sites.consumption.importing import KIND
from sites.consumption.operations import IMPORT_UPLOAD, PERMISSION
from sites.imports.files import IMPORT_FILE, permitted_files
from sites.imports.undo import PROHIBITIONS
from sites.imports.uploads import IMPORT_TABLE, permitted_kinds

from .kinds import words_of

_PAGES = {IMPORT_UPLOAD: "staff-import", IMPORT_TABLE: "staff-table", IMPORT_FILE: "staff-file"}
_PREVIEWS_SHOWN, _PREVIEWS_SEARCHED = 5, 50


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
    name: str
    undo_url: str
    undone_url: str
    job_url: str


@dataclass(frozen=True)
class Preview:
    """A preview that its asker may go on with."""

    asked_at: Any
    title: str
    name: str
    state_text: str
    url: str


def listed_runs(runs: Iterable[ImportRun], account: Account) -> list[ListedRun]:
    """Give the rows of the list, with the acts that this person may do."""
    shown = list(runs)
    names = _names(run.started_by for run in shown)
    files = _file_names([run for run in shown if is_asker(account, run.started_by)])
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
            name=files.get(run.pk, ""),
            undo_url=_undo_url(run, ImportRun.State.COMMITTED) if run.kind in may_undo else "",
            undone_url=_undo_url(run, ImportRun.State.UNDONE) if run.kind in may_undo - {KIND} else "",
            job_url=_job_url(run) if is_asker(account, run.started_by) else "",
        )
        for run in shown
    ]


def is_asker(account: Account, asked_by: str) -> bool:
    """Tell whether it was this person who asked: only they see the rows of their file."""
    return asked_by == f"staff:{account.pk}"


def previews_of(account: Account) -> list[Preview]:
    """Give the latest previews that a person asked for and has not confirmed."""
    asked = Job.objects.filter(asked_by=f"staff:{account.pk}", kind__in=_PAGES)
    confirmed = asked.filter(parameters__is_preview=False).values_list("parameters__source", flat=True)
    waiting = asked.filter(parameters__is_preview=True).order_by("-asked_at")[:_PREVIEWS_SEARCHED]
    done = set(confirmed.order_by("-asked_at")[:_PREVIEWS_SEARCHED])
    shown = [job for job in waiting if job.parameters["source"] not in done][:_PREVIEWS_SHOWN]
    names = _source_names(job.parameters["source"] for job in shown)
    return [
        Preview(
            asked_at=job.asked_at,
            title=_title(job.parameters.get("kind", KIND)),
            name=names.get(job.parameters["source"], ""),
            state_text=str(job.get_state_display()),
            url=job_page(job, account),
        )
        for job in shown
    ]


def job_page(job: Job, account: Account) -> str:
    """Give the address of the page of an upload to the person who uploaded it, to others nothing."""
    return reverse(_PAGES[job.kind], args=[job.pk]) if job.kind in _PAGES and is_asker(account, job.asked_by) else ""


def _title(kind: str) -> str:
    known = {code: each.title for code, each in kinds().items()}
    known |= {code: each.title for code, each in file_kinds().items()}
    return str(known[kind]) if kind in known else str(words_of(kind))


def _file_names(runs: list[ImportRun]) -> dict[UUID, str]:
    """Give the names of the files of these runs, as they were uploaded."""
    jobs = Job.objects.filter(pk__in=[run.job_id for run in runs if run.job_id], kind__in=_PAGES)
    sources = {job.pk: job.parameters["source"] for job in jobs}
    names = _source_names(sources.values())
    return {run.pk: names.get(sources.get(run.job_id, ""), "") for run in runs if run.job_id}


def _source_names(keys: Iterable[str]) -> dict[str, str]:
    rows = ImportSource.objects.filter(pk__in=[UUID(key) for key in keys])
    return {str(key): name for key, name in rows.values_list("pk", "name")}


def _named(run: ImportRun, place: int) -> str:
    """Give what a kind of file calls its count of new, changed or unchanged rows."""
    kind = file_kinds().get(run.kind)
    return kind.shown[place] if kind else ""


def _count(run: ImportRun, *names: str) -> int | None:
    return next((run.counts[name] for name in names if name in run.counts), None)


def _undo_url(run: ImportRun, state: str) -> str:
    """Give the page of an undoing: what is in can be undone, what is undone tells how it went."""
    if run.state != state:
        return ""
    page = "staff-import-undo" if run.kind == KIND else "staff-file-undo" if run.kind in file_kinds() else ""
    return reverse(page or "staff-table-undo", args=[run.pk])


def _job_url(run: ImportRun) -> str:
    if run.kind == KIND or run.state != ImportRun.State.REFUSED or run.job_id is None:
        return ""
    return reverse("staff-file" if run.kind in file_kinds() else "staff-table", args=[run.job_id])


def _names(started_by: Iterable[str]) -> dict[str, str]:
    keys = {each.removeprefix("staff:") for each in started_by if each.startswith("staff:")}
    found = Account.objects.filter(pk__in=[UUID(key) for key in keys])
    return {f"staff:{account.pk}": account.display_name for account in found}
