"""What the register holds of the person whose scope is open: each datum with where from, why and until when.

Read from the data map, so that a new column is here as soon as it is mapped. The rows are those that the
database gives in the portal's scope: there is no list of persons or columns of its own here to fall behind.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext

from customers.models import Customer, Disclosure, Representative
from register.audit.models import ReadEvent
from register.crypto.fields import EncryptedTextField
from register.datamap.items import DataItem
from register.datamap.map import DataMap, Keep, Kind
from register.datamap.registry import declared_models, label, own_map
from register.datamap.vocabulary import SOURCES, Section
from register.identity.looking import LookReason, OpeningReason, words_of_look
from register.identity.roles import Role
from retention.queries.panel import PanelRow, what_goes_when
from sites.models import ConsumptionDay, Contract, Site

Words = str | Promise
SHOWN: Final = 6
_HOME_COUNTRY: Final = "FI"
_CLOSED: Final = "\N{BULLET}" * 6
_ICONS: Final = {
    Section.CUSTOMER: "person",
    Section.SITE: "contract",
    Section.BILLING: "invoice",
    Section.OTHER: "heart",
}
_SOURCE_TITLES: Final[dict[str, Words]] = {clause.id: clause.title for clause in SOURCES}
_UNITS: Final[dict[str, Words]] = {role.value: role.label for role in Role}
_WORDS: Final[dict[str, Words]] = {one.value: one.label for choices in (LookReason, OpeningReason) for one in choices}


@dataclass
class Datum:
    """One item of the register description as it stands of this person."""

    item: DataItem
    values: list[str] = field(default_factory=list)
    more_count: int = 0
    sources: list[Words] = field(default_factory=list)
    keeps: list[Keep] = field(default_factory=list)
    rows: list[PanelRow] = field(default_factory=list)

    @property
    def purposes(self) -> list[Words]:
        """Why it is held."""
        return list(dict.fromkeys(keep.purpose.title for keep in self.keeps))

    @property
    def bases(self) -> list[Words]:
        """On what ground."""
        return list(dict.fromkeys(keep.basis.words for keep in self.keeps))

    @property
    def periods(self) -> list[Words]:
        """For how long, by the rule."""
        return list(dict.fromkeys(row.rule.title for row in self.rows))

    @property
    def is_running(self) -> bool:
        """Whether a reason runs still, so that no day is set."""
        return any(row.running_count for row in self.rows)

    @property
    def goes_on(self) -> datetime.date | None:
        """The day on which the first of it goes, None while none is set."""
        return min((row.first_goes_on for row in self.rows if row.first_goes_on), default=None)


@dataclass
class Topic:
    """The data of one part of the register description."""

    title: Words
    icon: str
    data: list[Datum] = field(default_factory=list)


def topics_of(customers: Sequence[UUID], rows: Sequence[PanelRow]) -> list[Topic]:
    """Give all that is held of these, by the parts of the register description; items without a value are left out."""
    found: dict[DataItem, Datum] = {}
    sites = set(Contract.objects.filter(holders__customer__in=customers).values_list("site_id", flat=True))
    for model, data_map in declared_models():
        own = _own(model, data_map, customers, sites) if data_map.fields else None
        if own is not None:
            _take(model, data_map, own, rows, found)
    _take_consumption(sites, rows, found)
    topics = {section: Topic(section.words, icon) for section, icon in _ICONS.items()}
    for item, datum in sorted(found.items(), key=lambda pair: pair[0].seed):
        topics[item.section].data.append(datum)
    return [topic for topic in topics.values() if topic.data]


def next_to_go(rows: Iterable[PanelRow]) -> PanelRow | None:
    """Give what goes first."""
    dated = [row for row in rows if row.first_goes_on]
    return min(dated, key=lambda row: row.first_goes_on or datetime.date.max, default=None)


@dataclass(frozen=True)
class Look:
    """One look at the person's data as they are told of it: when, which unit, why and what; never who."""

    at: datetime.datetime
    unit: str
    reason: str
    what: str


def looks_of(customers: Sequence[UUID], *, limit: int) -> tuple[int, list[Look]]:
    """Give how many looks there were, and the latest."""
    events = ReadEvent.objects.filter(shown__customer_id__in=customers).distinct()
    return events.count(), [_look(event) for event in events.order_by("-at")[:limit]]


def disclosures_of(customers: Sequence[UUID]) -> list[Disclosure]:
    """Give to whom data was given, the latest of each recipient and matter."""
    rows = Disclosure.objects.filter(customer__in=customers).select_related("recipient").order_by("-disclosed_at")
    latest: dict[tuple[int, str], Disclosure] = {}
    for row in rows[:200]:
        latest.setdefault((row.recipient_id, row.what), row)
    return list(latest.values())


def what_goes(customers: Sequence[UUID], *, on: datetime.date) -> list[PanelRow]:
    """Give what is held and until when, by table."""
    return [row for customer in customers for row in what_goes_when(customer, on=on)]


