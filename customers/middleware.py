"""Puts the desk of the member of staff on the request, where the frame and the log of looks find it."""

import datetime
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from customers.desk import Desk
from register.identity.models import Account


class DeskMiddleware:
    """Stands within the scope of the request; nothing is read until a page asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the desk at hand."""
        account = request.user
        if isinstance(account, Account) and account.is_active:
            now = datetime.datetime.now(tz=datetime.UTC)  # a request is now
            setattr(request, "desk", Desk(account.pk, now))  # noqa: B010
        return self.get_response(request)
