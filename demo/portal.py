"""The demonstration bank: it lets anybody into the portal as any made-up person, so that the full view can be shown.

Dangerous anywhere else: its address exists in embedded mode only, it answers only where the demonstration register
is loaded, and production refuses to start with it.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods

from customers.operations import UnableToSignIn, sign_in_identified
from customers.portal.signin import enter
from demo.queries import examples, identity_code_of
from register.audit.acting import acting_as_service
from register.identity.models import PortalSession
from register.work.queries import is_demonstration

_JOB = "demonstration-bank"


@require_http_methods(["GET", "POST"])
def bank(request: HttpRequest) -> HttpResponse:
    """Offer some made-up people, or any of them by customer number, and let the chosen one in."""
    if not is_demonstration():
        raise Http404
    error = ""
    with acting_as_service(_JOB):
        if request.method == "POST":
            code = identity_code_of(request.POST.get("person", ""))
            try:
                if code is None:
                    raise UnableToSignIn
                opened = sign_in_identified(
                    identity_code=code,
                    means=PortalSession.Means.DEMONSTRATION,
                    language=get_language() or "fi",
                    at=timezone.now(),
                )
            except UnableToSignIn:
                error = gettext("No made-up person of this number has an identity code.")
            else:
                return enter(opened)
        context = {"people": examples(timezone.localdate()), "error": error}
    return render(request, "portal/bank.html", context, status=422 if error else 200)
