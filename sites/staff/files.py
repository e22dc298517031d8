"""The pages of imported files (of the bank, of billing): upload, preview with the worker's progress, import, undo."""

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
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from register.access.refusing import Refusal
from register.identity.looking import account_of
from register.identity.queries import actor_of
from register.identity.rights import needs
from register.work.filing import FileKind, file_kinds
from register.work.models import ImportRun, Job
from sites.imports.files import (
    IMPORT_FILE,
    UNDO_FILE,
    ask_for_file_undo,
    confirm_file,
    keep_file,
    permitted_files,
)
from sites.imports.undo import deletion_of
from sites.imports.uploads import WORKS_WITH_IMPORTS

MOST_UPLOAD_BYTES = 256 << 20
PAUSE_S = 2
_OPEN = (Job.State.WAITING, Job.State.RUNNING)


class UploadForm(forms.Form):
    """A file, and what the importing person says of it."""

    file = forms.FileField(label=_("File"))

    def __init__(self, *args: Any, kind: FileKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["file"].help_text = str(kind.hint)
        for name, (title, choices) in kind.options.items():
            self.fields[name] = forms.ChoiceField(label=str(title), choices=choices, required=False)

    def clean_file(self) -> UploadedFile:
        """Refuse what is too large, or named as another kind of file, before it is read."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_UPLOAD_BYTES:
            raise ValidationError(_("The file is larger than 256 MiB."), code="too_large")
        if not str(file.name).lower().endswith(self.kind.suffixes):
            names = ", ".join(self.kind.suffixes)
            raise ValidationError(
                _("The name of the file must end in one of these: %(names)s."), params={"names": names}
            )
        return file

    def options(self) -> dict[str, str]:
        """Give what was said of the file."""
        return {name: self.cleaned_data[name] for name in self.kind.options}


@require_http_methods(["GET", "POST"])
@needs(WORKS_WITH_IMPORTS)
def new_file(request: HttpRequest, code: str) -> HttpResponse:
    """Take a file in for its preview."""
    kind = _permitted(request, code)
    if not kind.is_uploaded:
        raise Http404
    is_sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES, kind=kind) if is_sent else UploadForm(kind=kind)
    if is_sent and form.is_valid():
        file: UploadedFile = form.cleaned_data["file"]
        job = keep_file(
            kind=kind,
            name=file.name or "",
            content=file.chunks,
            options=form.options(),
            actor=actor_of(account_of(request)),
            at=timezone.now(),
        )
        return HttpResponseRedirect(reverse("staff-file", args=[job.pk]))
    context = {"form": form, "kind": kind}
    return render(request, "staff/imports/files/new.html", context, status=422 if is_sent else 200)


@require_GET
@needs(WORKS_WITH_IMPORTS)
def file_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show how far the worker is, then what it found, with the places at fault."""
    job = _job(request, job_id)
    kind = file_kinds()[job.parameters["kind"]]
    counted = job.result.get("counts", {})
    is_part = bool(request.headers.get("HX-Request"))
    context = {
        "job": job,
        "kind": kind,
        "is_open": job.state in _OPEN,
        "state": job.result.get("state", ""),
        "run_id": job.result.get("run", ""),
        "counts": [(title, counted[name]) for name, title in kind.counts.items() if counted.get(name)],
        "is_preview": job.parameters["is_preview"],
        "faults": job.result.get("faults", []),
        "fault_count": job.result.get("fault_count", 0),
        "is_mine": job.asked_by == f"staff:{account_of(request).pk}",
        "pause_s": PAUSE_S,
    }
    response = render(request, f"staff/imports/files/{'_job' if is_part else 'job'}.html", context)
    if context["is_open"] and not is_part:
        response.headers["Refresh"] = "15"
    return response


@require_POST
@needs(WORKS_WITH_IMPORTS)
def confirm_file_import(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Import the file whose preview was seen."""
    try:
        job = confirm_file(preview=_job(request, job_id), actor=actor_of(account_of(request)), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("staff-file", args=[job_id]))
    return HttpResponseRedirect(reverse("staff-file", args=[job.pk]))


@require_http_methods(["GET", "POST"])
@needs(WORKS_WITH_IMPORTS)
def undo_file(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask whether the import of a file is to be undone, and show how the undo went."""
    run = get_object_or_404(ImportRun, pk=run_id)
    kind = _permitted(request, run.kind)
    if request.method == "POST":
        ask_for_file_undo(run=run, actor=actor_of(account_of(request)), at=timezone.now())
        return HttpResponseRedirect(reverse("staff-file-undo", args=[run.pk]))
    asked = Job.objects.filter(kind=UNDO_FILE, parameters__run=str(run.pk)).order_by("-asked_at").first()
    deletion = deletion_of(run)
    steps = [job for job in (asked, deletion) if job is not None]
    context = {
        "run": run,
        "kind": kind,
        "asked": asked,
        "counts": [(title, run.counts[name]) for name, title in kind.counts.items() if run.counts.get(name)],
        "is_open": any(job.state in _OPEN for job in steps),
        "has_failed": any(job.state == Job.State.FAILED for job in steps),
    }
    response = render(request, "staff/imports/files/undo.html", context)
    if context["is_open"]:
        response.headers["Refresh"] = str(PAUSE_S)
    return response


def _permitted(request: HttpRequest, code: str) -> FileKind:
    if code not in file_kinds():
        raise Http404
    for kind in permitted_files(account_of(request)):
        if kind.code == code:
            return kind
    raise PermissionDenied


def _job(request: HttpRequest, job_id: UUID) -> Job:
    job = get_object_or_404(Job, pk=job_id, kind=IMPORT_FILE)
    _permitted(request, job.parameters["kind"])
    return job
