"""What every staff template knows: the languages to choose from, and whether the data is a demonstration."""

from typing import Any

from django.http import HttpRequest

from register.work.queries import is_demonstration

_OFFERED = (("fi", "Suomi"), ("en", "English"))


def staff_frame(request: HttpRequest) -> dict[str, Any]:
    """Give what the frame and the sign-in page show; the question is asked only by a page that shows the answer."""
    return {"languages_offered": _OFFERED, "is_demonstration": is_demonstration}