def _own(
    model: type[models.Model], data_map: DataMap, customers: Sequence[UUID], sites: Iterable[UUID]
) -> "models.QuerySet[Any] | None":
    """Give the rows of a model that are about these persons or their places, by index and not by the policy alone.

    None for consumption, which is told by its days, and for what is about nobody.
    """
    paths = [path for path in data_map.subjects if isinstance(path, str)]
    rows = model._default_manager.all()
    if paths:
        about = Q()
        for path in paths:
            about |= Q((f"{path}__in", list(customers)))
        return rows.filter(pk__in=rows.filter(about).values("pk"))
    if data_map.subjects:
        return None
    if model is Site:
        return rows.filter(pk__in=list(sites))
    has_site = any(column.name == "site" for column in model._meta.concrete_fields)
    return rows.filter(site__in=list(sites)) if has_site else None


def _take(
    model: type[models.Model],
    data_map: DataMap,
    own: "models.QuerySet[Any]",
    rows: Sequence[PanelRow],
    found: dict[DataItem, Datum],
) -> None:
    held = list(own.order_by("-pk")[: SHOWN + 1])
    if not held:
        return
    count = len(held) if len(held) <= SHOWN else own.count()
    root = _root_of(model)
    for item, names in data_map.fields.items():
        texts = list(dict.fromkeys(filter(None, (_text(row, names) for row in held[:SHOWN]))))
        if not texts:
            continue
        datum = found.setdefault(item, Datum(item))
        datum.values += [text for text in texts if text not in datum.values]
        datum.more_count += max(count - SHOWN, 0)
        datum.sources = list(dict.fromkeys([*datum.sources, *_sources(held, item)]))
        _explain(datum, root, rows)


def _take_consumption(sites: Iterable[UUID], rows: Sequence[PanelRow], found: dict[DataItem, Datum]) -> None:
    """Consumption is told by its days: the figures have a page of their own."""
    totals = ConsumptionDay.objects.filter(site__in=list(sites)).aggregate(
        first=models.Min("day"), last=models.Max("day"), count=models.Count("day")
    )
    if not totals["count"]:
        return
    item = next(item for item in _map_of(ConsumptionDay).fields if item.seed == "S09")
    datum = found.setdefault(item, Datum(item))
    datum.values.append(
        gettext("%(count)s days, from %(first)s to %(last)s")
        % {
            "count": number_format(totals["count"], force_grouping=True),
            "first": date_format(totals["first"], "SHORT_DATE_FORMAT"),
            "last": date_format(totals["last"], "SHORT_DATE_FORMAT"),
        }
    )
    datum.sources = datum.sources or _declared(item)
    _explain(datum, ConsumptionDay, rows)


def _explain(datum: Datum, root: type[models.Model], rows: Sequence[PanelRow]) -> None:
    datum.keeps += [keep for keep in _map_of(root).keeps if keep not in datum.keeps]
    datum.rows += [row for row in rows if row.label == label(root) and row not in datum.rows]


def _map_of(model: type[models.Model]) -> DataMap:
    found = own_map(model)
    assert found is not None
    return found


def _root_of(model: type[models.Model]) -> type[models.Model]:
    """Give the root of the aggregate with which the rows of a model go."""
    data_map = _map_of(model)
    while data_map.kind is not Kind.ROOT and data_map.anchors:
        related = model._meta.get_field(data_map.anchors[0]).related_model
        assert isinstance(related, type)
        model, data_map = related, _map_of(related)
    return model


def _sources(held: Sequence[models.Model], item: DataItem) -> list[Words]:
    codes = {code for row in held if (code := getattr(row, "source", ""))}
    return [_SOURCE_TITLES[code] for code in sorted(codes) if code in _SOURCE_TITLES] or _declared(item)


def _declared(item: DataItem) -> list[Words]:
    return [clause.title for clause in sorted(item.sources, key=lambda clause: clause.id)]


def _text(row: models.Model, names: Sequence[str]) -> str:
    if "family_name" in names and isinstance(row, Customer):
        return row.name
    parts = [_shown(row, row._meta.get_field(name)) for name in names]
    return ", ".join(dict.fromkeys(part for part in parts if part and part != _HOME_COUNTRY))


def _shown(row: models.Model, column: Any) -> str:
    """Write a value as people read it; what is encrypted stays closed."""
    value = getattr(row, column.name)
    if value in (None, "") or isinstance(column, models.BinaryField):
        return ""
    if isinstance(column, EncryptedTextField):
        return _CLOSED
    if column.choices:
        return str(getattr(row, f"get_{column.name}_display")())
    return _written(value)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime.datetime):
        return date_format(localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, datetime.date):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, Decimal):
        return number_format(value.normalize(), force_grouping=True)
    if isinstance(value, Site):
        return value.gsrn
    if isinstance(value, Representative):
        return value.name
    return "" if isinstance(value, list | bytes | memoryview) else str(value)


def _look(event: ReadEvent) -> Look:
    units = (str(_UNITS.get(unit.strip(), unit.strip())) for unit in event.unit.split(","))
    return Look(event.at, ", ".join(units), _word(event.reason), words_of_look(event.what))


def _word(text: str) -> str:
    return str(_WORDS.get(text, text))
