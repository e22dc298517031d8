"""The pages of imported tables: upload, columns, preview, import with its refused rows, and the undo.

Dangerous if loosened: a file holds what no policy of the register guards yet. Its rows are for who uploaded it alone,
and each look at them is logged; colleagues see counts and the state.
"""

import csv
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.models import Customer
from register.access.refusing import Refusal
from register.identity.looking import LookReason, WhatWasShown, note_look
from register.identity.models import Account
from register.identity.queries import actor_of
from register.identity.rights import needs
from register.work.faults import Fault
from register.work.importing import ImportKind, kinds, proposed_mapping
from register.work.models import ColumnMapping, ImportFault, ImportRun, ImportSource, Job
from register.work.tables import Table, UnableToReadTable
from register.work.tables_out import write_faults
from sites.imports.contracts import clean_customers
from sites.imports.undo import deletion_of
from sites.imports.uploads import (
    IMPORT_TABLE,
    UNDO_TABLE,
    WORKS_WITH_IMPORTS,
    ask_for_preview,
    ask_for_undo,
    confirm_table,
    keep_table,
    opened_source,
    permitted_kinds,
)

from .runs import is_asker

MOST_UPLOAD_BYTES = 256 << 20
MOST_SHOWN = 100
MOST_ROWS_SEARCHED = 200_000
PAUSE_S = 2
NUMBER_FIELDS = {"customers": "number", "contracts": "customers"}  # where a row names its customers
COUNTS = {
    "created": _("New"),
    "updated": _("Changed"),
    "unchanged": _("Unchanged"),
    "objections": _("New objections"),
    "prohibited": _("Customers prohibited"),
    "refused": _("Refused"),
}
WHY_NAMED = {
    "edited-since": _("kept: it was edited since"),
    "secret": _("an encrypted value is kept: the log does not hold the old one"),
    "gone": _("it is gone already"),
    "referred-to": _("refused: other rows need it"),
    "held": _("refused: a hold is on it"),
    "locked": _("refused: somebody was working on it"),
}


class UploadForm(forms.Form):
    """A table and what its rows are."""

    kind = forms.ChoiceField(label=_("What the rows are"))
    table = forms.FileField(label=_("Table"), help_text=_("CSV in UTF-8, or XLSX; at most 256 MiB."))

    def __init__(self, *args: Any, permitted: list[ImportKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(kind.code, capfirst(str(kind.title))) for kind in permitted]

    def clean_table(self) -> UploadedFile:
        """Refuse what is too large, or named as no table, before it is read."""
        file: UploadedFile = self.cleaned_data["table"]
        if (file.size or 0) > MOST_UPLOAD_BYTES:
            raise ValidationError(_("The file is larger than 256 MiB."), code="too_large")
        if not str(file.name).lower().endswith((".csv", ".txt", ".xlsx")):
            raise ValidationError(_("Only .csv, .txt and .xlsx files are tables."), code="name")
        return file


@require_http_methods(["GET", "POST"])
@needs(WORKS_WITH_IMPORTS)
def new_table(request: HttpRequest) -> HttpResponse:
    """Take a table in, whatever its columns are called."""
    account = _account(request)
    permitted = permitted_kinds(account)
    if not permitted:
        raise PermissionDenied
    is_sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES, permitted=permitted) if is_sent else UploadForm(permitted=permitted)
    if is_sent and form.is_valid():
        file: UploadedFile = form.cleaned_data["table"]
        try:
            source = keep_table(
                kind=form.cleaned_data["kind"],
                name=file.name or "",
                content=file.chunks,
                actor=actor_of(account),
                at=timezone.now(),
            )
        except UnableToReadTable as error:
            form.add_error("table", str(error))
        else:
            return HttpResponseRedirect(reverse("staff-table-columns", args=[source.pk]))
    return render(request, "staff/imports/tables/new.html", {"form": form}, status=422 if is_sent else 200)


