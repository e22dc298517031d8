"""Headers that every response carries and Django has no setting for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class ResponseHeaders:
    """Keep responses out of caches and other sites' pages.

    What a signed-in person sees is personal data: no cache may keep it. Static files,
    which hold none, set their own Cache-Control before this is asked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", _POLICY)
        if "Cache-Control" not in response.headers or _is_signed_in(request):
            response.headers["Cache-Control"] = "no-store"
        return response


def _is_signed_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated
