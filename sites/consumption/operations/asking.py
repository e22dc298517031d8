"""What only who uploaded a file is told of it: the names of its files, and which metering points are unknown.

A job keeps neither; both are read from the encrypted file again, while it is kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from register.crypto.files import file_of
from register.work.models import ImportSource, Job
from sites.datahub.lines import SEPARATOR, Unreadable
from sites.datahub.sources import SourceFile

from .uploads import sources_of

# The reasons that are about an identifier the register does not know.
_ABOUT_POINTS = frozenset({"unknown_metering_point", "invalid_metering_point"})
_MOST_READ_BYTES = 64 * 1024 * 1024
_MOST_SHOWN = 40


@dataclass(frozen=True)
class AskerFacts:
    """The name of a file, and the identifiers at fault by the number of their line."""

    name: str
    identifiers: dict[int, str] = field(default_factory=dict)


def asker_facts(job: Job) -> dict[int, AskerFacts]:
    """Give by its number what a job's asker is told of each file; nothing once the file is no longer kept."""
    files = {file["number"]: file for file in job.result.get("files", [])}
    source = ImportSource.objects.filter(pk=UUID(job.parameters["source"])).first()
    if source is None or not files:
        return {}
    facts: dict[int, AskerFacts] = {}
    try:
        for number, one in enumerate(sources_of(source.name, file_of(source)), 1):
            if number in files:
                facts[number] = AskerFacts(one.name, _identifiers(one, files[number]["faults"]))
    except (OSError, Unreadable):
        return facts
    return facts


def _identifiers(file: SourceFile, faults: list[dict[str, Any]]) -> dict[int, str]:
    wanted = {fault["line"] for fault in faults if fault["code"] in _ABOUT_POINTS}
    found: dict[int, str] = {}
    if not wanted:
        return found
    for number, line in _lines(file):
        if number in wanted:
            found[number] = line.split(SEPARATOR)[0].decode("utf-8-sig", "replace").strip()[:_MOST_SHOWN]
        if number >= max(wanted):
            break
    return found


def _lines(file: SourceFile) -> Iterator[tuple[int, bytes]]:
    number, rest, size = 0, b"", 0
    with file.open() as stream:
        while size < _MOST_READ_BYTES and (piece := stream.read(1 << 20)):
            size += len(piece)
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                number += 1
                yield number, line
    yield number + 1, rest
