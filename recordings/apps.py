"""The Django application of this folder."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordingsConfig(AppConfig):
    name = "recordings"
    label = "recordings"
    verbose_name = _("recordings")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare what can be imported from folders."""
        import recordings.imports  # noqa: F401
