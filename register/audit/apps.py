"""The Django application of this folder."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "register.audit"
    label = "audit"
    verbose_name = _("logs")
    default_auto_field = "django.db.models.BigAutoField"
