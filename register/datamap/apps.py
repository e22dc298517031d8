"""The Django application of this folder."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DataMapConfig(AppConfig):
    name = "register.datamap"
    label = "datamap"
    verbose_name = _("data map")
    default_auto_field = "django.db.models.BigAutoField"
