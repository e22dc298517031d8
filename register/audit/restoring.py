"""Takes back what an import did, from the change log: which rows it made, and the old values of those it changed.

A row that was edited since is left alone and named: whoever edited it knew more than the import.
Values of encrypted columns are not in the log, so they cannot come back; such rows are named too.
"""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Func, Model, Q, QuerySet

from register.audit.bulk import Merge, merge_rows
from register.audit.models import LogEntry
from register.crypto.fields import EncryptedTextField
from register.work.models import ImportRun

EDITED, SECRET, GONE = "edited-since", "secret", "gone"
DELETE_MADE = "delete-imported-rows"  # the kind of the purge worker's job
MOST_NAMED = 1_000
_CHUNK = 2_000
_CREATED = LogEntry.Action.CREATE


@dataclass(frozen=True, slots=True)
class Named:
    """A row that the undo could not take back: its table, its key, and why."""

    model: str
    key: str
    why: str


@dataclass(slots=True)
class Made:
    """The rows that a run made, by table, and those of them that were edited since."""

    keys: dict[str, list[str]] = field(default_factory=dict)
    edited: list[Named] = field(default_factory=list)


@dataclass(slots=True)
class Restored:
    """The rows that got their old values back, by table, and those that are kept as they are."""

    keys: dict[str, list[str]] = field(default_factory=dict)
    kept: list[Named] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many rows got their old values back."""
        return sum(map(len, self.keys.values()))


@dataclass(slots=True)
class _Change:
    first_entry: int
    is_created: bool
    old: dict[str, Any]


def controllers_of(run: ImportRun) -> set[int]:
    """Give the controllers whose rows a run touched."""
    found = _entries(run).filter(controller_id__isnull=False).order_by().values_list("controller_id", flat=True)
    return {key for key in found.distinct() if key is not None}


def subjects_of(run: ImportRun) -> set[UUID]:
    """Give the persons about whom the rows are that a run touched."""
    found = _entries(run).order_by().annotate(subject=Func(F("subjects"), function="unnest"))
    return set(found.values_list("subject", flat=True).distinct())


def old_values(run: ImportRun, model: type[Model]) -> dict[UUID, dict[str, Any]]:
    """Give by key the values that rows of a model had before a run first changed them."""
    found: dict[UUID, dict[str, Any]] = {}
    for changed, changes in _changes(run):
        if changed is model:
            found.update((UUID(key), change.old) for key, change in changes.items() if not change.is_created)
    return found


def rows_made(run: ImportRun) -> Made:
    """Give the rows that a run made; those that somebody edited since are apart, with their names."""
    made = Made()
    for model, changes in _changes(run):
        created = {key: change for key, change in changes.items() if change.is_created}
        edits = _later_edits(run, model, created)
        name = model._meta.label
        made.keys.setdefault(name, []).extend(key for key in created if key not in edits)
        made.edited.extend(Named(name, key, EDITED) for key in created if key in edits)
    return made


def restore_rows(*, run: ImportRun, merges: Mapping[type, Merge], at: datetime.datetime) -> Restored:
    """Give the rows that a run changed their old values back, with the change log, unless they were edited since.

    Runs in the open transaction and scope. `merges` tell for each model whom its rows are about.
    """
    restored = Restored()
    for model, changes in _changes(run):
        changed = {key: change for key, change in changes.items() if not change.is_created}
        if changed:
            _restore(run, model, merges[model], changed, at, restored)
    return restored


def _restore(
    run: ImportRun, model: Any, merge: Merge, changed: Mapping[str, _Change], at: datetime.datetime, restored: Restored
) -> None:
    name = model._meta.label
    edits = _later_edits(run, model, changed)
    there = {str(key) for key in model._default_manager.filter(pk__in=changed).values_list("pk", flat=True)}
    groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for key, change in changed.items():
        if key not in there or edits.get(key, set()) & change.old.keys():
            restored.kept.append(Named(name, key, EDITED if key in there else GONE))
            continue
        plain = {each: value for each, value in change.old.items() if not _is_secret(model, each)}
        if len(plain) < len(change.old):
            restored.kept.append(Named(name, key, SECRET))
        if plain:
            columns = tuple(sorted(plain))
            groups.setdefault(columns, []).append((key, *(plain[each] for each in columns)))
            restored.keys.setdefault(name, []).append(key)
    for names, rows in groups.items():
        columns = tuple(str(model._meta.get_field(each).column) for each in names)
        back = replace(merge, key=("id",), columns=("id", *columns), once=(), exact=columns, secrets={})
        merge_rows(back, rows, at=at, note={"undo_of": str(run.pk)})


def _changes(run: ImportRun) -> Iterator[tuple[Any, dict[str, _Change]]]:
    """Give by table, some thousands at a time, what a run did to each row: the first old value of every field."""
    entries = _entries(run)
    for content_type in entries.order_by("content_type").values_list("content_type", flat=True).distinct():
        model = ContentType.objects.get_for_id(content_type).model_class()
        changes: dict[str, _Change] = {}
        found = entries.filter(content_type=content_type).order_by("object_pk", "id")
        for entry, key, action, values in found.values_list("id", "object_pk", "action", "changes").iterator():
            if key not in changes and len(changes) >= _CHUNK:
                yield model, changes
                changes = {}
            change = changes.setdefault(key, _Change(entry, action == _CREATED, {}))
            for name, (old, _new) in (values or {}).items():
                change.old.setdefault(name, old)
        if changes:
            yield model, changes


def _entries(run: ImportRun) -> QuerySet[LogEntry]:
    return LogEntry.objects.filter(timestamp=run.started_at, additional_data__import_run=str(run.pk))


def _later_edits(run: ImportRun, model: Any, changes: Mapping[str, _Change]) -> dict[str, set[str]]:
    """Give the fields of these rows that others changed after the run; what was undone itself is no edit."""
    undone = ImportRun.objects.filter(state=ImportRun.State.UNDONE).values_list("id", flat=True)
    no_edit = {str(run.pk), *map(str, undone)}
    first = min((change.first_entry for change in changes.values()), default=0)
    found: dict[str, set[str]] = {}
    later = LogEntry.objects.filter(
        Q(additional_data__isnull=True) | ~Q(additional_data__has_key="undo_of"),
        content_type=ContentType.objects.get_for_model(model),
        object_pk__in=list(changes),
        id__gt=first,
    )
    for entry, key, values, note in later.values_list("id", "object_pk", "changes", "additional_data"):
        if entry > changes[key].first_entry and (note or {}).get("import_run") not in no_edit:
            found.setdefault(key, set()).update(values or {})
    return found


def _is_secret(model: Any, name: str) -> bool:
    return isinstance(model._meta.get_field(name), EncryptedTextField)
