"""Recorded calls come in from a folder: audio files, and a CSV that says of each what call it was and whose.

Dangerous if loosened: the audio is encrypted as it is read and never kept in the clear; a name in the table never
leads out of the folder, and only what begins like audio comes in.
"""

import datetime
import io
import re
import wave
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Literal
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from customers.models import Customer
from recordings.models import Recording
from register.audit.bulk import Merge, merge_rows
from register.crypto.files import StoredFile, delete_file, write_file_of
from register.datamap import formats
from register.identity.models import Controller
from register.work.faults import Fault
from register.work.filing import FileContext, FileKind, FileOutcome, UnableToReadFile, declare_file
from register.work.importing import (
    ImportField,
    ImportKind,
    Outcome,
    RowReader,
    Typed,
    clean_whole,
    one_of,
    proposed_mapping,
    text_of,
)
from register.work.tables import Readable, Table, UnableToReadTable

KIND = "recordings"
MOST_AUDIO_BYTES = 512 << 20
_HELSINKI = ZoneInfo("Europe/Helsinki")
_NAME = re.compile(r"[\w][\w .()+-]{0,120}\.(wav|mp3|ogg|opus|flac|m4a)", re.IGNORECASE)
_KINDS = {
    "suoramarkkinointi": "marketing",
    "marketing": "marketing",
    "asiakaspalvelu": "service",
    "service": "service",
    "vikailmoitus": "fault",
    "fault": "fault",
    "sopimus": "contract",
    "contract": "contract",
    "muu": "other",
    "other": "other",
}
_DIRECTIONS = {"saapuva": "in", "in": "in", "lähtevä": "out", "out": "out"}
_COMPANIES = {
    "energia": "energy",
    "energy": "energy",
    "sähköverkko": "network",
    "verkko": "network",
    "network": "network",
}
_COLUMNS = (
    "id", "controller_id", "customer_id", "kind", "direction", "phone", "called_at", "called_on", "duration_s",
    "handled_by", "stored_as", "wrapped_key", "size_bytes", "media_type", "source", "import_run_id",
)  # fmt: skip
RECORDING_MERGE = Merge(
    model=Recording,
    key=("id",),
    columns=_COLUMNS,
    subjects="CASE WHEN m.customer_id IS NULL THEN '{}'::uuid[] ELSE ARRAY[m.customer_id] END",
    controller="m.controller_id",
)


class CallFolder:
    """A folder of calls with its table; opened as one stream, it is all of it, by which it is known again."""

    def __init__(self, path: Path) -> None:
        self.folder = path if path.is_dir() else path.parent
        tables = [path] if path.is_file() else sorted(self.folder.glob("*.csv"))
        if len(tables) != 1:
            raise UnableToReadFile(_("The folder must hold one CSV file that tells of the calls."))
        self.table = tables[0]

    def open(self, mode: Literal["rb"]) -> IO[bytes]:
        """Open the table and the audio files one after the other."""
        return io.BufferedReader(_Chained(iter([self.table, *self.audio()])))

    def audio(self) -> list[Path]:
        """Give the audio files, in the order of their names."""
        return [
            path
            for path in sorted(self.folder.iterdir())
            if not path.is_symlink() and path.is_file() and _NAME.fullmatch(path.name)
        ]


class _Chained(io.RawIOBase):
    def __init__(self, paths: Iterator[Path]) -> None:
        super().__init__()
        self._paths, self._open = paths, io.BytesIO()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not (piece := self._open.read(len(buffer))):
            self._open.close()
            path = next(self._paths, None)
            if path is None:
                self._open = io.BytesIO()
                return 0
            self._open = path.open("rb")  # type: ignore[assignment]
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._open.close()
        super().close()


