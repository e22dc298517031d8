"""Registers the models whose single changes go to the change log; which columns are masked is read from them."""

from typing import Any

from auditlog.registry import auditlog
from django.db import models

from register.crypto.fields import EncryptedTextField
from register.datamap.map import Kind
from register.datamap.registry import declared_models

MASK = "•••"
_UNLOGGED_APPS = {"audit", "work", "retention"}
_LOGGED_ALL_THE_SAME = {"retention.Hold"}  # an act of a person on somebody's data, unlike plans and ledgers
# Of a sign-in to the portal the use of a service tells; its rows live for minutes.
_SHORT_LIVED = {"PortalSession", "SignInCode"}
_NEVER_WRITTEN = {"password", "last_login"}


def register_models() -> None:
    """Log every single change of every declared model, but for logs, work, plans, derived rows and consumption.

    Encrypted columns and their indexes stand masked: that they changed is told, never from what to what.
    Consumption has its import as its source and keeps what a correction replaced.
    """
    for model, data_map in declared_models():
        if data_map.kind is Kind.DERIVED or not _is_plain(model) or _is_unlogged(model):
            continue
        fields = [field for field in model._meta.concrete_fields if not _is_never_written(field)]
        auditlog.register(
            model,
            include_fields=[field.name for field in fields],
            mask_fields=[field.name for field in fields if isinstance(field, EncryptedTextField)],
            mask_callable="register.audit.registration.masked",
        )


def masked(value: str) -> str:
    """Give the same mask for every value; an empty one stays empty."""
    return MASK if value not in ("", "None") else value


def _is_never_written(field: "models.Field[Any, Any]") -> bool:
    return field.primary_key or field.name in _NEVER_WRITTEN or isinstance(field, models.BinaryField)


def _is_unlogged(model: type[models.Model]) -> bool:
    return model._meta.app_label in _UNLOGGED_APPS and model._meta.label not in _LOGGED_ALL_THE_SAME


def _is_plain(model: type[models.Model]) -> bool:
    return model._meta.managed and model.__name__ not in {"ConsumptionCorrection", *_SHORT_LIVED}
