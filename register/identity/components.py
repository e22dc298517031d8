"""The small pieces of the look that Python code puts into a page: an icon, a status, a controller's name.

A status is a shape and a word, never colour alone; the same templates serve `{% status %}` in a page.
"""

from typing import Final, Protocol

from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

STATUS_ICONS: Final = {
    "ok": "circle-check",
    "warn": "alert-triangle",
    "bad": "alert-circle",
    "info": "clock",
    "run": "refresh",
    "wait": "circle-dashed",
    "off": "circle-minus",
}


class NamedController(Protocol):
    """What the tag of a controller needs to know of it."""

    code: str
    name: str
    short_name: str


def icon(name: str, size: str = "") -> SafeString:
    """Return the icon of that name; `size` is "" (18 px), "s" (16 px) or "l" (24 px)."""
    return format_html(
        '<svg class="reg-i{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        f" reg-i--{size}" if size else "",
        static("register/icons.svg"),
        name,
    )


def status(kind: str, text: str, icon_name: str = "") -> SafeString:
    """Return a status: `kind` is a key of STATUS_ICONS, `text` the word, `icon_name` another shape than its own."""
    return render_to_string(
        "components/_status.html",
        {"kind": kind, "text": text, "icon_name": icon_name or STATUS_ICONS[kind]},
    )


def controller_tag(controller: NamedController) -> SafeString:
    """Return the controller's short name with its mark: a round dot for energy, a square for network."""
    return render_to_string("components/_controller.html", {"controller": controller})
