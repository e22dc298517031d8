"""Reads of recordings: the calls of a customer, with the day they go and who listened last."""

import datetime
from dataclasses import dataclass
from uuid import UUID

from recordings.models import Listening, Recording
from register.datamap.schedule import RECORDING_1_YEAR

SHOWN = 8


@dataclass(frozen=True)
class Call:
    """A recorded call as the panel shows it."""

    recording: Recording
    goes_on: datetime.date
    listenings: list[Listening]

    @property
    def length(self) -> str:
        """The length as minutes and seconds."""
        return f"{self.recording.duration_s // 60}.{self.recording.duration_s % 60:02}"


def calls_of(customer_id: UUID) -> tuple[int, list[Call]]:
    """Give how many recorded calls a customer has, and the latest."""
    rows = Recording.objects.filter(customer=customer_id)
    shown = rows.select_related("controller").prefetch_related("listenings").order_by("-called_at")[:SHOWN]
    return rows.count(), [
        Call(row, RECORDING_1_YEAR.day_of_deletion(row.called_on), list(row.listenings.all())) for row in shown
    ]


def recording_or_none(recording_id: UUID) -> Recording | None:
    """Give a recording that the scope shows."""
    return Recording.objects.filter(pk=recording_id).select_related("customer").first()
