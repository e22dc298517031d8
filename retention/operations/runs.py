"""Runs of the retention rules from planning to their end. One at a time; killed anywhere, the next call continues.

Only the purge role can carry these out; the application asks for them (`ask_for_purge`).
"""

import datetime
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from register.access.scope import Actor
from register.version import software_version
from retention.aggregates import Aggregate, aggregates
from retention.eligibility import HELSINKI, eligible, holds_on, is_due, is_held, rows
from retention.erasers import AFTER_DAYS
from retention.models import Approval, PlanRow, RetentionRun, StopSwitch
from retention.queries import LONGEST_GAP, backlog, exceeds_forecast

from .chunks import Outcome, delete_chunk
from .planning import write_plan

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime.datetime]
State = RetentionRun.State

_LOCK = zlib.crc32(b"retention.run") & 0x7FFFFFFF
_WAITS_FOR_LOCKS = {"55P03", "40P01", "40001"}  # lock not available, deadlock, serialization failure
_PASSES = 5


class UnableToPurge(Exception):
    """The purge cannot begin: another one runs, or the day has not come."""


class UnableToApprove(Exception):
    """There is no plan that waits, or it is not the one that was looked at."""


@dataclass
class Pace:
    """How many rows a chunk takes: as many as are gone in `target_s`, so that locks are short."""

    keys: int = 500
    day_rows: int = 20_000
    target_s: float = 1.0
    fixed: bool = False

    def of(self, aggregate: Aggregate) -> int:
        """Give the size of the next chunk."""
        return self.keys if aggregate.is_keyed else self.day_rows

    def took(self, aggregate: Aggregate, seconds: float) -> None:
        """Learn from a chunk."""
        if self.fixed:
            return
        factor = min(2.0, max(0.25, self.target_s / max(seconds, 0.001)))
        if aggregate.is_keyed:
            self.keys = int(min(5_000, max(20, self.keys * factor)))
        else:
            self.day_rows = int(min(500_000, max(1_000, self.day_rows * factor)))


Progress = Callable[[RetentionRun], bool]


def purge(
    *,
    actor: Actor,
    clock: Clock,
    as_of: datetime.date | None = None,
    pace: Pace | None = None,
    progress: Progress = lambda _run: True,
    pause: Callable[[float], None] = time.sleep,
) -> RetentionRun:
    """Delete what is due on `as_of` (today), or continue the run that was not finished, and give the run.

    It ends done, failed, stopped (by the switch, or because `progress` said no) or waiting for a person's word.
    Raises: UnableToPurge.
    """
    at = clock()
    today = at.astimezone(HELSINKI).date()
    as_of = as_of or today
    if as_of > today:
        raise UnableToPurge(_("The day has not come: what is not due is not deleted."))
    with _alone():
        run = _open_run(actor=actor, at=at, as_of=as_of)
        if run.state == State.WAITING:
            return run
        return _Carrier(run, clock, pace or Pace(), progress, pause).carry_out()


def preview(*, actor: Actor, at: datetime.datetime, as_of: datetime.date) -> RetentionRun:
    """Plan what would go on `as_of`, any day, and delete nothing. The preview before is forgotten."""
    with transaction.atomic():
        former = RetentionRun.objects.filter(kind=RetentionRun.Kind.PREVIEW)
        PlanRow.objects.filter(run__in=former).delete()
        former.delete()
        run = _new_run(RetentionRun.Kind.PREVIEW, actor, at, as_of)
        write_plan(run)
        run.state, run.finished_at = State.DONE, at
        run.save(update_fields=["state", "finished_at"])
        return run


def approve_run(*, run: RetentionRun, plan_hash: str, actor: Actor, at: datetime.datetime) -> Approval:
    """Give one's word that this plan, and no other, may be carried out; the next purge does.

    A person who asked for the run does not approve it; what a service asked for, any one person does.
    Raises: UnableToApprove.
    """
    if run.state != State.WAITING:
        raise UnableToApprove(_("No plan waits for approval."))
    if plan_hash != run.plan_hash:
        raise UnableToApprove(_("The plan has changed since you looked at it. Look at it again."))
    word = f"{actor.kind}:{actor.id}"
    if word == _person_who_asked(run):
        raise UnableToApprove(_("You asked for this run: another person must approve it."))
    return Approval.objects.create(run=run, plan_hash=plan_hash, approved_by=word, approved_at=at)


