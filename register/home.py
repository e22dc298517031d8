"""The portal's home page, errors in the look of whoever meets them, and two answers for those who watch the process.

Home gathers from several apps, which is why it stands above them all, as the staff's dashboard does.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views import defaults
from django.views.decorators.http import require_safe

from register.readiness import is_ready

_STAFF = ("/staff/", "/sign-in/", "/sign-out/", "/admin/")


@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    """Show the customer's home page."""
    return render(request, "portal/home.html")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page, to staff and to customers each in their look."""
    if _is_staffs(request):
        return defaults.page_not_found(request, exception)
    text = gettext("The address may be old, or the page belongs to somebody else.")
    return _error(request, 404, gettext("There is no such page"), text)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that this is not for them."""
    if _is_staffs(request):
        return defaults.permission_denied(request, exception)
    text = gettext("You may not do this. Go back to the start and choose again for whom you act.")
    return _error(request, 403, gettext("This is not open to you"), text)


def broken(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours, and that nothing was saved."""
    if _is_staffs(request):
        return defaults.server_error(request)
    text = gettext("The fault is ours, and nothing was saved. Try again in a moment.")
    return _error(request, 500, gettext("The page does not answer now"), text)


def _is_staffs(request: HttpRequest) -> bool:
    return request.path_info.startswith(_STAFF)


def _error(request: HttpRequest, code: int, title: str, text: str) -> HttpResponse:
    context = {"error_title": title, "error_text": text, "code": code}
    return render(None, "portal/error.html", context, status=code)  # no query, no session


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
