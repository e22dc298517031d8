"""Who does which kind of work: the apps' tasks modules register a function by kind.

A job's handler continues where the rows say it was, and opens a scope for each chunk.
"""

import datetime
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from register.work.models import Job

OutboxHandler = Callable[[Mapping[str, Any], datetime.datetime], None]


class JobHandler(Protocol):
    """A function that does a job and gives its result (counts and keys, no personal data)."""

    def __call__(self, job: Job) -> Mapping[str, Any]: ...


class UnknownKind(Exception):
    """No app of this process does this kind of work."""


_jobs: dict[str, JobHandler] = {}
_outbox: dict[str, OutboxHandler] = {}


def does(kind: str) -> Callable[[JobHandler], JobHandler]:
    """Register the handler of a kind of job."""

    def register(handler: JobHandler) -> JobHandler:
        _jobs[kind] = handler
        return handler

    return register


def delivers(kind: str) -> Callable[[OutboxHandler], OutboxHandler]:
    """Register the handler of a kind of outbox message; it must bear being called twice."""

    def register(handler: OutboxHandler) -> OutboxHandler:
        _outbox[kind] = handler
        return handler

    return register


def job_kinds() -> list[str]:
    """Give the kinds of job that this process knows."""
    return sorted(_jobs)


def job_handler(kind: str) -> JobHandler:
    """Give the handler of a kind of job. Raises: UnknownKind."""
    if kind not in _jobs:
        raise UnknownKind(kind)
    return _jobs[kind]


def outbox_handler(kind: str) -> OutboxHandler:
    """Give the handler of a kind of outbox message. Raises: UnknownKind."""
    if kind not in _outbox:
        raise UnknownKind(kind)
    return _outbox[kind]
