"""The Django application of this folder; it secures the schema after migrate."""

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def _secure(sender: AppConfig, using: str, **_kwargs: Any) -> None:
    """Secure the schema once, after the last app: all migrations are done by the first of these signals."""
    from .schema import secure_schema

    last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
    if sender is last:
        secure_schema(connections[using])


def _guard(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    from .guard import refuse_without_scope

    if refuse_without_scope not in connection.execute_wrappers:
        connection.execute_wrappers.append(refuse_without_scope)


class AccessConfig(AppConfig):
    name = "register.access"
    label = "access"
    verbose_name = _("access")

    def ready(self) -> None:
        """Connect the one signal of ours: grants and policies follow every migrate."""
        post_migrate.connect(_secure, dispatch_uid="register.access.secure")
        if getattr(settings, "REGISTER_STRICT_SCOPE", False):
            connection_created.connect(_guard, dispatch_uid="register.access.guard")
