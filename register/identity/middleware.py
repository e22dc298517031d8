"""Holds one transaction and the access scope of the signed-in account around the whole request.

Rendering is included (Django renders a TemplateResponse below this middleware), and a 5xx answer
rolls back: without that a view that failed half-way would commit. A stream opens its own scope.
"""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from register.identity.models import Account
from register.identity.portal import is_portal_page
from register.identity.rights import rights_of_page, using

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ScopeMiddleware:
    """Opens the scope of staff for a request; without a role or a commitment nothing is in it (X2, X4)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer within the account's scope for the rights that the page needs; the portal has opened its own."""
        if is_portal_page(request):
            return self.get_response(request)
        account = request.user
        if not isinstance(account, Account) or not account.is_active:
            return self.get_response(request)
        with using(account, *rights_of_page(request)):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response