@require_http_methods(["GET", "POST"])
@needs(WORKS_WITH_IMPORTS)
def table_columns(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Ask which column fills which field: as remembered by a name, else as proposed."""
    source = get_object_or_404(ImportSource.objects.select_related("run"), pk=source_id)
    kind = _permitted_kind(request, source.run.kind)
    if not is_asker(_account(request), source.run.started_by):
        raise PermissionDenied
    table = Table(opened_source(source.pk))
    remembered = {each.name: each for each in ColumnMapping.objects.filter(kind=kind.code).order_by("name")}
    name = request.GET.get("mapping", "")
    chosen = remembered[name].columns if name in remembered else proposed_mapping(kind, table.headings)
    fault = ""
    if request.method == "POST":
        headings = set(table.headings) - {""}
        chosen = {each.name: request.POST.get(f"field-{each.name}", "") for each in kind.fields}
        chosen = {field: heading for field, heading in chosen.items() if heading in headings}
        lacking = [str(each.title) for each in kind.fields if each.is_required and each.name not in chosen]
        if not lacking:
            job = ask_for_preview(
                source=source,
                columns=chosen,
                mapping_name=request.POST.get("remember_as", "").strip()[:60],
                actor=actor_of(_account(request)),
                at=timezone.now(),
            )
            return HttpResponseRedirect(reverse("staff-table", args=[job.pk]))
        fault = str(_("Choose a column for: %s.")) % ", ".join(lacking)
    rows = [(each, chosen.get(each.name, "")) for each in kind.fields]
    context = {
        "source": source,
        "kind": kind,
        "rows": rows,
        "headings": [heading for heading in table.headings if heading],
        "unused": [each for each in table.headings if each and each not in set(chosen.values())],
        "remembered": remembered,
        "name": name,
        "fault": fault,
    }
    return render(request, "staff/imports/tables/columns.html", context, status=422 if fault else 200)


@require_GET
@needs(WORKS_WITH_IMPORTS)
def table_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show how far the worker is, then what it found, with the refused rows beside their reasons."""
    job = _job(request, job_id)
    kind = kinds()[job.parameters["kind"]]
    is_open = job.state in (Job.State.WAITING, Job.State.RUNNING)
    state = job.result.get("state", "")
    run = ImportRun.objects.filter(pk=job.result.get("run")).first()
    is_mine = is_asker(_account(request), job.asked_by)
    counts = [(label, run.counts.get(name)) for name, label in COUNTS.items() if run and name in run.counts]
    context = {
        "job": job,
        "kind": kind,
        "is_open": is_open,
        "state": state,
        "run": run,
        "counts": counts,
        "is_preview": job.parameters["is_preview"],
        "faults": _shown_faults(request, job, run, kind) if state == "refused" and run and is_mine else [],
        "fault_count": run.faults.count() if run else 0,
        "is_mine": is_mine,
        "pause_s": PAUSE_S,
    }
    template = (
        "staff/imports/tables/_job.html" if request.headers.get("HX-Request") else "staff/imports/tables/job.html"
    )
    response = render(request, template, context)
    if is_open and not request.headers.get("HX-Request"):
        response.headers["Refresh"] = "15"
    return response


@require_POST
@needs(WORKS_WITH_IMPORTS)
def confirm_table_import(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Import the table whose preview was seen."""
    try:
        job = confirm_table(preview=_job(request, job_id), actor=actor_of(_account(request)), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("staff-table", args=[job_id]))
    return HttpResponseRedirect(reverse("staff-table", args=[job.pk]))


@require_GET
@needs(WORKS_WITH_IMPORTS)
def refused_rows(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Give the refused rows with their original columns and reasons, as a table that runs no formula."""
    job = _job(request, job_id)
    if not is_asker(_account(request), job.asked_by):
        raise PermissionDenied
    run = get_object_or_404(ImportRun, pk=job.result.get("run"))
    faults = _faults(run)
    table = Table(opened_source(UUID(job.parameters["source"])))
    _note_rows(request, job, _cells(table, {fault.row_number for fault in faults}))
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="refused-rows.csv"'
    write_faults(table, faults, csv.writer(response, delimiter=";"), kinds()[job.parameters["kind"]])
    return response


@require_http_methods(["GET", "POST"])
@needs(WORKS_WITH_IMPORTS)
def undo_table_import(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask whether the import of a table is to be undone; then show what was reversed, kept and refused."""
    run = get_object_or_404(ImportRun, pk=run_id)
    kind = _permitted_kind(request, run.kind)
    if request.method == "POST":
        ask_for_undo(run=run, actor=actor_of(_account(request)), at=timezone.now())
        return HttpResponseRedirect(reverse("staff-table-undo", args=[run.pk]))
    asked = Job.objects.filter(kind=UNDO_TABLE, parameters__run=str(run.pk)).order_by("-asked_at").first()
    deletion = deletion_of(run)
    named = [*deletion.parameters.get("kept", []), *deletion.result.get("named", [])] if deletion else []
    steps = [job for job in (asked, deletion) if job is not None]
    is_open = any(job.state in (Job.State.WAITING, Job.State.RUNNING) for job in steps)
    context = {
        "run": run,
        "kind": kind,
        "asked": asked,
        "deletion": deletion,
        "is_open": is_open,
        "has_failed": any(job.state == Job.State.FAILED for job in steps),
        "named": [(key, WHY_NAMED.get(why, why)) for _model, key, why in named[:MOST_SHOWN]],
        "named_count": len(named),
    }
    response = render(request, "staff/imports/tables/undo.html", context)
    if is_open:
        response.headers["Refresh"] = str(PAUSE_S)
    return response


def _account(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)
    return request.user


def _permitted_kind(request: HttpRequest, code: str) -> ImportKind:
    if code not in kinds():
        raise Http404
    for kind in permitted_kinds(_account(request)):
        if kind.code == code:
            return kind
    raise PermissionDenied


def _job(request: HttpRequest, job_id: UUID) -> Job:
    job = get_object_or_404(Job, pk=job_id, kind=IMPORT_TABLE)
    _permitted_kind(request, job.parameters["kind"])
    return job


def _faults(run: ImportRun) -> list[Fault]:
    found = ImportFault.objects.filter(run=run).values_list("row_number", "code", "message", "column")
    return [Fault(*each) for each in found]


def _shown_faults(request: HttpRequest, job: Job, run: ImportRun, kind: ImportKind) -> list[dict[str, Any]]:
    """Give the first faults with the title of the field and the value that stands in the file, and log the look."""
    faults = _faults(run)[:MOST_SHOWN]
    titles = kind.titles
    columns = job.parameters["columns"]
    table = Table(opened_source(UUID(job.parameters["source"])))
    cells = _cells(table, {fault.row_number for fault in faults}, most=MOST_ROWS_SEARCHED)
    _note_rows(request, job, cells)
    return [
        {
            "row": fault.row_number,
            "title": titles.get(fault.column, ""),
            "value": cells.get(fault.row_number, {}).get(columns.get(fault.column, ""), ""),
            "why": fault.message,
        }
        for fault in faults
    ]


def _cells(table: Table, wanted: set[int], *, most: int | None = None) -> dict[int, dict[str, str]]:
    """Give the wanted rows of a file by number, each as its cells by heading."""
    last = max(wanted, default=0)
    cells: dict[int, dict[str, str]] = {}
    for row in table:
        if row.number in wanted:
            cells[row.number] = dict(zip(table.headings, row.cells, strict=False))
        if row.number >= last or (most is not None and row.number > most):
            break
    return cells


def _note_rows(request: HttpRequest, job: Job, cells: Mapping[int, Mapping[str, str]]) -> None:
    """Log the look at rows of a file, with those of its persons whom the register knows by number."""
    heading = job.parameters["columns"].get(NUMBER_FIELDS.get(job.parameters["kind"], ""), "")
    numbers = {number for row in cells.values() for number in clean_customers(row.get(heading, ""))}
    known = Customer.objects.filter(number__in=numbers).values_list("pk", flat=True)
    note_look(
        request,
        what=WhatWasShown.REFUSED_ROWS,
        customers=known,
        reason=LookReason.WORK,
        is_of_strangers=bool(cells),
    )
