"""The Django application of this folder."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    name = "retention"
    label = "retention"
    verbose_name = _("retention")
    default_auto_field = "django.db.models.BigAutoField"
