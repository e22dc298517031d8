"""The Django application of this folder."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IdentityConfig(AppConfig):
    name = "register.identity"
    label = "identity"
    verbose_name = _("accounts and roles")
    default_auto_field = "django.db.models.BigAutoField"
