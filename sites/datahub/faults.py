"""What can be wrong with a Datahub file, in words for the person who imports it."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from sites.datahub.blocks import BadLine
from sites.datahub.lines import Unreadable

SENTENCES = {
    "empty_file": _("The file is empty."),
    "no_lines": _("The file has a header and no line."),
    "utf16": _("The file is in UTF-16. Save it as UTF-8."),
    "not_utf8": _("The header is not UTF-8 (perhaps Latin-1). Save the file as UTF-8, or download it again."),
    "nul_byte": _("There is a NUL byte in the file: it is damaged or not a text file."),
    "unknown_header": _("The first line is not the header of a Datahub consumption file: “%(value)s”."),
    "line_too_long": _("A line has no end: this is not a Datahub consumption file."),
    "too_large_file": _("The file is larger than %(limit)s. Split it."),
    "too_many_faults": _("Reading stopped here: too many lines are wrong."),
    "unreadable_file": _("The file cannot be read: %(value)s"),
    "bad_archive": _("The archive cannot be read: %(value)s"),
    "archive_too_large": _("The archive would unpack to more than %(limit)s."),
    "archive_too_many": _("The archive holds more than %(limit)s files."),
    "archive_too_dense": _("“%(value)s” in the archive unpacks to suspiciously much."),
    "archive_encrypted": _("“%(value)s” in the archive is encrypted."),
    "archive_unsafe_name": _("“%(value)s” in the archive has an unsafe name."),
    "archive_link": _("“%(value)s” in the archive is a link."),
    "archive_nested": _("“%(value)s” in the archive is itself an archive."),
    "no_files": _("There is no CSV file there."),
    "wrong_field_count": _("The line has %(count)s fields in place of 8."),
    "cut_off": _("The last line has no end and may be cut off: “%(value)s”."),
    "second_header": _("The header comes a second time: two files were joined."),
    "blank_line": _("The line is empty."),
    "invalid_metering_point": _(
        "“%(value)s” is no metering point: %(reason)s If it was masked, say which metering point it stands for."
    ),
    "unknown_metering_point": _("The metering point %(value)s is not in the register."),
    "not_electricity": _("The metering point %(value)s is not one of the electricity network."),
    "wrong_product": _("The product is “%(value)s” in place of 8716867000030 (active energy)."),
    "wrong_resolution": _("The resolution is “%(value)s” in place of PT15M or PT1H."),
    "wrong_unit": _("The unit is “%(value)s” in place of kWh."),
    "wrong_reading_type": _("The reading type is “%(value)s” in place of BN01 (consumption)."),
    "invalid_time": _("“%(value)s” is not a moment such as 2024-12-31T22:15:00Z."),
    "outside_years": _("“%(value)s” is outside the years that can be stored."),
    "not_at_slot_start": _("“%(value)s” is not the start of a slot of %(minutes)s minutes."),
    "in_the_future": _("The line is about a time that has not come yet."),
    "invalid_quantity": _("“%(value)s” is not a quantity with a decimal comma and six decimals."),
    "negative_energy": _("The quantity %(value)s is below zero."),
    "too_large": _("The quantity %(value)s kWh is impossibly large for one slot."),
    "invalid_quality": _("“%(value)s” is not a quality word."),
    "conflicting_duplicate": _("The line says other than line %(other)s about the same time."),
    "unable_to_store": _("The days cannot be stored: %(value)s"),
}


class _Unsaid(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"


@dataclass(frozen=True)
class Fault:
    """One reason why a file is refused: from line `line` to `last_line`, counted from 1; 0 means the whole file."""

    line: int
    code: str
    values: dict[str, object] = field(default_factory=dict)
    last_line: int = 0

    @property
    def message(self) -> str:
        """The reason in words, in the language of the moment."""
        return str(SENTENCES[self.code]) % self.values

    @property
    def neutral_message(self) -> str:
        """The reason without what stands in the file, which may tell of a person."""
        return self.message_telling({})

    def message_telling(self, values: dict[str, object]) -> str:
        """The reason with these values and without the others."""
        return str(SENTENCES[self.code]) % _Unsaid(values)

    def as_json(self) -> dict[str, object]:
        """Give the reason as plain values."""
        return {
            "line": self.line,
            "last_line": max(self.line, self.last_line),
            "code": self.code,
            "message": self.message,
        }


def fault_of(line: int, reason: Unreadable) -> Fault:
    """Say of one line, or of the whole file, why it cannot be read."""
    return Fault(line, reason.code, reason.values, line)


def faults_of(bad_lines: list[BadLine]) -> list[Fault]:
    """Say what is wrong, once for each range of lines that are wrong in the same way."""
    faults: list[Fault] = []
    for bad in bad_lines:
        last = faults[-1] if faults else None
        is_same = last and last.code == bad.reason.code and last.values == bad.reason.values
        if last and is_same and last.last_line == bad.line - 1:
            faults[-1] = Fault(last.line, last.code, last.values, bad.line)
        else:
            faults.append(fault_of(bad.line, bad.reason))
    return faults
