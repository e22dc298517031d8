"""Imports that staff start by an upload: kept encrypted, previewed by a worker, imported when confirmed.

The worker acts as the person who asked, with the rights that this person has when it runs.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from register.access.refusing import Refusal
from register.access.scope import Actor, Scope
from register.audit.acting import acting
from register.crypto.files import EncryptedFile, file_of
from register.identity.models import Account
from register.identity.rights import scope_of
from register.work.models import ImportSource, Job
from register.work.operations import ask_for_work, keep_source, record_refusal, report_progress
from sites.consumption.importing import KIND
from sites.consumption.operations.files import import_consumption
from sites.consumption.outcomes import MOST_TOLD, FileOutcome, State
from sites.datahub.sources import SourceFile, files_in_archive

IMPORT_UPLOAD = "import-uploaded-consumption"
PERMISSION = "sites.add_consumptionday"
_ARCHIVE = b"PK\x03\x04"


class UnableToImportUpload(Refusal):
    """An upload cannot be imported, and why."""


def keep_upload(
    *, name: str, content: Iterable[bytes], sha256: str, mapping: Mapping[str, str], actor: Actor, at: dt.datetime
) -> Job:
    """Keep an uploaded file encrypted for its time and ask for its preview."""
    run = record_refusal(kind=KIND, sha256=sha256, actor=actor, at=at, faults=(), is_preview=True)
    source = keep_source(run=run, name=name, content=content, on=at.date())
    return _ask(str(source.pk), mapping, actor, at, is_preview=True)


def confirm_upload(*, preview: Job, actor: Actor, at: dt.datetime) -> Job:
    """Ask for the import of a file whose preview was seen.

    Raises: UnableToImportUpload.
    """
    asked = preview.parameters
    if preview.kind != IMPORT_UPLOAD or preview.state != Job.State.DONE or not asked.get("is_preview"):
        raise UnableToImportUpload(_("Only a finished preview can be confirmed."))
    if preview.asked_by != f"{actor.kind}:{actor.id}":
        raise UnableToImportUpload(_("Only the person who uploaded the file can confirm it."))
    for other in Job.objects.filter(
        kind=IMPORT_UPLOAD, parameters__source=asked["source"], parameters__is_preview=False
    ):
        if other.state != Job.State.FAILED:
            return other
    return _ask(asked["source"], asked["mapping"], actor, at, is_preview=False)


def import_upload(*, job: Job, now: Callable[[], dt.datetime]) -> dict[str, Any]:
    """Import or preview the upload that a job names; give counts, without a word of whom they are about.

    Raises: UnableToImportUpload.
    """
    actor, scope = _asker(job)
    with acting(actor=actor, scope=scope):
        source = ImportSource.objects.get(pk=UUID(job.parameters["source"]))
    stored = file_of(source)
    is_preview = bool(job.parameters["is_preview"])
    total = sum(one.size_bytes for one in sources_of(source.name, stored))
    done = 0
    outcomes: list[FileOutcome] = []
    for outcome in import_consumption(
        sources=sources_of(source.name, stored),
        actor=actor,
        scope=scope,
        now=now,
        mapping=job.parameters["mapping"],
        is_preview=is_preview,
        job=None if is_preview else job,
    ):
        outcomes.append(outcome)
        done += outcome.size_bytes
        report_progress(job=job, progress_count=done, total_count=total, at=now())
    return _result(outcomes)


def _ask(source: str, mapping: Mapping[str, str], actor: Actor, at: dt.datetime, *, is_preview: bool) -> Job:
    parameters = {"source": source, "mapping": dict(mapping), "is_preview": is_preview}
    return ask_for_work(kind=IMPORT_UPLOAD, actor=actor, at=at, parameters=parameters)


def _asker(job: Job) -> tuple[Actor, Scope]:
    """Give the person who asked, with the scope of this moment."""
    kind, _colon, key = job.asked_by.partition(":")
    account = Account.objects.filter(pk=UUID(key), is_active=True).first() if kind == "staff" else None
    if account is None or not account.has_perm(PERMISSION):
        raise UnableToImportUpload(_("The person who asked for the import may not import any more."))
    return Actor.staff(account.pk), scope_of(account, PERMISSION)


def sources_of(name: str, stored: EncryptedFile) -> Iterator[SourceFile]:
    """Give the files of an upload: itself, or those of an archive in their order."""
    with stored.open() as stream:
        is_archive = stream.read(4) == _ARCHIVE
    if is_archive:
        yield from files_in_archive(name, stored.open())
    else:
        yield SourceFile(name, stored.size_bytes, stored.open)


def _result(outcomes: list[FileOutcome]) -> dict[str, Any]:
    totals: dict[str, int] = {}
    for outcome in outcomes:
        for name, count in outcome.summary().items():
            totals[name] = totals.get(name, 0) + count
    states = {state.value: sum(outcome.state == state for outcome in outcomes) for state in State}
    told = sorted(enumerate(outcomes, 1), key=lambda pair: pair[1].state != State.REFUSED)[:MOST_TOLD]
    return {
        "file_count": len(outcomes),
        "states": states,
        "totals": totals,
        "files": [
            {"number": number, **outcome.as_neutral_json()} for number, outcome in sorted(told, key=lambda p: p[0])
        ],
    }
