"""The front door, and two answers for whoever watches over the process."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from register.readiness import is_ready


@require_safe
def to_staff(request: HttpRequest) -> HttpResponse:
    """Lead to the staff's pages."""
    return HttpResponseRedirect("/staff/")


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks nothing of anybody else."""
    return HttpResponse("live\n", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether all that this process needs is there, without naming what is not."""
    is_well = is_ready()
    text = "ready\n" if is_well else "not ready\n"
    return HttpResponse(text, content_type="text/plain", status=200 if is_well else 503)
