"""The side menu of the staff pages: the apps in their fixed order, and in them what this person may open.

It is built from the admin site's registry and the URL names that exist, so an app that is not there leaves no gap.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from register.identity.roles import Role

Words = str | Promise


@dataclass(frozen=True)
class Page:
    """A page of the menu: its label and URL name, and the roles that find it there (none named: everybody)."""

    label: Words
    name: str
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Section:
    """A section of the menu: its own page is the first that exists, else the list of its app's tables."""

    label: Words
    icon: str
    app: str = ""
    front: tuple[str, ...] = ()
    pages: tuple[Page, ...] = ()


@dataclass
class Link:
    """What the template draws."""

    label: Words
    url: str
    icon: str = ""
    current: str = ""
    children: list["Link"] = field(default_factory=list)


_ASKED = frozenset({Role.AGENT, Role.DPO, Role.ADMINISTRATOR})
_RECORD = frozenset({Role.DPO, Role.ADMINISTRATOR})
SECTIONS: tuple[Section, ...] = (
    Section(_("Dashboard"), "home", front=("staff-dashboard", "admin:index")),
    Section(_("Customers"), "users", "customers", front=("staff-customers",)),
    Section(_("Metering points"), "map-pin", "sites", front=("staff-sites",)),
    Section(
        _("Billing"),
        "file-invoice",
        "billing",
        front=("staff-billing",),
        pages=(
            Page(_("Payments to be sorted out"), "staff-payment-cases", frozenset({Role.BILLING, Role.ADMINISTRATOR})),
        ),
    ),
    Section(_("Recordings"), "microphone", "recordings", front=("staff-recordings",)),
    Section(
        _("Requests"),
        "inbox",
        pages=(Page(_("Queue"), "staff-requests", _ASKED), Page(_("Record of processing"), "staff-record", _RECORD)),
    ),
    Section(
        _("Retention"),
        "hourglass",
        "retention",
        front=("staff-retention",),
        pages=(Page(_("Retention schedule"), "staff-retention-schedule", _RECORD),),
    ),
    Section(
        _("Imports"),
        "file-import",
        pages=(
            Page(
                _("What came in"),
                "staff-imports",
                frozenset({Role.BILLING, Role.METERING, Role.MARKETING, Role.ADMINISTRATOR}),
            ),
        ),
    ),
    Section(_("Reports"), "report", front=("staff-reports",)),
    Section(_("Logs"), "history", "audit", front=("staff-logs",)),
    Section(_("Accounts and roles"), "settings", "identity", front=("staff-accounts",)),
)


def staff_menu(request: HttpRequest) -> list[Link]:
    """Return the sections that exist and are permitted, the one of the open page with its tables below it."""
    apps = {app["app_label"]: app for app in admin.site.get_app_list(request)}
    links = []
    for section in SECTIONS:
        app = apps.get(section.app)
        children = [*_pages(request, section.pages), *_tables(app)]
        url = _first_url(request, section.front) if (app or not section.app) else ""
        url = url or (children[0].url if children else "")
        if url:
            links.append(Link(section.label, url, section.icon, children=children))
    _mark_current(request.path, links)
    return links


def in_order(apps: Iterable[dict]) -> list[dict]:
    """Sort the admin site's apps as the menu has them."""
    places = {section.app: number for number, section in enumerate(SECTIONS)}
    return sorted(apps, key=lambda app: places.get(app["app_label"], len(places)))


def _first_url(request: HttpRequest, names: Iterable[str]) -> str:
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def _pages(request: HttpRequest, pages: Iterable[Page]) -> list[Link]:
    roles = request.user.roles() if request.user.is_authenticated else frozenset()
    links = []
    for page in pages:
        url = _first_url(request, (page.name,)) if not page.roles or page.roles & roles else ""
        if url:
            links.append(Link(page.label, url))
    return links


def _tables(app: dict | None) -> list[Link]:
    if app is None:
        return []
    return [Link(capfirst(str(model["name"])), model["admin_url"]) for model in app["models"] if model["admin_url"]]


def _mark_current(path: str, links: list[Link]) -> None:
    """The longest address that the open one begins with is current; its section opens."""
    best: tuple[int, Link, Link | None] | None = None
    for link in links:
        candidates: list[tuple[str, Link | None]] = [(link.url, None)]
        candidates += [(child.url, child) for child in link.children]
        for url, child in candidates:
            fits = path == url if link.icon == "home" else path.startswith(url)
            if fits and (best is None or len(url) >= best[0]):
                best = (len(url), link, child)
    for link in links:
        is_open = best is not None and best[1] is link
        if not is_open:
            link.children = []
            continue
        link.current = "page" if best and best[2] is None else "true"
        if best and best[2] is not None:
            best[2].current = "page"
