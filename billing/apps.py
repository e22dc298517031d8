"""The Django application of this folder."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    label = "billing"
    verbose_name = _("billing")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare what can be imported from files."""
        import billing.imports  # noqa: F401
