"""The pages of imports: what came in, and consumption files uploaded, previewed, confirmed and undone."""

import hashlib
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from register.access.refusing import Refusal
from register.datamap.formats import clean_gsrn
from register.identity.looking import LookReason, WhatWasShown, note_look
from register.identity.models import Account
from register.identity.queries import actor_of, controllers_permitting
from register.identity.rights import needs
from register.work.models import ImportRun, Job
from sites.consumption.importing import KIND
from sites.consumption.operations import (
    IMPORT_UPLOAD,
    PERMISSION,
    AskerFacts,
    asker_facts,
    confirm_upload,
    keep_upload,
    undo_consumption_import,
)
from sites.datahub.faults import Fault
from sites.imports.files import permitted_files
from sites.imports.uploads import permitted_kinds

from .runs import is_asker, listed_runs, previews_of

PAGE_SIZE = 50
MOST_UPLOAD_BYTES = 1 << 30
PAUSE_S = 2

needs_import = needs(PERMISSION)


class UploadForm(forms.Form):
    """A consumption file, and what a masked identifier in it stands for."""

    file = forms.FileField(
        label=_("File"), help_text=_("A CSV file of the Datahub, or a zip archive of them, at most 1 GiB.")
    )
    masked = forms.CharField(
        label=_("Identifier in the file"),
        required=False,
        max_length=40,
        help_text=_("Only where the file's metering point was masked."),
    )
    point = forms.CharField(label=_("stands for the metering point"), required=False, max_length=18)

    def clean_file(self) -> UploadedFile:
        """Refuse what is too large before it is read."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_UPLOAD_BYTES:
            raise ValidationError(_("The file is larger than 1 GiB."), code="too_large")
        return file

    def clean_point(self) -> str:
        """Check the metering point by its check digit."""
        return clean_gsrn(self.cleaned_data["point"]) if self.cleaned_data["point"] else ""

    def clean(self) -> dict[str, Any]:
        """Want both parts of a mapping or none."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "point" in cleaned and bool(cleaned.get("masked")) != bool(cleaned["point"]):
            raise ValidationError(_("Give both the identifier and the metering point, or neither."), code="half")
        return cleaned

    def mapping(self) -> dict[str, str]:
        """Give what was mapped."""
        masked = self.cleaned_data["masked"]
        return {masked: self.cleaned_data["point"]} if masked else {}


@require_http_methods(["GET", "POST"])
@needs("work.view_importrun", post=PERMISSION)
def imports(request: HttpRequest) -> HttpResponse:
    """List the imports, and take a consumption file in for its preview."""
    account, is_sent = _account(request), request.method == "POST"
    may_import = account.has_perm(PERMISSION)
    form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
    if is_sent and form.is_valid():
        file: UploadedFile = form.cleaned_data["file"]
        job = keep_upload(
            name=file.name or "",
            content=file.chunks(),
            sha256=_digest(file),
            mapping=form.mapping(),
            actor=actor_of(account),
            at=timezone.now(),
        )
        return HttpResponseRedirect(reverse("staff-import", args=[job.pk]))
    runs = ImportRun.objects.exclude(state=ImportRun.State.PREVIEWED).order_by("-started_at", "-id")
    page = Paginator(runs, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form if may_import else None,
        "page": page,
        "rows": listed_runs(page.object_list, account),
        "previews": previews_of(account),
        "may_import_tables": bool(permitted_kinds(account)),
        "file_kinds": [kind for kind in permitted_files(account) if kind.is_uploaded],
    }
    return render(request, "staff/imports/list.html", context, status=422 if is_sent else 200)


@require_GET
@needs_import
def import_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show how far the worker is, then what it found."""
    job = _job(job_id)
    is_open = job.state in (Job.State.WAITING, Job.State.RUNNING)
    percent = round(100 * job.progress_count / job.total_count) if job.total_count else 0
    is_mine = is_asker(_account(request), job.asked_by)
    told = asker_facts(job) if is_mine else {}
    files = [_shown(file, told.get(file["number"])) for file in job.result.get("files", [])] if is_mine else []
    if any(fact.identifiers for fact in told.values()):
        note_look(request, what=WhatWasShown.REFUSED_ROWS, customers=(), reason=LookReason.WORK, is_of_strangers=True)
    is_preview = bool(job.parameters["is_preview"])
    refused_count = job.result.get("states", {}).get("refused", 0)
    context = {
        "job": job,
        "is_open": is_open,
        "is_preview": is_preview,
        "percent": percent,
        "files": files,
        "is_mine": is_mine,
        "result": job.result,
        "refused_count": refused_count,
        "can_confirm": is_mine and is_preview and job.state == Job.State.DONE and job.result["states"]["imported"] > 0,
    }
    response = render(request, "staff/imports/job.html", context)
    if is_open:
        response.headers["Refresh"] = str(PAUSE_S)
    return response


@require_POST
@needs_import
def confirm_import(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Import the file whose preview was seen."""
    try:
        job = confirm_upload(preview=_job(job_id), actor=actor_of(_account(request)), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("staff-import", args=[job_id]))
    return HttpResponseRedirect(reverse("staff-import", args=[job.pk]))


@require_http_methods(["GET", "POST"])
@needs_import
def undo_import(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask whether an import is to be undone, and undo it."""
    run = get_object_or_404(ImportRun, pk=run_id, kind=KIND)
    if request.method == "POST":
        try:
            account = _account(request)
            controllers = controllers_permitting(account, PERMISSION)
            undo_consumption_import(run=run, actor=actor_of(account), at=timezone.now(), controllers=controllers)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The import is undone. The purge worker deletes the days that it made."))
        return HttpResponseRedirect(reverse("staff-imports"))
    return render(request, "staff/imports/undo.html", {"run": run})


def _account(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)
    return request.user


def _job(job_id: UUID) -> Job:
    job = Job.objects.filter(pk=job_id, kind=IMPORT_UPLOAD).first()
    if job is None:
        raise Http404
    return job


def _digest(file: UploadedFile) -> str:
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    return digest.hexdigest()


def _shown(file: dict[str, Any], told: AskerFacts | None) -> dict[str, Any]:
    """Give a file of a job's result as the page tells it to its asker, in the language of the reader."""
    gaps = [{**gap, "start": parse_datetime(gap["start"])} for gap in file["gaps"]]
    identifiers = told.identifiers if told else {}
    faults = [{**fault, "message": _message(fault, identifiers.get(fault["line"]))} for fault in file["faults"]]
    return {**file, "name": told.name if told else "", "gaps": gaps, "faults": faults}


def _message(fault: dict[str, Any], identifier: str | None) -> str:
    values: dict[str, object] = {}
    if identifier is not None:
        values["value"] = identifier
        try:
            clean_gsrn(identifier)
        except ValidationError as reason:
            values["reason"] = " ".join(reason.messages)
    return Fault(fault["line"], fault["code"]).message_telling(values)
