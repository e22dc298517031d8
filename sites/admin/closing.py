"""What the tables of sites and contracts share on the admin site: a closed address stays closed in all of them."""

import datetime
from typing import Any, Final

from django.db import models
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.timezone import localdate, now
from django.utils.translation import gettext

from register.identity.components import status
from sites.models import (
    Site,
)
from sites.queries import with_protection

STATE: dict[str, str] = {"state": "state"}
ADDRESS: Final = ("street_address", "postal_code", "post_office", "district", "block", "plot")
COORDINATES: Final = ("latitude", "longitude")


def today() -> datetime.date:
    """Give the day on which a page is shown."""
    return localdate(now())


class AtSite:
    """A table whose rows stand at a site; where its address is closed, they are named without it."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Read the sites of a page at once, each with whether its address is closed."""
        sites = with_protection(Site.objects.all(), today())
        rows: models.QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return rows.prefetch_related(models.Prefetch("site", sites))


def closed_mark() -> SafeString:
    """Say that an address is closed."""
    return status("bad", gettext("Protected"), "shield-lock")
