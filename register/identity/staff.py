"""Pages of the person's own account: language, commitment, sessions, and the way out."""

from allauth.account.views import LogoutView
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from register.access.scope import Scope
from register.audit.acting import acting
from register.identity import operations
from register.identity.models import Account
from register.identity.queries import COMMITMENT_VERSION, actor_of, has_committed, open_sessions

_YEAR_S = 365 * 24 * 3600


def _next(request: HttpRequest) -> str:
    """Return where the person wanted to go, if it is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else reverse("admin:index")


def _account(request: HttpRequest) -> Account:
    """Return the account of a page that the gate gives only to staff."""
    assert isinstance(request.user, Account)
    return request.user


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and have the browser forget what it kept of it."""
    response = LogoutView.as_view()(request)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Change the language: of the account when signed in, else of this browser."""
    response = HttpResponseRedirect(_next(request) if request.POST.get("next") else reverse("account_login"))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        if isinstance(request.user, Account) and language in {"fi", "en"}:
            account, now = request.user, timezone.now()
            with acting(actor=actor_of(account), scope=Scope.staff(controllers=(), persons=True)):
                operations.choose_language(account=account, language=language, actor=actor_of(account), at=now)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=_YEAR_S,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        )
    return response


@require_http_methods(["GET", "POST"])
def commitment(request: HttpRequest) -> HttpResponse:
    """Show the commitment to confidentiality and record that it is accepted (clause X4)."""
    account = _account(request)
    if request.method == "POST" and request.POST.get("accepts") == "yes" and not has_committed(account):
        actor = actor_of(account)
        with acting(actor=actor, scope=Scope.staff(controllers=(), persons=True)):
            operations.record_commitment(
                account=account, text_version=COMMITMENT_VERSION, actor=actor, at=timezone.now()
            )
    if has_committed(account):
        return HttpResponseRedirect(_next(request))
    context = {"next": _next(request), "version": COMMITMENT_VERSION, "is_missing": request.method == "POST"}
    return render(request, "staff/commitment.html", context)


@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Show the account's open sessions; a POST ends all others."""
    account, this_key = _account(request), request.session.session_key
    held = open_sessions(account, at=timezone.now(), this_key=this_key)
    if request.method == "POST":
        others = [session.key for session in held if not session.is_this]
        operations.end_sessions(keys=others, actor=actor_of(account), at=timezone.now())
        return HttpResponseRedirect(reverse("staff-sessions"))
    return render(request, "staff/sessions.html", {"sessions": held})
