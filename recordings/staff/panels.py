"""The customer's recorded calls: listening asks for one of three reasons, is logged, and then plays (clause P5)."""

import re
from typing import Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from customers.queries import customer_or_none
from recordings import operations
from recordings.models import Listening, Recording
from recordings.queries import calls_of, recording_or_none
from register.access.refusing import Refusal
from register.crypto.files import FileMissing, file_of
from register.crypto.sealing import UnableToOpen
from register.identity.looking import WhatWasShown, account_of, bound_time, needs, note_look, note_panel, panel
from register.identity.queries import actor_of

_LISTENING_S: Final = 3600
_PIECE_BYTES: Final = 1024 * 1024
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_signer = TimestampSigner(salt="recordings.listening")


@require_http_methods(["GET", "POST"])
@needs("recordings.view_recording")
def recordings(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show the customer's calls; a POST says which to hear and why, and the player appears."""
    row = customer_or_none(customer_id)
    if row is None:
        raise Http404
    note_panel(request, row.pk, "recordings")
    bound_time()
    playing, error = None, ""
    if request.method == "POST":
        playing, error = _listen(request, row.pk)
    count, calls = calls_of(row.pk)
    context = {
        "customer": row,
        "count": count,
        "calls": calls,
        "asks": request.GET.get("ask", ""),
        "reasons": Listening.Reason.choices,
        "playing": playing,
        "pass": _signer.sign(f"{account_of(request).pk}:{playing.pk}").split(":", 2)[2] if playing else "",
        "error": error,
    }
    return panel(request, "staff/recordings/_recordings.html", context, status=422 if error else 200)


@require_safe
@needs("recordings.view_recording")
def audio(request: HttpRequest, recording_id: UUID) -> HttpResponse:
    """Send the sound of a recording, whole or in part, to who has just said why."""
    row = recording_or_none(recording_id)
    if row is None:
        raise Http404
    try:
        _signer.unsign(f"{account_of(request).pk}:{row.pk}:{request.GET.get('pass', '')}", max_age=_LISTENING_S)
    except BadSignature:
        raise PermissionDenied from None
    try:
        response = _sound(row, request.headers.get("Range", ""))
    except (FileMissing, UnableToOpen):
        raise Http404 from None
    response["Content-Disposition"] = 'attachment; filename="recording.wav"'
    response["Content-Security-Policy"] = "sandbox"
    response["Accept-Ranges"] = "bytes"
    return response


def _listen(request: HttpRequest, customer_id: UUID) -> tuple[Recording | None, str]:
    account = account_of(request)
    try:
        wanted = recording_or_none(UUID(request.POST.get("recording", "")))
    except ValueError:
        raise Http404 from None
    if wanted is None or wanted.customer_id != customer_id:
        raise Http404
    reason = request.POST.get("reason", "")
    try:
        operations.listen(
            recording_id=wanted.pk,
            reason=reason,
            listened_by=account.display_name,
            actor=actor_of(account),
            at=timezone.now(),
        )
    except Refusal as refusal:
        return None, str(refusal)
    note_look(request, what=WhatWasShown.RECORDING, customers=[customer_id], reason=reason)
    return wanted, ""


def _sound(row: Recording, asked: str) -> HttpResponse:
    file = file_of(row)
    size = file.size_bytes
    found = _RANGE.fullmatch(asked)
    if not found:
        return HttpResponse(b"".join(file.chunks()), content_type=row.media_type)
    start = int(found[1])
    if start >= size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    stop = min(int(found[2]) + 1 if found[2] else size, start + _PIECE_BYTES, size)
    response = HttpResponse(b"".join(file.part(start, stop)), content_type=row.media_type, status=206)
    response["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response
