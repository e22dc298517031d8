"""What can be imported from a table: the kinds, their fields, and how a row becomes typed values.

The apps declare their kinds here when they are loaded; the command and the pages know no app.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from register.access.scope import Actor
from register.work.faults import Fault
from register.work.models import ImportRun

Typed = dict[str, Any]
_DAY = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})|([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DIGITS_OF_A_POSTAL_CODE, _LEAST_DIGITS_OF_A_CODE = 5, 5
_MOST_REMEMBERED = 10_000  # of a column: names, days, offices and languages come again and again


@dataclass(frozen=True, slots=True)
class ImportField:
    """One field that a column of a file may fill.

    `clean` gives the one form kept or raises ValidationError; `headings` are the usual names of the
    column, by which a mapping is proposed.
    """

    name: str
    title: str | Promise
    clean: Callable[[str], Any]
    is_required: bool = False
    headings: tuple[str, ...] = ()
    item: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some thousands of validated rows, on their way into the database."""

    numbers: Sequence[int]
    rows: Sequence[Typed]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: counts by what happened, and rows that the register refuses."""

    counts: Mapping[str, int]
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class ImportContext:
    """On whose behalf, when and by which run a batch is written."""

    run: ImportRun
    actor: Actor
    at: datetime.datetime
    source: str = "R2"

    @property
    def note(self) -> Mapping[str, str]:
        """What the change log says of each row: which import it was."""
        return {"import_run": str(self.run.id)}


@dataclass(frozen=True, slots=True)
class ImportKind:
    """A kind of table: its fields, a check of whole rows, and the set-based write of a batch.

    `key` tells which rows of a file speak of the same thing: a second one is refused.
    `check_row` gives (field, code, why) for values that do not go together. `merges` tell of tables of an app above
    the imports whom the rows are about that an undo restores (register.audit.bulk.Merge by model). `mend_workbook`
    gives a row of a workbook back what the workbook took from it, such as zeros in front.
    """

    code: str
    title: str | Promise
    fields: Sequence[ImportField]
    write: Callable[[Batch, ImportContext], Outcome]
    key: Callable[[Typed], Any]
    check_row: Callable[[Typed], Iterable[tuple[str, str, str]]] = field(default=lambda _row: ())
    merges: Mapping[type, Any] = field(default_factory=dict)
    mend_workbook: Callable[[Typed], None] = field(default=lambda _row: None)

    @property
    def titles(self) -> dict[str, str]:
        """The words for the fields, by name, in the reader's language."""
        return {each.name: capfirst(str(each.title)) for each in self.fields}

    def field_named(self, name: str) -> ImportField:
        """Give the field of a name."""
        return next(each for each in self.fields if each.name == name)


_kinds: dict[str, ImportKind] = {}


def declare(kind: ImportKind) -> ImportKind:
    """Make a kind known under its code."""
    _kinds[kind.code] = kind
    return kind


def kinds() -> dict[str, ImportKind]:
    """Give the kinds that the loaded apps declared, by code."""
    return dict(_kinds)


def proposed_mapping(kind: ImportKind, headings: Sequence[str]) -> dict[str, str]:
    """Propose which heading fills which field, by the fields' usual names."""
    folded = {_folded(heading): heading for heading in headings if heading}
    found = {}
    for each in kind.fields:
        for name in (each.name, str(each.title), *each.headings):
            if _folded(name) in folded:
                found[each.name] = folded[_folded(name)]
                break
    return found


