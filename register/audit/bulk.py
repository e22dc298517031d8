"""Set-based writes that log each change in the same SQL statement: the fast way in for imports.

`save()` with the change log costs two statements and a diff a row; here a batch is copied to a
temporary table and one MERGE writes rows and log entries together, so neither is there without the other.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from psycopg import sql

from register.access.scope import current_actor
from register.audit.registration import MASK
from register.crypto.fields import EncryptedTextField

_ACTIONS = {"INSERT": "created", "UPDATE": "updated"}


@dataclass(frozen=True, slots=True)
class Merge:
    """How rows of a model are merged: by which key, which columns, and whom a changed row is about.

    `columns` are filled from the rows, in their order; a NULL there means "not given" and never
    overwrites, but in the columns that `exact` names. `once` names those that are only set when a
    row is made. `secrets` gives for each encrypted column the index by which a change is seen.
    `subjects` and `controller` are SQL over the new row, named `m`.
    """

    model: type[models.Model]
    key: Sequence[str]
    columns: Sequence[str]
    once: Sequence[str] = ("id",)
    exact: Sequence[str] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    subjects: str = "'{}'::uuid[]"
    controller: str = "NULL::smallint"


def keys_by(model: type[models.Model], name: str, values: Sequence[str]) -> dict[str, UUID]:
    """Give the keys of the rows that have one of these values in a column, by the value."""
    column = str(getattr(model._meta.get_field(name), "column", name))
    query = sql.SQL("SELECT {0}, id FROM {1} WHERE {0} = ANY(%s)").format(
        sql.Identifier(column), sql.Identifier(model._meta.db_table)
    )
    with connection.cursor() as cursor:
        cursor.execute(query.as_string(cursor.connection), [list(values)])
        return dict(cursor.fetchall())


def merge_rows(
    merge: Merge, rows: Iterable[Sequence[Any]], *, at: Any, note: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Merge rows into the model's table with their change log and give how many were created, updated, unchanged.

    Runs in the open transaction and scope; the actor is the scope's. The rows must be distinct by key.
    `note` stands in each entry of the log: which import it was, or the undo of which.
    """
    staged = sql.Identifier(f"staged_{merge.model._meta.db_table}")
    with connection.cursor() as cursor:
        count = _stage(cursor, merge, staged, rows)
        if not count:
            return {"created": 0, "updated": 0, "unchanged": 0}
        actor = current_actor()
        cursor.execute(
            _statement(merge, staged).as_string(cursor.connection),
            {
                "content_type": ContentType.objects.get_for_model(merge.model).pk,
                "at": at,
                "note": json.dumps(dict(note)) if note else None,
                "actor_kind": actor.kind if actor else "service",
                "actor_id": actor.id if actor else "unknown",
            },
        )
        counts = {_ACTIONS[action]: number for action, number in cursor.fetchall()}
    created, updated = counts.get("created", 0), counts.get("updated", 0)
    return {"created": created, "updated": updated, "unchanged": count - created - updated}


def _stage(cursor: Any, merge: Merge, staged: sql.Identifier, rows: Iterable[Sequence[Any]]) -> int:
    ready = list(rows)  # a row that asks the database while the COPY is open would wait for itself
    table = sql.Identifier(merge.model._meta.db_table)
    names = sql.SQL(", ").join(map(sql.Identifier, merge.columns))
    drop = sql.SQL("DROP TABLE IF EXISTS {}").format(staged)
    make = sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WHERE false").format(staged, names, table)
    for statement in (drop, make):
        cursor.execute(statement.as_string(cursor.connection))
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(staged, names).as_string(cursor.connection)
    with cursor.copy(copy) as stream:
        for row in ready:
            stream.write_row(row)
    return len(ready)


