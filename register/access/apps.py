"""The Django application of this folder."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "register.access"
    label = "access"
    verbose_name = _("access")
    default_auto_field = "django.db.models.BigAutoField"
