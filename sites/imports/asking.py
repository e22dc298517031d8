"""What the imports of tables and of other files share: who asked and still may, and one import for each preview."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Protocol
from uuid import UUID

from django.utils.translation import gettext as _

from register.access.refusing import Refusal, Words
from register.access.scope import Actor
from register.identity.models import Account
from register.work.models import Job
from register.work.operations import ask_for_work


class _Coded(Protocol):
    @property
    def code(self) -> str: ...


def asker_of(job: Job, permitted: Callable[[Account], Iterable[_Coded]], error: type[Refusal]) -> Account:
    """Give the person who asked, if they still may import that kind. Raises: `error`."""
    kind, _colon, key = job.asked_by.partition(":")
    account = Account.objects.filter(pk=UUID(key), is_active=True).first() if kind == "staff" else None
    if account is None or job.parameters["kind"] not in {each.code for each in permitted(account)}:
        raise error(_("The person who asked for the import may not import any more."))
    return account


def confirm_preview(
    *, preview: Job, work: str, unclean: Words, error: type[Refusal], actor: Actor, at: dt.datetime
) -> Job:
    """Ask once for the import of what was previewed without a fault, by who uploaded it. Raises: `error`."""
    asked = preview.parameters
    is_clean = preview.state == Job.State.DONE and preview.result.get("state") == "previewed"
    if preview.kind != work or not asked.get("is_preview") or not is_clean:
        raise error(unclean)
    if preview.asked_by != f"{actor.kind}:{actor.id}":
        raise error(_("Only the person who uploaded the file can confirm it."))
    same = Job.objects.filter(kind=work, parameters__source=asked["source"], parameters__is_preview=False)
    other = same.exclude(state=Job.State.FAILED).first()
    return other or ask_for_work(kind=work, actor=actor, at=at, parameters={**asked, "is_preview": False})
