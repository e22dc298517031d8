"""What stands between a request and the staff's pages: session bounds, second factor, commitment.

Dangerous if passed by: every page of the register but those named in OPEN is given only to a member of
staff who is signed in with a second factor and whose commitment is on record. The scope is opened after it.
"""

import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.utils import translation

from register.identity.models import Account
from register.identity.portal import is_portal_page
from register.identity.queries import has_committed, has_second_factor

Respond = Callable[[HttpRequest], HttpResponseBase]

# The pages that everybody may ask for.
OPEN: Final = frozenset(
    {
        "account_login",
        "account_logout",
        "mfa_authenticate",
        "staff-language",
        "health_live",
        "health_ready",
        "account_inactive",
        "privacy",
        "privacy-language",
    }
)
# What a person who is signed in may do before the second factor is there.
ENROLMENT: Final = frozenset({"mfa_activate_totp", "account_reauthenticate"})
# What needs the second factor but neither commitment nor roles.
OWN_ACCOUNT: Final = ENROLMENT | frozenset({"mfa_view_recovery_codes", "mfa_reauthenticate", "staff-commitment"})
# What is open while the password is one that another chose.
FIRST_PASSWORD: Final = ENROLMENT | frozenset(
    {"account_change_password", "mfa_view_recovery_codes", "mfa_reauthenticate"}
)
_SEEN_EVERY_S = 60


class StaffLanguage:
    """Speak the language of the account; before sign-in that of the cookie, else Finnish."""

    def __init__(self, get_response: Respond) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_portal_page(request):
            return self._get_response(request)
        known = {code for code, _name in settings.LANGUAGES}
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if isinstance(request.user, Account):
            chosen = request.user.language
        language = chosen if chosen in known else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self._get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class StaffGate:
    """Lead everybody who may not pass to the page that lets them."""

    def __init__(self, get_response: Respond) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_portal_page(request):
            return self._get_response(request)
        name = _name_of(request)
        if _has_run_out(request):
            logout(request)
        if name is None or name in OPEN:
            return self._get_response(request)
        account = request.user
        if not isinstance(account, Account):
            return _to("account_login", request)
        if not has_second_factor(account):
            return self._enrol(request, name)
        if account.password_set_by_other and name not in FIRST_PASSWORD:
            return _to("account_change_password", request)
        if name in OWN_ACCOUNT or name == "account_change_password":
            return self._get_response(request)
        if not has_committed(account):
            return _to("staff-commitment", request)
        return self._get_response(request)

    def _enrol(self, request: HttpRequest, name: str) -> HttpResponseBase:
        return self._get_response(request) if name in ENROLMENT else _to("mfa_activate_totp", request)


def _name_of(request: HttpRequest) -> str | None:
    """Return the name of the page, or None where there is none (it will be a 404)."""
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return None


def _has_run_out(request: HttpRequest) -> bool:
    """Tell whether the session was idle or open for too long; note that it was used."""
    if not request.user.is_authenticated:
        return False
    now, session = time.time(), request.session
    signed_in_at, seen_at = session.get("signed_in_at", 0), session.get("seen_at", 0)
    if now - signed_in_at > settings.STAFF_SESSION_LONGEST_S or now - seen_at > settings.STAFF_SESSION_IDLE_S:
        return True
    if now - seen_at > _SEEN_EVERY_S:
        session["seen_at"] = now
    return False


def _to(name: str, request: HttpRequest) -> HttpResponse:
    """Lead to a page, and from there back to what was asked for."""
    address = reverse(name)
    if request.method == "GET" and not request.path_info.startswith("/sign-in/"):
        address = f"{address}?{urlencode({'next': request.get_full_path()})}"
    if request.headers.get("HX-Request") == "true":
        # A part of a page asked: the whole page is led away, not the part.
        return HttpResponse(headers={"HX-Redirect": reverse(name)})
    return HttpResponseRedirect(address)
