"""How an operation refuses: a plain sentence for whoever asked, never what the database tells of hidden rows.

A unique key sees rows that a policy hides, so the database's own words (DETAIL) are never passed on:
each constraint has one neutral sentence in the `refusals.py` of its app.
"""

from collections.abc import Callable, Mapping
from functools import cache, wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ParamSpec, TypeVar

from django.apps import apps
from django.db import DataError, IntegrityError, ProgrammingError, models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

P = ParamSpec("P")
R = TypeVar("R")
Words = str | Promise

_UNKNOWN = _("This cannot be saved: it does not agree with what the register already holds.")
_TOO_LONG = _("A value is too long or too large for its place.")
_NOT_YOURS = _("This belongs to the other company: your role does not let you save it.")
_STAYS = _("Whose it is stays as it was entered: it does not go over to the other company.")
# Where PostgreSQL checks a written row against the policies; its words are in the server's language.
_POLICY_CHECK = "ExecWithCheckOptions"


class Refusal(Exception):
    """An operation refuses. The sentence is for the person; `field` names what it is about, or is empty."""

    def __init__(self, sentence: Words, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field

    def __str__(self) -> str:
        return str(self.sentence)


def operation(error: type[Refusal]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function an operation: one transaction, and what the database refuses is raised as `error`."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except IntegrityError as fault:
                raise error(sentence_of(fault), field=field_of(fault)) from None
            except DataError:
                raise error(_TOO_LONG) from None
            except ProgrammingError as fault:
                if getattr(getattr(fault.__cause__, "diag", None), "source_function", None) != _POLICY_CHECK:
                    raise
                raise error(_NOT_YOURS) from None

        return run

    return decorate


def keep_controller(row: models.Model, values: Mapping[str, Any], error: type[Refusal]) -> None:
    """Refuse to give a row that stands in the register to another controller. Raises: `error`."""
    given = values.get("controller")
    if given is not None and not row._state.adding and given.pk != getattr(row, "controller_id", None):
        raise error(_STAYS, field="controller")


def sentence_of(fault: IntegrityError) -> Words:
    """Give the sentence of the constraint that a statement broke."""
    return sentences().get(_constraint_of(fault), _UNKNOWN)


def field_of(fault: IntegrityError) -> str:
    """Name the field at which the sentence of the broken constraint is meant, or nothing."""
    return fields().get(_constraint_of(fault), "")


@cache
def sentences() -> Mapping[str, Words]:
    """Give the sentences of all apps by the name of the constraint."""
    return _told("SENTENCES")


@cache
def fields() -> Mapping[str, str]:
    """Give the fields at which sentences are meant, by the name of the constraint."""
    return _told("FIELDS")


def _constraint_of(fault: IntegrityError) -> str:
    return getattr(getattr(fault.__cause__, "diag", None), "constraint_name", None) or ""


def _told(what: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for config in apps.get_app_configs():
        name = f"{config.name}.refusals"
        if config.models_module and find_spec(name):
            found.update(getattr(import_module(name), what, {}))
    return found
