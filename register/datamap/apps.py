"""The Django application of this folder; it registers the checks of the data map."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DataMapConfig(AppConfig):
    name = "register.datamap"
    label = "datamap"
    verbose_name = _("data map")

    def ready(self) -> None:
        """Make `manage.py check` look at the data map."""
        from . import checks  # noqa: F401
