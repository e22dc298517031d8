"""The public privacy notice: all that the register description says, from the data map and the seed.

Nobody signs in to read it and it sets no cookie: each language has its address.
"""

import datetime
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from register.datamap.held import held_items
from register.datamap.vocabulary import SOURCES, Section
from register.identity.models import Controller

# The day on which the words last changed; a change of the notice changes it.
UPDATED_ON: Final = datetime.date(2026, 11, 25)
LANGUAGES: Final = {"fi": "Suomeksi", "sv": "På svenska", "en": "In English"}
_FIRST: Final = "fi"


@require_safe
def notice(request: HttpRequest, language: str = _FIRST) -> HttpResponse:
    """Show the notice in one of the three languages; others there are none."""
    if language not in LANGUAGES:
        raise Http404
    with translation.override(language):
        response = render(request, "privacy/notice.html", notice_context(language))
    response.headers["Content-Language"] = language
    return response


def notice_context(language: str) -> dict[str, Any]:
    """Give what the notice tells: the controllers, the items by section, and the other languages."""
    controllers = list(Controller.objects.order_by("pk"))
    return {
        "language": language,
        "others": [(code, name) for code, name in LANGUAGES.items() if code != language],
        "updated_on": UPDATED_ON,
        "controllers": controllers,
        "contact": controllers[0] if controllers else None,
        "sections": [(section, held_items(section)) for section in Section],
        "outside_sources": SOURCES[2:],
    }
