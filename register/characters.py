"""Refuses a request that has a NUL character in its address or in a field: no text in PostgreSQL can hold one."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase, QueryDict

_NUL = "\0"


class NoNulCharacters:
    """Answer 400 where a NUL came along; without this the query that it reaches would fail with a 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Look at the address. Raises: BadRequest."""
        if _NUL in request.path_info or _has_nul(request.GET):
            raise BadRequest("NUL in the address")
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Look at the fields of a form, once it is known to be ours. Raises: BadRequest."""
        if request.method == "POST" and _has_nul(request.POST):
            raise BadRequest("NUL in a field")


def _has_nul(fields: QueryDict) -> bool:
    return any(_NUL in name or any(_NUL in value for value in values) for name, values in fields.lists())
