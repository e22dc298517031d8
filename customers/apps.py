"""The Django application of this folder."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    label = "customers"
    verbose_name = _("customers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare what can be imported from tables."""
        import customers.imports  # noqa: F401
