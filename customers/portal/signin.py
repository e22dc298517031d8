"""The portal's front page, sign-in by a one-time code, the language, the choice of customer, and the way out.

Dangerous if loosened: the answer to an address must not tell whether it is in the register.
"""

import secrets
from typing import Final
from uuid import UUID

import structlog
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_POST

from customers import operations
from register.audit.acting import acting_as_service
from register.datamap.formats import clean_email
from register.identity.limits import Limit
from register.identity.models import PortalSession
from register.identity.operations import CODE_LIFE, UnableToActFor, act_for, end_portal_session, speak_on_portal
from register.identity.portal import forget_cookie, keep_cookie, portal_of, signed_in
from register.identity.queries import portal_digest
from register.work.queries import is_demonstration

log = structlog.get_logger(__name__)

_YEAR_S: Final = 365 * 24 * 3600
# Asking for a code and trying one: from one network address, at one address or browser, and by everybody together.
ASKED = (Limit("code-network", 20, 600), Limit("code-address", 3, 600), Limit("code-all", 1000, 600))
TRIED = (Limit("try-network", 50, 600), Limit("try-browser", 10, 600), Limit("try-all", 2000, 600))


@require_http_methods(["GET", "POST"])
def front(request: HttpRequest) -> HttpResponse:
    """Show the front page with the ways to sign in; a POST asks for a code at an address."""
    if portal_of(request) is not None:
        return HttpResponseRedirect(reverse("portal-home"))
    if request.method == "POST":
        return _ask(request)
    return _front(request)


@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Take the code that was sent, and open the limited view with it."""
    browser_token = request.COOKIES.get(settings.PORTAL_CODE_COOKIE_NAME, "")
    if not browser_token:
        return HttpResponseRedirect(reverse("portal-front"))
    if request.method != "POST":
        return render(request, "portal/code.html")
    if not _within(TRIED, request, portal_digest(browser_token).hex()):
        return render(request, "portal/code.html", {"error": _too_many()}, status=429)
    given = "".join(sign for sign in request.POST.get("code", "") if sign.isdigit())
    with acting_as_service("portal-sign-in"):
        opened = operations.sign_in_by_code(browser_token=browser_token, code=given, at=timezone.now())
    if opened is None:
        log.warning("portal_code_refused")
        error = gettext("The code is not right or has run out. Check the figures, or ask for a new code.")
        return render(request, "portal/code.html", {"error": error}, status=422)
    response = enter(opened)
    forget_cookie(response, settings.PORTAL_CODE_COOKIE_NAME)
    return response


def enter(opened: tuple[PortalSession, str]) -> HttpResponse:
    """Lead into the portal with a session that was just opened: its token goes into the browser's cookie."""
    session, token = opened
    log.info("portal_signed_in", means=session.means)
    response = HttpResponseRedirect(reverse("portal-home"))
    keep_cookie(response, settings.PORTAL_COOKIE_NAME, token)
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session at once and have the browser forget what it kept of it."""
    if (session := portal_of(request)) is not None:
        end_portal_session(session=session)
    response = HttpResponseRedirect(reverse("portal-front") + "?out")
    forget_cookie(response, settings.PORTAL_COOKIE_NAME)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Change the language: of the session, and of this browser for the next time."""
    response = HttpResponseRedirect(_next(request))
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        if (session := portal_of(request)) is not None:
            speak_on_portal(session=session, language=chosen)
        keep_cookie(response, settings.LANGUAGE_COOKIE_NAME, chosen, age_s=_YEAR_S)
    return response


@require_POST
def choose_customer(request: HttpRequest) -> HttpResponse:
    """Show another of the customers for whom this person may act."""
    try:
        act_for(session=signed_in(request), customer_id=UUID(request.POST.get("customer", "")))
    except (UnableToActFor, ValueError):
        raise PermissionDenied from None
    return HttpResponseRedirect(reverse("portal-home"))


def _front(request: HttpRequest, *, status: int = 200, **context: str) -> HttpResponse:
    has_bank = settings.REGISTER_DEMO_BANK and is_demonstration()
    return render(request, "portal/front.html", {**context, "has_bank": has_bank}, status=status)


def _ask(request: HttpRequest) -> HttpResponse:
    email = request.POST.get("email", "")
    try:
        address = clean_email(email)
    except ValidationError:
        error = gettext("An e-mail address has the form name@example.fi.")
        return _front(request, status=422, error=error, email=email)
    if not _within(ASKED, request, address.lower()):
        return _front(request, status=429, error=_too_many(), email=email)
    token = secrets.token_urlsafe(32)
    with acting_as_service("portal-sign-in"):
        operations.ask_to_sign_in(
            email=address, language=get_language() or "fi", browser_token=token, at=timezone.now()
        )
    response = HttpResponseRedirect(reverse("portal-code"))
    keep_cookie(response, settings.PORTAL_CODE_COOKIE_NAME, token, age_s=int(CODE_LIFE.total_seconds()))
    return response


def _within(limits: tuple[Limit, ...], request: HttpRequest, own_key: str) -> bool:
    """Count an attempt under its network address, its own key and everybody's, up to the first that refuses it.

    What is refused counts no further: one network address fills neither another's limit nor everybody's.
    """
    keys = (get_adapter().get_client_ip(request), own_key, "")
    for limit, key in zip(limits, keys, strict=True):
        if not limit.lets_through(key):
            log.warning("portal_sign_in_throttled", limit=limit.name)
            return False
    return True


def _too_many() -> str:
    return gettext("Too many attempts. Wait ten minutes and try again.")


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours and wanted.startswith("/") else reverse("portal-front")
