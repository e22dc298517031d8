"""The document of a power of attorney, handed out to staff; each time stands in the read log (clause D3)."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from customers.documents import kind_of
from customers.models import PowerOfAttorney
from register.crypto.files import FileMissing, file_of
from register.crypto.sealing import UnableToOpen
from register.identity.looking import LookReason, WhatWasShown, needs, note_look

_MEDIA_TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}


@require_GET
@needs("customers.view_powerofattorney")
def power_of_attorney(request: HttpRequest, power_id: UUID) -> HttpResponse:
    """Send the document as an attachment that runs nothing."""
    row = PowerOfAttorney.objects.filter(pk=power_id).exclude(stored_as="").first()
    if row is None:
        raise Http404
    try:
        content = file_of(row).read()
    except (FileMissing, UnableToOpen):
        raise Http404 from None
    kind = kind_of(content) or "bin"
    note_look(request, what=WhatWasShown.DOCUMENT, customers=[row.customer_id], reason=LookReason.PAGE)
    response = HttpResponse(content, content_type=_MEDIA_TYPES.get(kind, "application/octet-stream"))
    response["Content-Disposition"] = f'attachment; filename="power-of-attorney.{kind}"'
    response["Content-Security-Policy"] = "sandbox"
    return response