def is_stopped() -> bool:
    """Tell whether the switch stops all purging."""
    return StopSwitch.objects.filter(released_at__isnull=True).exists()


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of the one run; the connection's death gives it back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise UnableToPurge(_("Another purge is running."))
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _open_run(*, actor: Actor, at: datetime.datetime, as_of: datetime.date) -> RetentionRun:
    """Give the run that is not finished, its plan made, or a new one."""
    runs = RetentionRun.objects.filter(kind=RetentionRun.Kind.RUN)
    run = runs.exclude(state__in=[State.DONE, State.FAILED]).first()
    if run is not None and run.state == State.WAITING:
        if _is_approved(run):
            _set_state(run, State.RUNNING)
        elif run.as_of < as_of:
            # Nobody gave their word yet: the plan that they will see is today's.
            run.as_of = as_of
            asker = f"{actor.kind}:{actor.id}"
            run.asked_by = asker if _person_in(asker) else run.asked_by
            run.save(update_fields=["as_of", "asked_by"])
            _make_plan(run)
        return run
    if run is None:
        run = _new_run(RetentionRun.Kind.RUN, actor, at, as_of)
    if run.state == State.PLANNING:
        _make_plan(run)
    return run


def _new_run(kind: str, actor: Actor, at: datetime.datetime, as_of: datetime.date) -> RetentionRun:
    return RetentionRun.objects.create(
        kind=kind,
        as_of=as_of,
        asked_by=f"{actor.kind}:{actor.id}",
        started_at=at,
        software_version=software_version(),
    )


def _make_plan(run: RetentionRun) -> None:
    with transaction.atomic():
        old_count = backlog(run=run)  # asked before the plans of earlier runs are forgotten
        write_plan(run)
        run.asks = _why_it_asks(run, old_count) if run.planned_count else ""
        run.is_first = run.asks == RetentionRun.Asks.FIRST
        run.state = State.WAITING if run.asks else State.RUNNING
        run.save(update_fields=["is_first", "asks", "state"])


def _why_it_asks(run: RetentionRun, old_count: int) -> str:
    """Say why a plan needs a person's word; nothing where it is routine."""
    runs = RetentionRun.objects.filter(kind=RetentionRun.Kind.RUN)
    # A run that found nothing has deleted nothing: what an import brings after it is still the first backlog.
    if not runs.filter(gone_count__gt=0).exists():
        return RetentionRun.Asks.FIRST
    carried_out = Q(state=State.DONE) | Q(state=State.FAILED, gone_count__gt=0)
    done = runs.filter(carried_out).order_by("-as_of", "-started_at").first()
    if done is None or run.as_of - done.as_of > LONGEST_GAP:
        return RetentionRun.Asks.GAP
    if old_count:
        return RetentionRun.Asks.BACKLOG
    return RetentionRun.Asks.FORECAST if exceeds_forecast(run=run, former=done) else ""


def _is_approved(run: RetentionRun) -> bool:
    own = _person_who_asked(run)
    return run.approvals.filter(plan_hash=run.plan_hash).exclude(approved_by=own).exists()


def _person_who_asked(run: RetentionRun) -> str:
    return _person_in(run.asked_by)


def _person_in(asked_by: str) -> str:
    """Give the person who asked, directly or through the worker ("service:staff:..."); nothing for a service."""
    asker = asked_by.removeprefix("service:")
    return asker if asker.startswith("staff:") else ""


def _set_state(run: RetentionRun, state: str, **fields: Any) -> None:
    run.state = state
    for name, value in fields.items():
        setattr(run, name, value)
    run.save(update_fields=["state", *fields])


