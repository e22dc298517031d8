"""How retention stands: for the dashboard's tile and the retention page."""

import datetime
from dataclasses import dataclass
from uuid import UUID

from register.identity.models import Account
from retention.eligibility import HELSINKI
from retention.models import Hold, RetentionRun, StopSwitch

from .outlook import overdue

PURGE_AT = datetime.time(2, 30)
_LATE = datetime.timedelta(hours=26)
REMIND_BEFORE = datetime.timedelta(days=14)
_ENDED_SHOWN = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Status:
    """What is overdue, when the next purge is, what is held, and whether purging goes on."""

    overdue_count: int
    next_purge_at: datetime.datetime
    hold_count: int
    stop: StopSwitch | None
    run: RetentionRun | None
    last_run: RetentionRun | None
    is_late: bool

    @property
    def is_stopped(self) -> bool:
        """Whether the switch stops all purging."""
        return self.stop is not None

    @property
    def stopped_by(self) -> str:
        """Who stopped it, by name."""
        return who_stopped(self.stop) if self.stop else ""

    @property
    def waits_for_approval(self) -> bool:
        """Whether a plan waits for a person's word."""
        return self.run is not None and self.run.state == RetentionRun.State.WAITING

    @property
    def needs_attention(self) -> bool:
        """Whether somebody has to look."""
        failed = self.last_run is not None and self.last_run.state == RetentionRun.State.FAILED
        return self.is_stopped or self.waits_for_approval or self.is_late or failed


def status(*, at: datetime.datetime) -> Status:
    """Tell how retention stands at a moment, as far as the scope of the caller reaches."""
    today = at.astimezone(HELSINKI).date()
    runs = RetentionRun.objects.filter(kind=RetentionRun.Kind.RUN)
    run, last = open_run(), runs.filter(finished_at__isnull=False).order_by("-finished_at").first()
    done = runs.filter(state=RetentionRun.State.DONE).order_by("-finished_at").first()
    in_force = Hold.objects.filter(released_at__isnull=True)
    return Status(
        overdue_count=sum(overdue(on=today).values()),
        next_purge_at=_next_purge(at),
        hold_count=sum(hold.is_in_force(today) for hold in in_force),
        stop=open_stop(),
        run=run,
        last_run=last,
        is_late=done is not None and done.finished_at is not None and at - done.finished_at > _LATE,
    )


def open_stop() -> StopSwitch | None:
    """Give the stop that is in force."""
    return StopSwitch.objects.filter(released_at__isnull=True).first()


def who_stopped(stop: StopSwitch) -> str:
    """Give the name of the person who stopped purging, or of the command."""
    kind, _colon, key = stop.stopped_by.partition(":")
    account = Account.objects.filter(pk=UUID(key)).first() if kind == "staff" else None
    return account.display_name if account else key or kind


def ending_holds(*, on: datetime.date) -> list[Hold]:
    """Give the holds that end within two weeks by themselves, the first first: what they cover may go then."""
    in_force = Hold.objects.filter(released_at__isnull=True)
    return list(in_force.filter(until_on__gt=on, until_on__lte=on + REMIND_BEFORE).order_by("until_on"))


def ended_holds(*, at: datetime.datetime, most: int = 10) -> list[Hold]:
    """Give the holds that ended in the last month, the latest first."""
    return list(Hold.objects.filter(released_at__gte=at - _ENDED_SHOWN).order_by("-released_at")[:most])


def open_run() -> RetentionRun | None:
    """Give the run that is neither done nor failed."""
    runs = RetentionRun.objects.filter(kind=RetentionRun.Kind.RUN)
    return runs.exclude(state__in=[RetentionRun.State.DONE, RetentionRun.State.FAILED]).first()


def run_shown(kind: str = RetentionRun.Kind.PREVIEW) -> RetentionRun | None:
    """Give the latest run of a kind."""
    return RetentionRun.objects.filter(kind=kind).order_by("-started_at").first()


def _next_purge(at: datetime.datetime) -> datetime.datetime:
    local = at.astimezone(HELSINKI)
    day = local.date() if local.time() < PURGE_AT else local.date() + datetime.timedelta(days=1)
    return datetime.datetime.combine(day, PURGE_AT, HELSINKI)
