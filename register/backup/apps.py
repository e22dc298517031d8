"""The Django application of this folder."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BackupConfig(AppConfig):
    name = "register.backup"
    label = "backup"
    verbose_name = _("backups")