class _Carrier:
    """Carries out the plan of a run, chunk by chunk, pass after pass, until nothing of it is left that can go."""

    def __init__(
        self, run: RetentionRun, clock: Clock, pace: Pace, progress: Progress, pause: Callable[[float], None]
    ) -> None:
        self.run, self.clock, self.pace, self.progress, self.pause = run, clock, pace, progress, pause

    def carry_out(self) -> RetentionRun:
        """Go through the plan and close the run."""
        if self.run.state == State.STOPPED and not is_stopped():
            _set_state(self.run, State.RUNNING)
        try:
            for number in range(_PASSES):
                before = self.run.gone_count
                for aggregate in aggregates():
                    if not self._go_through(aggregate):
                        _set_state(self.run, State.STOPPED)
                        return self.run
                if not self.run.plan.exists():
                    break
                if number and self.run.gone_count == before:
                    break
                self.pause(0.2 * number)
            self._close()
        except (OperationalError, InterfaceError):
            # The database is gone or ends the session: the next call continues where the plan is.
            raise
        except DatabaseError as error:
            log.exception("purge_failed", run=str(self.run.pk))
            self._fail(_reason(error))
        return self.run

    def _go_through(self, aggregate: Aggregate) -> bool:
        """Delete what the plan has of one root; tell whether to go on."""
        after, days = None, set[datetime.date]()
        while True:
            if is_stopped():
                return False
            begun = time.monotonic()
            outcome = self._chunk(aggregate, after)
            if outcome is None:
                break
            self.pace.took(aggregate, time.monotonic() - begun)
            after = outcome.last
            days.update(outcome.days)
            if not self.progress(self.run):
                return False
        if days and aggregate.label in AFTER_DAYS:
            self._tidy(aggregate, sorted(days))
        return True

    def _chunk(self, aggregate: Aggregate, after: Any) -> Outcome | None:
        try:
            return delete_chunk(
                run=self.run, aggregate=aggregate, after=after, most=self.pace.of(aggregate), at=self.clock()
            )
        except OperationalError as error:
            if _sqlstate(error) not in _WAITS_FOR_LOCKS:
                raise
            log.warning("purge_waits_for_locks", table=aggregate.label)
            self.pause(0.5)
            return None  # the next pass tries again

    def _tidy(self, aggregate: Aggregate, days: list[datetime.date]) -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                AFTER_DAYS[aggregate.label](cursor, days)
        except DatabaseError as error:
            if _sqlstate(error) not in _WAITS_FOR_LOCKS | {"55006"}:
                raise
            log.warning("empty_month_stays", table=aggregate.label)

    def _close(self) -> None:
        """Name why what is left of the plan stays; the run is done only when nothing is left that could have gone."""
        left = 0
        with transaction.atomic():
            for aggregate in aggregates():
                if aggregate.is_keyed:
                    left += _name_spared(self.run, aggregate)
                else:
                    left += self.run.plan.filter(model=aggregate.label).count()
            spared = self.run.plan.exclude(spared="").count()
        at = self.clock()
        if left:
            _set_state(
                self.run,
                State.FAILED,
                spared_count=spared,
                finished_at=at,
                error=_("%(count)s rows are locked by others; the next run takes them.") % {"count": left},
            )
        else:
            _set_state(self.run, State.DONE, spared_count=spared, finished_at=at)

    def _fail(self, reason: str) -> None:
        _set_state(self.run, State.FAILED, error=reason[:500], finished_at=self.clock())


def _name_spared(run: RetentionRun, aggregate: Aggregate) -> int:
    """Write beside each key that is left why it stays, forget those that are gone; give the count of the others."""
    if not run.plan.filter(model=aggregate.label).exists():
        return 0
    holds = holds_on(run.as_of)
    due, parameters = is_due(aggregate, run.as_of)
    whole, more = eligible(aggregate, holds, run.as_of)
    held = " OR ".join(is_held(aggregate, holds)) or "false"
    parameters |= more | {"run": run.pk, "model": aggregate.label}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE retention_planrow q SET spared = CASE
                    WHEN r.{aggregate.key} IS NULL THEN 'gone' WHEN {whole} THEN ''
                    WHEN NOT ({due}) THEN 'not due' WHEN {held} THEN 'held' ELSE 'referred to' END
                FROM retention_planrow p LEFT JOIN {aggregate.table} r ON r.{aggregate.key} = p.key
                WHERE q.id = p.id AND p.run_id = %(run)s AND p.model = %(model)s""",
            parameters,
        )
    run.plan.filter(model=aggregate.label, spared="gone").delete()
    return int(
        rows(
            "SELECT count(*) FROM retention_planrow WHERE run_id = %(run)s AND model = %(model)s AND spared = ''",
            parameters,
        )[0][0]
    )


def _sqlstate(error: BaseException) -> str:
    return str(getattr(error.__cause__, "sqlstate", "") or "")


def _reason(error: DatabaseError) -> str:
    """The words of the database without its DETAIL, which may repeat values."""
    diagnostics = getattr(error.__cause__, "diag", None)
    words = str(getattr(diagnostics, "message_primary", "") or type(error).__name__)
    return _("The database refused a chunk: %(words)s. Nothing of that chunk is gone.") % {"words": words}
