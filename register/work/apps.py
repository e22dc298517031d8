"""The Django application of this folder."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkConfig(AppConfig):
    name = "register.work"
    label = "work"
    verbose_name = _("work")
    default_auto_field = "django.db.models.BigAutoField"
