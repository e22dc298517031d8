"""What each role of staff may do: the access levels of clause X2, in one table.

A permission is `app.action_model`; a pattern may end with a star. Rows are limited further by the
controllers of the grants, in the database.
"""

from fnmatch import fnmatchcase

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The tasks for which access is given."""

    AGENT = "agent", _("customer service")
    BILLING = "billing", _("billing")
    METERING = "metering", _("network and metering")
    MARKETING = "marketing", _("marketing")
    DPO = "dpo", _("data protection officer")
    ADMINISTRATOR = "administrator", _("administrator")


# To open a masked value with a reason; no model's permission, and no pattern of an app covers it.
OPENS_MASKED = "masked.open_value"
# What lets everything on a person out of the register, past both companies; counts only where held at each of them.
CHECKS_IDENTITY = "release.check_identity"
MAKES_PACKAGE = "release.make_package"
GIVES_PACKAGE = "release.give_package"
_RELEASES = (CHECKS_IDENTITY, MAKES_PACKAGE, GIVES_PACKAGE)
_VIEW_ALL = ("customers.view_*", "sites.view_*", "billing.view_*", "recordings.view_*", "retention.view_*")
_PERMISSIONS: dict[Role, tuple[str, ...]] = {
    Role.AGENT: (
        "customers.*_customer",
        "customers.*_representative",
        "customers.*_mandate",
        "customers.*_marketingpermission",
        "customers.*_contact",
        "customers.view_*",
        "sites.*_contract",
        "sites.view_*",
        "billing.view_*",
        "recordings.view_recording",
        "dsar.*_request",
        OPENS_MASKED,
    ),
    Role.BILLING: ("customers.view_*", "sites.view_*", "sites.*_product*", "billing.*", "work.*", OPENS_MASKED),
    Role.METERING: ("customers.view_customer", "sites.*", "work.*"),
    Role.MARKETING: ("customers.view_*", "customers.*_prospect", "customers.*_marketingpermission", "work.*"),
    Role.DPO: (
        *_VIEW_ALL,
        "retention.*",
        "dsar.*",
        "audit.view_*",
        "work.view_*",
        "customers.*_disclosure",
        OPENS_MASKED,
        *_RELEASES,
    ),
    Role.ADMINISTRATOR: (
        "identity.*",
        "work.*",
        "customers.*",
        "sites.*",
        "billing.*",
        "recordings.*",
        "retention.view_*",
        "audit.view_*",
        "dsar.*",
        OPENS_MASKED,
        *_RELEASES,
    ),
}
_SEES_PERSONS = frozenset(Role)


def permits(roles: frozenset[Role], perm: str) -> bool:
    """Tell whether one of the roles permits `app.action_model`; nothing permits deletion."""
    if ".delete_" in perm:
        return False
    return any(fnmatchcase(perm, pattern) for role in roles for pattern in _PERMISSIONS[role])


def permits_module(roles: frozenset[Role], app_label: str) -> bool:
    """Tell whether one of the roles permits anything of the app."""
    return any(pattern.split(".")[0] == app_label for role in roles for pattern in _PERMISSIONS[role])


def sees_persons(roles: frozenset[Role]) -> bool:
    """Tell whether one of the roles reaches rows about persons."""
    return bool(roles & _SEES_PERSONS)


def may_reveal(roles: frozenset[Role]) -> bool:
    """Tell whether one of the roles may open a masked value with a reason."""
    return permits(roles, OPENS_MASKED)
