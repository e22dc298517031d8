"""Which right a page needs, and the scope that it gives: the controllers at which the account holds just that right.

Dangerous if wrong: a role is given for a controller. A scope made of all controllers of an account, with the
rights of all its roles, would let an agent of one read the other's invoices because they meter there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from register.access.scope import Scope, current_scope
from register.audit.acting import acting
from register.identity.models import Account, Controller
from register.identity.queries import actor_of, has_committed
from register.identity.roles import sees_persons

Page = Callable[..., HttpResponse]
_WRITES = {"_add": "add", "_change": "change"}


def needs(*permissions: str, post: str = "") -> Callable[[Page], Page]:
    """Give a page only to those who hold these rights at one controller at least; a POST needs `post` as well.

    The scope of the request, opened by ScopeMiddleware, is made of the same rights.
    """

    def decorate(page: Page) -> Page:
        @wraps(page)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            account = request.user
            wanted = _wanted((permissions, post), request)
            if not isinstance(account, Account) or not account.is_active or not account.controller_ids(*wanted):
                raise PermissionDenied
            return page(request, *args, **kwargs)

        guarded.needs = (permissions, post)  # type: ignore[attr-defined]
        return guarded

    return decorate


def rights_of_page(request: HttpRequest) -> tuple[str, ...]:
    """Give the rights that the page asked for needs; none where it names none."""
    try:
        found = resolve(request.path_info)
    except Resolver404:
        return ()
    declared = getattr(found.func, "needs", None)
    if declared is not None:
        return _wanted(declared, request)
    model_admin = getattr(found.func, "model_admin", None)
    if model_admin is None:
        return ()
    name, is_write = found.url_name or "", request.method == "POST"
    action = next((act for end, act in _WRITES.items() if name.endswith(end) and (is_write or act == "add")), "view")
    return (f"{model_admin.opts.app_label}.{action}_{model_admin.opts.model_name}",)


def scope_of(account: Account, *permissions: str) -> Scope:
    """Give the scope in which an account uses these rights.

    Its controllers are those at which it holds them all; persons are the group's, so any role opens them.
    Without rights the scope is what all roles of the account have in common. Without a commitment it is empty.
    """
    if not has_committed(account):
        return Scope.staff(controllers=(), persons=False)
    return Scope.staff(controllers=account.controller_ids(*permissions), persons=sees_persons(account.roles()))


@contextmanager
def using(account: Account, *permissions: str) -> Iterator[None]:
    """Hold the scope of other rights than those of the page, for a part of it."""
    with acting(actor=actor_of(account), scope=scope_of(account, *permissions)):
        yield


def holds_throughout(account: Account, permission: str) -> bool:
    """Tell whether the account holds a right at every controller of the open scope: what is shown beside is too."""
    scope = current_scope()
    return account.has_perm(permission) and (
        scope is None or set(scope.controllers) <= set(account.controller_ids(permission))
    )


def holds_everywhere(account: Account, permission: str) -> bool:
    """Tell whether the account holds a right at every controller of the register, as what is of all of them needs."""
    everywhere = set(Controller.objects.values_list("pk", flat=True))
    return account.is_active and everywhere <= set(account.controller_ids(permission))


def _wanted(declared: tuple[tuple[str, ...], str], request: HttpRequest) -> tuple[str, ...]:
    permissions, post = declared
    return (*permissions, post) if post and request.method == "POST" else permissions
