"""What an agent has at hand on every page: the call that runs and the pinned customers, read when first asked for."""

import datetime
from functools import cached_property
from typing import Final
from uuid import UUID

from customers.models import Customer, Pin, RunningCall

CALL_LASTS: Final = datetime.timedelta(minutes=45)
PIN_LASTS: Final = datetime.timedelta(days=30)
MOST_PINS: Final = 8


class Desk:
    """The desk of an account at a moment."""

    def __init__(self, account_id: UUID, at: datetime.datetime) -> None:
        self.account_id = account_id
        self.at = at

    @cached_property
    def call(self) -> RunningCall | None:
        """The call that runs; one that was not ended ends by itself."""
        rows = RunningCall.objects.filter(account_id=self.account_id, started_at__gt=self.at - CALL_LASTS)
        return rows.select_related("customer").defer(*_SECRETS).first()

    @cached_property
    def pins(self) -> list[Customer]:
        """The pinned customers, the latest first."""
        rows = Pin.objects.filter(account_id=self.account_id, pinned_at__gt=self.at - PIN_LASTS)
        found = rows.select_related("customer").defer(*_SECRETS).order_by("-pinned_at")[:MOST_PINS]
        return [row.customer for row in found]

    @property
    def pinned_ids(self) -> set[UUID]:
        """The keys of the pinned customers."""
        return {row.pk for row in self.pins}


_SECRETS = ("customer__identity_code", "customer__identity_code_index")
