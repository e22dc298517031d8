"""The record of processing activities (GDPR 30(1)) and the retention schedule, both from the data map.

An activity is a purpose of the register description: what is processed for it, of whom, why and until when.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .elsewhere import STORES, THIRD_PARTY_TABLES, Elsewhere
from .held import HeldItem, held_items, keeps_of
from .map import Keep, Kind, WhenNull
from .registry import declared_models
from .schedule import PERIODS, Period
from .vocabulary import PURPOSES, Basis, Clause, Section

Words = str | Promise

DATA_SUBJECTS: tuple[Words, ...] = (
    _("present and former customers, and persons about to become customers"),
    _("representatives and contact persons of customers"),
    _("persons in the direct-marketing register"),
    _("staff who use the register"),
)
MEASURES: tuple[tuple[str, Words], ...] = (
    ("X1", _("Network traffic is segmented: edge, application and data are apart.")),
    ("X2", _("Access levels by role and by controller, enforced in the database too; each look is logged.")),
    ("X3", _("Data are encrypted in transit and at rest; identity codes, bank accounts and recordings once more.")),
    ("X4", _("Nobody sees customer data before their commitment to confidentiality is on record.")),
)
RECIPIENTS: tuple[tuple[str, Words], ...] = (
    ("D1", _("the energy market and others to whom legislation obliges, such as Datahub and suppliers")),
    ("D2", _("authorities, as law requires")),
    ("D3", _("the customer, or a representative with a power of attorney")),
    ("D4", _("partners, service providers and subcontractors, for the purposes of the register")),
)
TRANSFERS: tuple[str, Words] = ("D5", _("None outside the European Union or the European Economic Area."))
NULL_WORDS = {
    WhenNull.RUNNING: _("runs while it is empty"),
    WhenNull.FAULT: _("never empty; a missing date is reported"),
    WhenNull.ABSENT: _("empty where this reason never arose"),
}


@dataclass(frozen=True)
class Activity:
    """One purpose with its items, grounds and periods."""

    purpose: Clause
    items: list[HeldItem]
    bases: list[Basis]
    periods: list[Period]

    @property
    def sections(self) -> list[tuple[Section, list[HeldItem]]]:
        """The items by the parts of the description, without those parts that have none."""
        found = [(section, [held for held in self.items if held.item.section is section]) for section in Section]
        return [(section, rows) for section, rows in found if rows]


@dataclass(frozen=True)
class ScheduleRow:
    """One reason to hold the rows of a table, with what goes with them."""

    model: type[models.Model]
    keep: Keep
    parts: list[Words]

    @property
    def title(self) -> Words:
        """The name of the table."""
        return self.model._meta.verbose_name_plural or ""

    @property
    def clock(self) -> Words:
        """The name of the date from which the period runs."""
        found: Any = self.model
        name: Any = self.keep.clock.path
        for step in self.keep.clock.path.split("__"):
            field = found._meta.get_field(step)
            name, found = field.verbose_name, field.related_model
        return name

    @property
    def when_empty(self) -> Words:
        """What an empty clock means."""
        return NULL_WORDS[self.keep.clock.when_null]


def activities() -> list[Activity]:
    """Give the processing activities, a purpose each, in the order of the description."""
    items = held_items()
    found = []
    for purpose in PURPOSES:
        own = [held for held in items if purpose in held.purposes]
        keeps = [keep for held in own for model in held.tables for keep in keeps_of(model)]
        named = [keep for keep in keeps if keep.purpose is purpose] or keeps
        bases = [Basis.CONSENT, Basis.LAW] if purpose.id == "P6" else [keep.basis for keep in named]
        found.append(
            Activity(
                purpose,
                own,
                bases=list(dict.fromkeys(bases)),
                periods=[period for period in PERIODS if any(keep.period is period for keep in keeps)],
            )
        )
    return found


def schedule_rows() -> list[tuple[Period, list[ScheduleRow]]]:
    """Give each period with the tables that it rules; periods that no table uses are left out."""
    rows = list(_rows())
    found = [(period, [row for row in rows if row.keep.period is period]) for period in PERIODS]
    return [(period, own) for period, own in found if own]


def elsewhere() -> Sequence[Elsewhere]:
    """Give what lies outside our tables: stores, and tables of others that hold personal data."""
    return (*STORES, *(table for table in THIRD_PARTY_TABLES if table.reason.startswith("gate")))


def _rows() -> Iterator[ScheduleRow]:
    for model, data_map in declared_models():
        for keep in data_map.keeps:
            yield ScheduleRow(model, keep, list(_parts(model)))


def _parts(root: type[models.Model]) -> Iterator[Words]:
    for model, data_map in declared_models():
        if data_map.kind is Kind.DERIVED:
            continue
        for anchor in filter(None, data_map.anchors):
            target: Any = model._meta.get_field(anchor).related_model
            if (apps.get_model(target) if isinstance(target, str) else target) is root:
                yield model._meta.verbose_name_plural or ""