class RowReader:
    """Turns the cells of a row into typed values, by a mapping of fields to headings."""

    def __init__(
        self, kind: ImportKind, headings: Sequence[str], mapping: Mapping[str, str], *, is_workbook: bool = False
    ) -> None:
        self.kind, self.is_workbook = kind, is_workbook
        self.width = len(headings)
        positions = {heading: place for place, heading in enumerate(headings)}
        self._columns = [
            (each, each.name, positions[mapping[each.name]], dict[str, Any]())
            for each in kind.fields
            if mapping.get(each.name) in positions
        ]
        mapped = {name for _each, name, _place, _memo in self._columns}
        self.missing = [each for each in kind.fields if each.is_required and each.name not in mapped]

    def read(self, number: int, cells: Sequence[str]) -> tuple[Typed, list[Fault]]:
        """Give the typed values of a row and its faults; an empty cell gives no value at all."""
        if len(cells) > self.width and any(cells[self.width :]):
            return {}, [Fault(number, "too-many-cells", _("The row has more cells than the headings."))]
        typed: Typed = {}
        faults: list[Fault] = []
        count = len(cells)
        for each, name, place, memo in self._columns:
            text = cells[place] if place < count else ""
            if not text:
                if each.is_required:
                    faults.append(Fault(number, "missing", _("A value is needed here."), column=each.name))
                continue
            known = memo.get(text)
            if known is not None:
                typed[name] = known
                continue
            try:
                typed[name] = value = each.clean(text)
                if len(memo) < _MOST_REMEMBERED:
                    memo[text] = value
            except ValidationError as error:
                code = getattr(error, "code", None) or "invalid"
                faults.append(Fault(number, _slug(code), " ".join([*error.messages, *self._hint(text)]), column=name))
        if self.is_workbook:
            self.kind.mend_workbook(typed)
        if not faults:
            for column, code, why in self.kind.check_row(typed):
                faults.append(Fault(number, code, why, column=column))
        return typed, faults

    def _hint(self, text: str) -> list[str]:
        """Say what a workbook does to a code that it keeps as a number."""
        if not self.is_workbook or not text.isdigit() or len(text) < _LEAST_DIGITS_OF_A_CODE:
            return []
        return [_("If the workbook keeps it as a number, zeros in front or last digits are gone: keep it as text.")]


def with_leading_zeros(row: Typed) -> None:
    """Give a Finnish postal code that a workbook kept as a number its zeros back: 100 is 00100."""
    code = row.get("postal_code", "")
    if code.isdigit() and len(code) < _DIGITS_OF_A_POSTAL_CODE and row.get("country", "FI") == "FI":
        row["postal_code"] = code.zfill(_DIGITS_OF_A_POSTAL_CODE)


def clean_date(text: str) -> datetime.date:
    """Read a day as 31.12.2024 or 2024-12-31. Raises: ValidationError."""
    found = _DAY.fullmatch(text)
    if found:
        day, month, year = found.group(1, 2, 3) if found.group(1) else found.group(6, 5, 4)
        try:
            return datetime.date(int(year), int(month), int(day))
        except ValueError:
            pass
    raise ValidationError(_("Give a day as 31.12.2024 or 2024-12-31."), code="date")


def clean_decimal(text: str) -> Decimal:
    """Read a number with a comma or a point. Raises: ValidationError."""
    try:
        number = Decimal(text.replace("\u00a0", "").replace(" ", "").replace(",", "."))
    except InvalidOperation:
        raise ValidationError(_("Give a number, for example 7,45."), code="number") from None
    if not number.is_finite():
        raise ValidationError(_("Give a number, for example 7,45."), code="number")
    return number


def clean_whole(text: str) -> int:
    """Read a whole number of zero or more. Raises: ValidationError."""
    number = clean_decimal(text)
    if number != number.to_integral_value() or not 0 <= number < 2**31:
        raise ValidationError(_("Give a whole number, zero or more."), code="whole-number")
    return int(number)


def clean_yes_no(text: str) -> bool:
    """Read yes or no in Finnish, Swedish or English. Raises: ValidationError."""
    answer = text.casefold()
    if answer in {"kyllä", "k", "yes", "y", "ja", "true", "1", "x", "on"}:
        return True
    if answer in {"ei", "e", "no", "n", "nej", "false", "0"}:
        return False
    raise ValidationError(_("Give yes or no."), code="yes-no")


def text_of(most: int) -> Callable[[str], str]:
    """Give a cleaner of free text of at most `most` characters."""

    def clean(text: str) -> str:
        if len(text) > most:
            raise ValidationError(_("At most %(most)s characters fit here."), code="too-long", params={"most": most})
        if not text.isprintable():
            raise ValidationError(_("There is a control character here."), code="control-character")
        return text

    return clean


def one_of(choices: Mapping[str, str]) -> Callable[[str], str]:
    """Give a cleaner of a word among `choices` (what may be written: the value kept), any case."""
    folded = {key.casefold(): value for key, value in choices.items()}

    def clean(text: str) -> str:
        value = folded.get(text.casefold())
        if value is None:
            raise ValidationError(
                _("Give one of these: %(words)s."), code="choice", params={"words": ", ".join(sorted(choices))}
            )
        return value

    return clean


def _folded(heading: str) -> str:
    return "".join(heading.casefold().replace("_", " ").replace("-", " ").split())


def _slug(code: str) -> str:
    return code.replace(".", "-").replace("_", "-")[:60]
