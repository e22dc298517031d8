"""What became of the files of an import, for the report, the page and the run."""

import uuid
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from sites.consumption.store import StoreCounts
from sites.datahub.days import GapRange
from sites.datahub.faults import Fault
from sites.datahub.file import DatahubFile
from sites.datahub.sources import SourceFile
from sites.slots import moment_of

MOST_TOLD = 50


class State(StrEnum):
    """What became of a file."""

    IMPORTED = "imported"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True)
class FileOutcome:
    """What became of a file and what was found in it."""

    name: str
    size_bytes: int
    state: State
    run_id: uuid.UUID | None = None
    line_count: int = 0
    counts: StoreCounts = field(default_factory=StoreCounts)
    points: tuple[str, ...] = ()
    gap_count: int = 0
    gaps: tuple[GapRange, ...] = ()
    duplicate_count: int = 0
    rounded_count: int = 0
    faults: tuple[Fault, ...] = ()

    @property
    def reading_count(self) -> int:
        """The readings that the file holds, stored before or now."""
        return self.counts.new_count + self.counts.corrected_count + self.counts.unchanged_count

    def summary(self) -> dict[str, int]:
        """Give all counts, without a word of whom they are about."""
        found = {"line_count": self.line_count, "point_count": len(self.points)}
        found |= {"duplicate_count": self.duplicate_count, "rounded_count": self.rounded_count}
        return asdict(self.counts) | found | {"gap_count": self.gap_count}

    def as_json(self) -> dict[str, Any]:
        """Give the outcome as plain values."""
        return {
            "name": self.name,
            "state": self.state,
            "run": str(self.run_id) if self.run_id else None,
            "points": list(self.points),
            **self.summary(),
            "gaps": [
                {
                    "point": gap.series.gsrn,
                    "resolution_min": gap.series.resolution_min,
                    "start": moment_of(gap.start).isoformat(),
                    "end": moment_of(gap.end).isoformat(),
                    "slot_count": gap.slot_count,
                }
                for gap in self.gaps
            ],
            "faults": [fault.as_json() for fault in self.faults],
        }

    def as_neutral_json(self) -> dict[str, Any]:
        """Give the outcome without a word of whom it is about: no name, no point, no value of the file."""
        return {
            "state": self.state,
            "run": str(self.run_id) if self.run_id else None,
            **self.summary(),
            "gaps": [
                {"start": moment_of(gap.start).isoformat(), "slot_count": gap.slot_count}
                for gap in self.gaps[:MOST_TOLD]
            ],
            "faults": [
                {"line": fault.line, "last_line": max(fault.line, fault.last_line), "code": fault.code}
                for fault in self.faults[:MOST_TOLD]
            ],
        }

    def refused(self, *faults: Fault) -> "FileOutcome":
        """Give the same with more faults, and nothing of it stored."""
        return replace(self, state=State.REFUSED, run_id=None, counts=StoreCounts(), faults=(*faults, *self.faults))


def outcome_of(source: SourceFile, file: DatahubFile | None = None) -> FileOutcome:
    """Say what was found in a file; refused if anything is wrong with it or nothing could be read."""
    outcome = FileOutcome(source.name, source.size_bytes, State.REFUSED)
    if file is None:
        return outcome
    return replace(
        outcome,
        state=State.REFUSED if file.is_refused else State.IMPORTED,
        line_count=file.line_count,
        points=tuple(dict.fromkeys(one.gsrn for one in file.series)),
        gap_count=file.gap_count,
        gaps=tuple(file.gaps),
        duplicate_count=file.duplicate_count,
        rounded_count=file.rounded_count,
        faults=tuple(file.faults),
    )
