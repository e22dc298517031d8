"""The Django application of this folder."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DsarConfig(AppConfig):
    name = "dsar"
    label = "dsar"
    verbose_name = _("requests")
    default_auto_field = "django.db.models.BigAutoField"