def _statement(merge: Merge, staged: sql.Identifier) -> sql.Composed:
    """Compose the one statement: merge, log, count."""
    table = sql.Identifier(merge.model._meta.db_table)
    kept = [name for name in merge.columns if name not in (*merge.key, *merge.once)]
    seen_by = {**merge.secrets}
    seen = [seen_by.get(name, name) for name in kept if name not in merge.secrets.values()]
    defaults = _defaults(merge)
    return sql.SQL(
        """
        WITH merged AS (
            MERGE INTO {table} t USING {staged} s ON {on}
            WHEN MATCHED AND ({changed}) THEN UPDATE SET {sets}
            WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})
            RETURNING merge_action() AS action, new.*, {changes} AS logged_changes
        ), logged AS (
            INSERT INTO audit_logentry (content_type_id, object_pk, object_repr, action, changes_text, changes,
                timestamp, additional_data, actor_kind, actor_id, controller_id, subjects)
            SELECT %(content_type)s, m.id::text, '', CASE m.action WHEN 'INSERT' THEN 0 ELSE 1 END, '',
                m.logged_changes, %(at)s, %(note)s::jsonb, %(actor_kind)s, %(actor_id)s, {controller}, {subjects}
            FROM merged m
        )
        SELECT action, count(*) FROM merged GROUP BY action
        """
    ).format(
        table=table,
        staged=staged,
        on=_and("t.{0} = s.{0}", merge.key),
        changed=_changed(merge, seen),
        sets=_sets(merge, kept),
        names=_list("{0}", [*merge.columns, *defaults]),
        values=sql.SQL(", ").join(
            [
                *(_given_or_default(merge.model, name) for name in merge.columns),
                *(sql.Literal(value) for value in defaults.values()),
            ]
        ),
        changes=_changes(merge, [*merge.key, *kept]),
        controller=sql.SQL(merge.controller),
        subjects=sql.SQL(merge.subjects),
    )


def _changed(merge: Merge, seen: Sequence[str]) -> sql.Composable:
    parts = [
        *_each(
            "s.{0} IS NOT NULL AND t.{0} IS DISTINCT FROM s.{0}", [name for name in seen if name not in merge.exact]
        ),
        *_each("t.{0} IS DISTINCT FROM s.{0}", [name for name in seen if name in merge.exact]),
    ]
    return sql.SQL(" OR ").join(parts) if parts else sql.SQL("false")


def _sets(merge: Merge, kept: Sequence[str]) -> sql.Composable:
    parts = [
        *_each("{0} = coalesce(s.{0}, t.{0})", [name for name in kept if name not in merge.exact]),
        *_each("{0} = s.{0}", [name for name in kept if name in merge.exact]),
    ]
    return sql.SQL(", ").join(parts or _each("{0} = t.{0}", merge.key))


def _changes(merge: Merge, names: Sequence[str]) -> sql.Composed:
    """Compose the JSON of what changed: field: [old, new], secrets masked, indexes of secrets left out."""
    parts: list[sql.Composable] = []
    for name in names:
        if name in merge.secrets.values():
            continue
        compared = merge.secrets.get(name, name)
        old, new = (
            sql.SQL("CASE WHEN {}.{} IS NOT NULL THEN {} END").format(
                sql.SQL(side), sql.Identifier(name), sql.Literal(MASK)
            )
            if name in merge.secrets
            else sql.SQL("{}.{}").format(sql.SQL(side), sql.Identifier(name))
            for side in ("old", "new")
        )
        parts.append(
            sql.SQL(
                "{label}, CASE WHEN old.{seen} IS DISTINCT FROM new.{seen} THEN jsonb_build_array({old}, {new}) END"
            ).format(label=sql.Literal(_field_name(merge.model, name)), seen=sql.Identifier(compared), old=old, new=new)
        )
    return sql.SQL("jsonb_strip_nulls(jsonb_build_object({}))").format(sql.SQL(", ").join(parts))


def _defaults(merge: Merge) -> dict[str, Any]:
    """Give the columns that the rows do not fill but that must have a value, with Django's default."""
    found: dict[str, Any] = {}
    for each in merge.model._meta.local_concrete_fields:
        if each.column is None or each.column in merge.columns or each.null or each.primary_key:
            continue
        found[each.column] = _default(each)
    return found


def _given_or_default(model: type[models.Model], name: str) -> sql.Composable:
    each = next(each for each in model._meta.local_concrete_fields if each.column == name)
    if each.null or each.primary_key or isinstance(each, (EncryptedTextField, models.BinaryField)):
        return sql.SQL("s.{}").format(sql.Identifier(name))
    default = _default(each)
    if default is None:
        return sql.SQL("s.{}").format(sql.Identifier(name))
    return sql.SQL("coalesce(s.{}, {})").format(sql.Identifier(name), sql.Literal(default))


def _default(each: "models.Field[Any, Any]") -> Any:
    if each.has_default():
        default = each.get_default()
        return default.value if hasattr(default, "value") else default
    return "" if each.empty_strings_allowed else None


def _field_name(model: type[models.Model], column: str) -> str:
    return next(each.name for each in model._meta.local_concrete_fields if each.column == column)


def _each(template: str, names: Sequence[str]) -> list[sql.Composed]:
    return [sql.SQL(template).format(sql.Identifier(name)) for name in names]


def _list(template: str, names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(_each(template, names))


def _and(template: str, names: Sequence[str]) -> sql.Composed:
    return sql.SQL(" AND ").join(_each(template, names))
