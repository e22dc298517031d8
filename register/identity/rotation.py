"""Re-encrypts every secret under the current key, in chunks that can be killed and continued.

A row is stale while a secret of it has an older key version: that is the only record of progress,
so a run that died is continued by running it again. It stands here, above the change log, because
it acts under a service's scope; the secrets it opens are sealed again within the same function.
"""

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias, TypeVar

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from psycopg import sql

from register.audit.acting import acting_as_service
from register.crypto.fields import BlindIndexField, EncryptedTextField
from register.crypto.files import WrappedKeyField
from register.crypto.keyring import keyring
from register.crypto.sealing import RowId, UnableToOpen, indexer, open_many, seal_many, unwrap_key, version_of, wrap_key
from register.identity.factors import factors_of

JOB = "rotate-keys"
CHUNK_ROWS = 5_000

Row: TypeAlias = tuple[Any, ...]
Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Target:
    """A table with secrets: its key and its columns of each kind."""

    model: type[models.Model]
    sealed: tuple[EncryptedTextField, ...]
    indexes: tuple[BlindIndexField, ...]
    wrapped: tuple[WrappedKeyField, ...]

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def key(self) -> str:
        return self.model._meta.pk.column or ""

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that hold a key version, in the order in which rows are read and written."""
        fields: tuple[models.Field[Any, Any], ...] = (*self.sealed, *self.indexes, *self.wrapped)
        return tuple(field.column or "" for field in fields)


@dataclass
class Outcome:
    """What a run did: rows sealed anew, and rows that it had to leave, by table and key."""

    rotated: int = 0
    unreadable: list[tuple[str, RowId]] = field(default_factory=list)
    in_conflict: list[tuple[str, RowId]] = field(default_factory=list)


def targets() -> list[Target]:
    """Return every table with secrets."""
    found = []
    for model in apps.get_models():
        fields = model._meta.local_concrete_fields
        target = Target(
            model,
            tuple(field for field in fields if isinstance(field, EncryptedTextField)),
            tuple(field for field in fields if isinstance(field, BlindIndexField)),
            tuple(field for field in fields if isinstance(field, WrappedKeyField)),
        )
        if target.columns and not model._meta.proxy:
            found.append(target)
    return found


def count_stale(target: Target) -> int:
    """Return how many rows have a secret of another version than the current one."""
    statement = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(target.table), _stale(target))
    with acting_as_service(JOB), connection.cursor() as cursor:
        cursor.execute(statement, {"version": bytes((keyring().current_version,))})
        return int(cursor.fetchone()[0])


def count_versions(target: Target) -> dict[str, dict[int, int]]:
    """Return for each column how many of its values have which key version."""
    counts = {}
    with acting_as_service(JOB), connection.cursor() as cursor:
        for column in target.columns:
            cursor.execute(
                sql.SQL(
                    "SELECT get_byte({0}, 0), count(*) FROM {1} WHERE {0} IS NOT NULL GROUP BY 1 ORDER BY 1"
                ).format(sql.Identifier(column), sql.Identifier(target.table))
            )
            counts[column] = {int(version): int(count) for version, count in cursor.fetchall()}
    return counts


def count_factor_versions() -> dict[int, int]:
    """Return how many secrets of second factors have which key version."""
    factors = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN)
    return Counter(_factor_version(text) for factor in factors for text in _secrets_of(factor))


def rotate(target: Target, outcome: Outcome, *, chunk_rows: int = CHUNK_ROWS) -> Iterator[int]:
    """Seal all stale rows of a table anew and yield the rows of each chunk, when it is committed.

    A row that does not open, or whose new index another row has, is left as it is and named in
    the outcome.
    """
    after: RowId | None = None
    while True:
        with acting_as_service(JOB):
            rows = _stale_rows(target, after, chunk_rows)
            if not rows:
                return
            fresh = _sealed_anew(target, rows, outcome)
            try:
                with transaction.atomic():
                    if fresh:
                        _store(target, fresh)
                outcome.rotated += len(fresh)
            except IntegrityError:
                _store_each(target, fresh, outcome)
        after = rows[-1][0]
        yield len(rows)


def stale_second_factors() -> list[Authenticator]:
    """Return the second factors of staff whose secrets have another key version than the current one."""
    version = keyring().current_version
    factors = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).select_for_update()
    return [factor for factor in factors if any(_factor_version(text) != version for text in _secrets_of(factor))]


def rotate_second_factors(outcome: Outcome) -> int:
    """Seal the secrets of second factors anew and return how many; allauth keeps them in its own table."""
    with acting_as_service(JOB):
        factors = stale_second_factors()
        for factor in factors:
            try:
                with factors_of(factor.user_id):
                    factor.data = {name: _factor_anew(value) for name, value in factor.data.items()}
            except UnableToOpen:
                outcome.unreadable.append((Authenticator._meta.db_table, factor.pk))
                continue
            factor.save(update_fields=["data"])
            outcome.rotated += 1
    return len(factors)


def _secrets_of(factor: Authenticator) -> list[str]:
    values = (value if isinstance(value, list) else [value] for value in factor.data.values())
    return [text for texts in values for text in texts if isinstance(text, str)]


def _factor_version(text: str) -> int:
    return version_of(base64.b64decode(text))


def _factor_anew(value: Any) -> Any:
    if isinstance(value, list):
        return [_factor_anew(each) for each in value]
    adapter = get_adapter()
    return adapter.encrypt(adapter.decrypt(value)) if isinstance(value, str) else value


def _stale(target: Target) -> sql.Composable:
    return sql.SQL(" OR ").join(
        sql.SQL("substring({} FROM 1 FOR 1) NOT IN ('', %(version)s)").format(sql.Identifier(column))
        for column in target.columns
    )


def _stale_rows(target: Target, after: RowId | None, limit: int) -> list[Row]:
    statement = sql.SQL(
        "SELECT {columns} FROM {table} WHERE ({stale}){after} ORDER BY {key} LIMIT %(limit)s FOR UPDATE"
    )
    key = sql.Identifier(target.key)
    with connection.cursor() as cursor:
        cursor.execute(
            statement.format(
                columns=sql.SQL(", ").join(map(sql.Identifier, (target.key, *target.columns))),
                table=sql.Identifier(target.table),
                stale=_stale(target),
                after=sql.SQL("") if after is None else sql.SQL("AND {} > %(after)s").format(key),
                key=key,
            ),
            {"version": bytes((keyring().current_version,)), "after": after, "limit": limit},
        )
        return list(cursor.fetchall())


def _sealed_anew(target: Target, rows: list[Row], outcome: Outcome) -> list[Row]:
    try:
        return _all_sealed_anew(target, rows)
    except UnableToOpen:
        fresh = []
        for row in rows:
            try:
                fresh += _all_sealed_anew(target, [row])
            except UnableToOpen:
                outcome.unreadable.append((target.table, row[0]))
        return fresh


def _all_sealed_anew(target: Target, rows: list[Row]) -> list[Row]:
    keys = [row[0] for row in rows]
    old = dict(zip((target.key, *target.columns), zip(*rows, strict=True), strict=True))
    new: dict[str, list[Any]] = {}
    plain: dict[str, list[str | None]] = {}
    for secret in target.sealed:
        table, column = secret.place
        plain[secret.name] = _where_given(keys, old[column], partial(open_many, table, column))
        new[column] = _where_given(keys, plain[secret.name], partial(seal_many, table, column))
    for index in target.indexes:
        value_of = indexer(index.place)
        new[index.column or ""] = [text and value_of(index.normalise(text)) for text in plain[index.source]]
    for wrapped in target.wrapped:
        table, column = wrapped.place
        new[column] = _where_given(keys, old[column], partial(_wrapped_anew, table, column))
    return list(zip(keys, *(new[column] for column in target.columns), strict=True))


def _wrapped_anew(table: str, column: str, rows: list[tuple[RowId, bytes]]) -> list[bytes]:
    return [
        wrap_key(table, column, row_id, unwrap_key(table, column, row_id, wrapped)) if wrapped else wrapped
        for row_id, wrapped in rows
    ]


def _where_given(
    keys: list[RowId], values: Sequence[Given | None], make: Callable[[list[tuple[RowId, Given]]], Iterable[Made]]
) -> list[Made | None]:
    given = [(key, value) for key, value in zip(keys, values, strict=True) if value is not None]
    made = iter(make(given))
    return [None if value is None else next(made) for value in values]


def _store(target: Target, rows: list[Row]) -> None:
    names = (target.key, *target.columns)
    key_type = target.model._meta.pk.db_type(connection) or ""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE TEMPORARY TABLE rotated ({}) ON COMMIT DROP").format(
                sql.SQL(", ").join(
                    sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(key_type if name == target.key else "bytea"))
                    for name in names
                )
            )
        )
        with cursor.copy("COPY rotated FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([key_type, *("bytea" for _ in target.columns)])
            for row in rows:
                copy.write_row(row)
        # The chunk is one range of keys: said so, the table is never read whole.
        cursor.execute(
            sql.SQL(
                "UPDATE {table} SET {columns} FROM rotated WHERE {table}.{key} = rotated.{key}"
                " AND {table}.{key} BETWEEN %(first)s AND %(last)s"
            ).format(
                table=sql.Identifier(target.table),
                key=sql.Identifier(target.key),
                columns=sql.SQL(", ").join(
                    sql.SQL("{0} = rotated.{0}").format(sql.Identifier(column)) for column in target.columns
                ),
            ),
            {"first": rows[0][0], "last": rows[-1][0]},
        )
        cursor.execute("DROP TABLE rotated")


def _store_each(target: Target, rows: list[Row], outcome: Outcome) -> None:
    for row in rows:
        try:
            with transaction.atomic():
                _store(target, [row])
            outcome.rotated += 1
        except IntegrityError:
            outcome.in_conflict.append((target.table, row[0]))
