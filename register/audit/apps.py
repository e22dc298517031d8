"""The Django application of this folder; it registers what goes to the change log."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "register.audit"
    label = "audit"
    verbose_name = _("logs")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the models once all are loaded."""
        from .registration import register_models

        register_models()