def clean_moment(text: str) -> datetime.datetime:
    """Read a moment as 20.11.2026 14.05 or 2026-11-20T14:05:00, of Helsinki unless it says. Raises: ValidationError."""
    for form in ("%d.%m.%Y %H.%M", "%d.%m.%Y %H:%M", "%d.%m.%Y %H.%M.%S", "%d.%m.%Y %H:%M:%S"):
        with suppress(ValueError):
            return datetime.datetime.strptime(text, form).replace(tzinfo=_HELSINKI)
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise ValidationError(_("Give a moment as 20.11.2026 14.05 or 2026-11-20T14:05."), code="moment") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=_HELSINKI)


def clean_name(text: str) -> str:
    """Check the name of an audio file in the folder. Raises: ValidationError."""
    if not _NAME.fullmatch(text):
        raise ValidationError(
            _("Give the name of an audio file in the folder (.wav, .mp3, .ogg, .flac, .m4a)."), code="name"
        )
    return text


_FIELDS: tuple[ImportField, ...] = (
    ImportField("file", gettext_lazy("file"), clean_name, True, ("tiedosto", "tallenne", "äänitiedosto")),
    ImportField("kind", gettext_lazy("kind of call"), one_of(_KINDS), True, ("puhelun laji", "laji"), "O01"),
    ImportField(
        "called_at", gettext_lazy("called at"), clean_moment, True, ("aika", "soitettu", "puhelun aika"), "O01"
    ),
    ImportField("company", gettext_lazy("company"), one_of(_COMPANIES), True, ("yhtiö", "rekisterinpitäjä")),
    ImportField("customer_number", gettext_lazy("customer number"), text_of(12), False, ("asiakasnumero",), "C08"),
    ImportField("direction", gettext_lazy("direction"), one_of(_DIRECTIONS), False, ("suunta",)),
    ImportField("phone", gettext_lazy("number"), formats.clean_phone, False, ("numero", "puhelin"), "O01"),
    ImportField("duration_s", gettext_lazy("length, s"), clean_whole, False, ("kesto", "kesto s", "pituus"), "O01"),
    ImportField("handled_by", gettext_lazy("handled by"), text_of(80), False, ("käsittelijä", "asiakaspalvelija")),
)
_CALLS = ImportKind(
    KIND, gettext_lazy("recordings"), _FIELDS, lambda _batch, _context: Outcome({}), lambda row: row["file"]
)


def take_recordings(source: Readable, context: FileContext) -> FileOutcome:
    """Bring the calls of a folder in; each audio file is encrypted as it is read.

    Runs in the open transaction and scope. Raises: UnableToReadFile.
    """
    if not isinstance(source, CallFolder):
        raise UnableToReadFile(_("Recordings come in from a folder, not from a file."))
    rows, faults = _read(source)
    owners = dict(Controller.objects.values_list("code", "id"))
    numbers = [row["customer_number"] for _number, row in rows if "customer_number" in row]
    customers = dict(Customer.objects.filter(number__in=numbers).values_list("number", "id"))
    known = set(
        Recording.objects.filter(called_at__in=[row["called_at"] for _number, row in rows]).values_list(
            "controller_id", "called_at", "size_bytes"
        )
    )
    fresh: list[Typed] = []
    for number, row in rows:
        if "customer_number" in row and row["customer_number"] not in customers:
            faults.append(Fault(number, "unknown-customer", _("There is no such customer."), column="customer_number"))
        elif row["called_at"] > context.at:
            faults.append(Fault(number, "future", _("The call lies in the future."), column="called_at"))
        elif (owners[row["company"]], row["called_at"], row["size_bytes"]) not in known:
            fresh.append(row)
    counts = {"created": len(fresh), "unchanged": len(rows) - len(fresh)}
    if faults or context.is_dry_run:
        return FileOutcome(counts, faults)
    _write(source.folder, fresh, owners, customers, context)
    return FileOutcome(counts)


