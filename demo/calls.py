"""Writes down calls: encrypted files of playable audio, and who listened and why."""

import io
import wave
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from demo.audio import clip
from demo.chance import Keys, at, stream, years_before
from demo.people import People
from demo.rows import Writer
from demo.sites import ENERGY, NETWORK
from demo.texts import TRANSCRIPTS
from demo.told import AGENTS
from demo.town import Holder, Town
from recordings.models import Listening, Recording
from register.crypto.files import write_file

CLIPS = 16
FEWEST, MOST = 40, 1_500
KINDS = ("service", "fault", "contract", "marketing", "other")
EDGE_DAYS = (-2, -1, 0, 1, 2)
BARS = 96


class Calls:
    """Makes the rows and files of recordings: of the last year, and of each kind at its edge."""

    def __init__(self, town: Town, writer: Writer, people: People) -> None:
        self.town, self.until, self.writer, self.people = town, town.until, writer, people
        self.chance = stream(town.seed, "calls")
        self.keys = Keys(town.seed, "calls")
        self.clips = [clip(town.seed, number, 3 + number % 4) for number in range(CLIPS)]
        self.waveforms = [waveform(wav) for wav in self.clips]

    def write(self) -> None:
        """Write all calls."""
        edge = years_before(self.until, 1)
        for kind in KINDS:
            for days in EDGE_DAYS:
                self._call(kind, edge + timedelta(days=days))
        callers = min(MOST, max(FEWEST, len(self.town.holders) // 10))
        for _ in range(callers):
            kind = self.chance.choices(KINDS, (58, 12, 15, 8, 7))[0]
            self._call(kind, self.until - timedelta(days=self.chance.randint(0, 355)))

    def _call(self, kind: str, day: date) -> None:
        chance = self.chance
        number = chance.randrange(CLIPS)
        moment = at(day, chance.randint(8, 15), chance.randint(0, 59), chance.randint(0, 59))
        if day == self.until:
            moment = at(day, 8, chance.randint(0, 30))
        key = self.keys.at(moment)
        holder = None if kind == "other" and chance.random() < 0.5 else self._caller(day)
        table = self.writer.table(Recording)
        stored = write_file([self.clips[number]], table=table.name, column="wrapped_key", row_id=key)
        table.add(
            id=key,
            controller_id=NETWORK if kind == "fault" else chance.choice((ENERGY, ENERGY, NETWORK)),
            customer_id=holder.id if holder else None,
            kind=kind,
            direction="out" if kind == "marketing" else "in",
            phone=self.people.phones.get(holder.id, "") if holder else "",
            called_at=moment,
            called_on=day,
            duration_s=3 + number % 4,
            handled_by=chance.choice(AGENTS[:3]),
            stored_as=stored.name,
            wrapped_key=stored.wrapped_key,
            size_bytes=stored.size_bytes,
            transcript=TRANSCRIPTS[kind],
            waveform=self.waveforms[number],
        )
        if chance.random() < 0.06 and day < self.until - timedelta(days=2):
            self._listening(key, moment)

    def _caller(self, day: date) -> Holder:
        for _ in range(60):
            holder = self.chance.choice(self.town.holders)
            if holder.started_on <= day and (holder.ended_on is None or holder.ended_on >= day):
                return holder
        return self.town.holders[0]

    def _listening(self, recording: UUID, moment: datetime) -> None:
        later = moment + timedelta(hours=self.chance.randint(1, 30))
        values: dict[str, Any] = {
            "reason": self.chance.choice(("verify", "training", "quality")),
            "listened_at": later,
            "listened_by": "Esihenkilö",
        }
        self.writer.table(Listening).add(recording_id=recording, **values)


def waveform(wav: bytes) -> list[int]:
    """Return the height of each bar of the picture of a clip, from 0 to 100."""
    with wave.open(io.BytesIO(wav)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.uint8).astype(np.int16) - 128
    parts = np.array_split(np.abs(samples), BARS)
    peaks = np.array([part.max() for part in parts])
    return [int(height) for height in peaks * 100 // max(1, int(peaks.max()))]
