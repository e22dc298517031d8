"""Checks that rows were really made by the import that is undone, from what the application cannot change afterwards.

Dangerous if loosened: an undo deletes rows that are not due, and the application names them by entries of the log.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from django.apps import apps
from django.contrib.contenttypes.models import ContentType

from register.audit.models import LogEntry
from register.datamap.map import DataMap
from register.datamap.registry import own_map
from register.work.models import ImportRun
from retention.aggregates import Model, alone, foreign_keys
from retention.eligibility import rows

FOREIGN = "not-of-this-import"
_AT_ONCE = 5_000
_COLUMN = "import_run"


def rows_of_others(
    run: ImportRun, wanted: Mapping[str, Sequence[str]], models: Collection[Model]
) -> Iterator[tuple[str, str]]:
    """Give the wanted rows, by table and key, that the run did not make or that are of no table it can make.

    `models` are the tables that imports of its kind write besides those that keep the import of each row.
    """
    for name, keys in wanted.items():
        if not _can_be_made(apps.get_model(name), models):
            yield from ((name, key) for key in keys)
            continue
        for start in range(0, len(keys), _AT_ONCE):
            yield from ((name, key) for key in _of_others(run, name, keys[start : start + _AT_ONCE]))


def _can_be_made(model: Model, models: Collection[Model]) -> bool:
    if model in models or _keeps_import(model):
        return True
    data_map = own_map(model) or DataMap()
    roots = [each.related_model for each in foreign_keys(model) if each.name in data_map.anchors]
    return any(root in models or _keeps_import(root) for root in roots)


def _keeps_import(model: Model) -> bool:
    return any(each.name == _COLUMN for each in model._meta.local_fields)


def _of_others(run: ImportRun, name: str, keys: Sequence[str]) -> list[str]:
    """The row names another import or none, its key is older than the import, or the log says that others made it."""
    model = apps.get_model(name)
    table = alone(model, own_map(model) or DataMap())
    made_by_others = (
        f"EXISTS (SELECT FROM {LogEntry._meta.db_table} l WHERE l.content_type_id = %(type)s"
        f" AND l.object_pk = r.{table.key}::text AND l.action = {LogEntry.Action.CREATE}"
        " AND (l.additional_data ->> 'import_run') IS DISTINCT FROM %(run)s)"
    )
    conditions = [made_by_others]
    if _keeps_import(model):
        conditions.append("r.import_run_id IS DISTINCT FROM %(run)s::uuid")
    if table.key_type == "uuid":
        conditions.append(f"uuid_extract_timestamp(r.{table.key}) < date_trunc('milliseconds', %(began)s)")
    found = rows(
        f"SELECT r.{table.key}::text FROM {table.table} r WHERE r.{table.key} = ANY(%(keys)s::{table.key_type}[])"
        f" AND ({' OR '.join(conditions)})",
        {
            "type": ContentType.objects.get_for_model(model).pk,
            "run": str(run.pk),
            "began": run.started_at,
            "keys": [model._meta.pk.to_python(key) for key in keys],
        },
    )
    return [key for (key,) in found]
