"""What every staff template knows: the languages to choose from, and whether the data is a demonstration."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

_OFFERED = (("fi", "Suomi"), ("en", "English"))


def staff_frame(request: HttpRequest) -> dict[str, Any]:
    """Give what the frame and the sign-in page show."""
    return {"languages_offered": _OFFERED, "is_demonstration": not settings.IS_PRODUCTION}