def _read(source: CallFolder) -> tuple[list[tuple[int, Typed]], list[Fault]]:
    """Read the table, and look at each audio file that it names."""
    rows: list[tuple[int, Typed]] = []
    faults: list[Fault] = []
    seen: set[str] = set()
    try:
        table = Table(source.table)
        reader = RowReader(_CALLS, table.headings, proposed_mapping(_CALLS, table.headings))
        if reader.missing:
            names = ", ".join(str(each.title) for each in reader.missing)
            return [], [Fault(1, "missing-column", _("No column gives these: %(names)s.") % {"names": names})]
        for row in table:
            typed, found = reader.read(row.number, row.cells)
            faults += found
            if found:
                continue
            if typed["file"] in seen:
                faults.append(Fault(row.number, "twice-in-file", _("An earlier row of the file says the same thing.")))
                continue
            seen.add(typed["file"])
            try:
                rows.append((row.number, {**typed, **_heard(source.folder / typed["file"], typed)}))
            except ValidationError as error:
                faults.append(Fault(row.number, str(error.code), " ".join(error.messages), column="file"))
    except UnableToReadTable as error:
        raise UnableToReadFile(str(error)) from None
    return rows, faults


def _heard(path: Path, row: Typed) -> Typed:
    """Give the format, size and length of an audio file. Raises: ValidationError."""
    if path.is_symlink() or not path.is_file():
        raise ValidationError(_("There is no such file in the folder."), code="no-file")
    size = path.stat().st_size
    if not 0 < size <= MOST_AUDIO_BYTES:
        raise ValidationError(_("The audio file is empty or larger than 512 MiB."), code="size")
    with path.open("rb") as stream:
        start = stream.read(16)
    media_type = _media_type(start)
    if not media_type:
        raise ValidationError(_("This is no audio file, whatever its name says."), code="no-audio")
    length = row.get("duration_s")
    if length is None and media_type == "audio/wav":
        with suppress(wave.Error, EOFError), wave.open(str(path), "rb") as sound:
            length = round(sound.getnframes() / max(sound.getframerate(), 1))
    if length is None:
        raise ValidationError(_("Give the length of the call in seconds."), code="no-length")
    return {"media_type": media_type, "size_bytes": size, "duration_s": length}


def _media_type(start: bytes) -> str:
    if start[:4] == b"RIFF" and start[8:12] == b"WAVE":
        return "audio/wav"
    if start[:3] == b"ID3" or (start[:1] == b"\xff" and start[1:2] >= b"\xe0"):
        return "audio/mpeg"
    if start[4:8] == b"ftyp":
        return "audio/mp4"
    return {b"OggS": "audio/ogg", b"fLaC": "audio/flac"}.get(start[:4], "")


def _write(
    folder: Path, rows: list[Typed], owners: Mapping[str, int], customers: Mapping[str, Any], context: FileContext
) -> None:
    stored: list[StoredFile] = []
    staged: list[tuple[Any, ...]] = []
    try:
        for number, row in enumerate(rows, start=1):
            key = uuid7()
            kept = write_file_of(Recording(id=key), _pieces(folder / row["file"]))
            stored.append(kept)
            staged.append(
                (
                    key, owners[row["company"]], customers.get(row.get("customer_number", "")), row["kind"],
                    row.get("direction", "in"), row.get("phone"), row["called_at"],
                    row["called_at"].astimezone(_HELSINKI).date(), row["duration_s"], row.get("handled_by"), kept.name,
                    kept.wrapped_key, kept.size_bytes, row["media_type"], context.source, context.run.id,
                )
            )  # fmt: skip
            context.progress(number)
        merge_rows(RECORDING_MERGE, staged, at=context.at, note=context.note)
    except BaseException:
        for kept in stored:
            delete_file(kept.name)
        raise


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(1 << 16):
            yield piece


RECORDINGS = declare_file(
    FileKind(
        code=KIND,
        title=gettext_lazy("recordings"),
        permission="recordings.add_recording",
        suffixes=(),
        hint=gettext_lazy("A folder of audio files with a CSV of the calls."),
        take=take_recordings,
        counts={"created": gettext_lazy("new recordings"), "unchanged": gettext_lazy("in the register already")},
        shown=("created", "updated", "unchanged"),
        merges=lambda: {Recording: RECORDING_MERGE},
        is_uploaded=False,
    )
)
