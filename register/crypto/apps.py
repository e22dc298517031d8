"""The Django application of this folder."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CryptoConfig(AppConfig):
    name = "register.crypto"
    label = "crypto"
    verbose_name = _("encryption")
    default_auto_field = "django.db.models.BigAutoField"
