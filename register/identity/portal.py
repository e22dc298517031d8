"""The door of the portal: its own session and cookie, its language, and the scope of whoever signed in.

Dangerous if passed by: every address whose name begins with "portal" goes through here. A page that is neither
in PUBLIC nor in BY_CODE is given only to an identified person, and nothing that is missing from a list is open.
"""

import datetime
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone, translation

from register.access.scope import Actor, Scope
from register.audit.acting import acting
from register.identity.models import PortalSession
from register.identity.operations import note_portal_session
from register.identity.queries import portal_session_of

Respond = Callable[[HttpRequest], HttpResponseBase]

# What everybody may ask for, before signing in.
PUBLIC: Final = frozenset({"portal-front", "portal-code", "portal-bank", "portal-language", "portal-sign-out"})
# What a one-time code by e-mail opens: sums and due dates of invoices, consumption by month.
BY_CODE: Final = frozenset({"portal-home", "portal-invoices", "portal-consumption"})
_SEEN_EVERY = datetime.timedelta(seconds=60)


class PortalDoor:
    """Opens the customer's scope for a page of the portal, in the customer's language, or leads to the front page."""

    def __init__(self, get_response: Respond) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a page of the portal; every other page passes untouched."""
        name = _name_of(request)
        if not name.startswith("portal"):
            return self._get_response(request)
        now = timezone.now()
        session = portal_session_of(request.COOKIES.get(settings.PORTAL_COOKIE_NAME, ""), at=now)
        _give(request, session)
        language = session.language if session else translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self._answer(request, name, session, now)
        response.headers.setdefault("Content-Language", language)
        return response

    def _answer(
        self, request: HttpRequest, name: str, session: PortalSession | None, now: datetime.datetime
    ) -> HttpResponseBase:
        if name in PUBLIC:
            return self._get_response(request)
        if session is None:
            return _to_front(request)
        if now - session.seen_at > _SEEN_EVERY:
            note_portal_session(session=session, at=now)
        with acting(actor=actor_of_portal(session), scope=scope_of_portal(session)):
            if not session.is_identified and name not in BY_CODE:
                return render(request, "portal/identify.html", status=403)
            response = self._get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response


def is_portal_page(request: HttpRequest) -> bool:
    """Tell whether the door of the portal has taken this request."""
    return hasattr(request, "portal")


def portal_of(request: HttpRequest) -> PortalSession | None:
    """Give the session of the portal, or None on its public pages before sign-in."""
    found: PortalSession | None = getattr(request, "portal", None)
    return found


def signed_in(request: HttpRequest) -> PortalSession:
    """Give the session of a page that the door gives only to who signed in."""
    session = portal_of(request)
    assert session is not None
    return session


def actor_of_portal(session: PortalSession) -> Actor:
    """Give the actor that logs name for this session."""
    return Actor.customer(session.person_id)


def scope_of_portal(session: PortalSession) -> Scope:
    """Give what the pages of this session may reach."""
    return Scope.portal(customers=session.shown, is_identified=session.is_identified)


def keep_cookie(response: HttpResponse, name: str, value: str, *, age_s: int | None = None) -> None:
    """Give the browser a cookie that no script reads and that no other site sends along."""
    response.set_cookie(
        name, value, max_age=age_s, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )


def forget_cookie(response: HttpResponse, name: str) -> None:
    """Take a cookie of the portal from the browser."""
    response.set_cookie(name, "", max_age=0, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax")


def _give(request: HttpRequest, session: PortalSession | None) -> None:
    holder: Any = request
    holder.portal = session


def _to_front(request: HttpRequest) -> HttpResponse:
    """Lead to the front page, which says it where a session has ended."""
    had_one = bool(request.COOKIES.get(settings.PORTAL_COOKIE_NAME))
    response = HttpResponseRedirect(reverse("portal-front") + ("?ended" if had_one else ""))
    if had_one:
        forget_cookie(response, settings.PORTAL_COOKIE_NAME)
    return response


def _name_of(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).view_name or ""
    except Resolver404:
        return ""
