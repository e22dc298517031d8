"""What a customer chooses of marketing on the portal: each purpose on each channel, from this moment."""

import datetime
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.utils import translation

from customers.models import MarketingPermission
from customers.operations import set_marketing_permission
from dsar.models import Request
from register.access.scope import Actor, Scope
from register.audit.acting import acting


def choose_marketing(
    *, customer_id: UUID, choices: Mapping[tuple[str, str], bool], actor: Actor, at: datetime.datetime
) -> int:
    """Set what is allowed, by (channel, purpose), where it differs from what is in force; return how many changed.

    What was never asked and stays unticked is left as it is. Source: clause G3. Raises: UnableToSetPermission.
    """
    rows = MarketingPermission.objects.filter(
        customer=customer_id, ended_at__isnull=True, ground=MarketingPermission.Ground.CUSTOMER
    )
    held = {(row.channel, row.purpose): row.is_allowed for row in rows}
    changes = {key: allowed for key, allowed in choices.items() if held.get(key, False) != allowed}
    with translation.override(settings.LANGUAGE_CODE):  # in the register's language, whatever the session speaks
        told_by = str(Request.Channel.PORTAL.label)
    # The list of objections is reached by no customer: the act itself is done in the scope of a service.
    with acting(actor=actor, scope=Scope.service("choose-marketing")):
        for (channel, purpose), allowed in changes.items():
            set_marketing_permission(
                customer_id=customer_id,
                channel=channel,
                purpose=purpose,
                is_allowed=allowed,
                told_by=told_by,
                actor=actor,
                at=at,
            )
    return len(changes)
