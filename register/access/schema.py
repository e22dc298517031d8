"""Writes grants and row-level policies from the models' declarations, as the owner, after migrate.

Dangerous if wrong: this is what keeps one customer's rows from another. A table has no grant at all
until this has run, and what is not declared here is reachable by nobody but the owner.
"""

import hashlib
from collections.abc import Iterator

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from .policies import NOBODY, READ, REPLACE, Access

OWNER, APP, PURGE, BACKUP = "register_owner", "register_app", "register_purge", "register_backup"
_THIRD_PARTY = Access(app=REPLACE, purge=frozenset({"SELECT", "DELETE"}), protected=False)


def declared_access(model: type[models.Model]) -> Access:
    """Give the access of a model; third-party tables are gate tables without policies."""
    access: Access | None = model.__dict__.get("access")
    return access if access is not None else _THIRD_PARTY


def protected_tables() -> dict[str, type[models.Model]]:
    """Give the tables that have row-level policies, by name."""
    return {table: model for table, model, access in _tables() if access.protected}


def secure_schema(connection: BaseDatabaseWrapper) -> list[str]:
    """Bring grants and policies of every table to what is declared; give the tables that changed.

    Idempotent: a table's fingerprint stands in its comment, and an unchanged table is not locked.
    """
    changed = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, obj_description(oid, 'pg_class') FROM pg_class WHERE relkind IN ('r', 'p')")
        comments = dict(cursor.fetchall())
        for table, _model, access in _tables():
            if table not in comments:
                continue
            statements = list(_statements(table, access))
            fingerprint = "access " + hashlib.sha256("\n".join(statements).encode()).hexdigest()[:16]
            if comments[table] == fingerprint:
                continue
            for statement in statements:
                cursor.execute(statement)
            cursor.execute(f"COMMENT ON TABLE \"{table}\" IS '{fingerprint}'")
            changed.append(table)
        _grant_around(cursor)
    return changed


def _tables() -> Iterator[tuple[str, type[models.Model], Access]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy:
            continue
        yield model._meta.db_table, model, declared_access(model)


def _statements(table: str, access: Access) -> Iterator[str]:
    yield f'REVOKE ALL ON "{table}" FROM PUBLIC, {APP}, {PURGE}, {BACKUP}'
    for role, privileges in ((APP, access.app), (PURGE, access.purge), (BACKUP, READ)):
        if privileges:
            yield f'GRANT {", ".join(sorted(privileges))} ON "{table}" TO {role}'
    for name in ("staff", "portal", "service", "purge", "owner", "reading"):
        yield f'DROP POLICY IF EXISTS {name} ON "{table}"'
    if not access.protected and access.staff == NOBODY:
        yield f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY'
        return
    kind = "(SELECT current_setting('register.kind', true))"
    conditions = {"staff": access.staff, "portal": access.portal_rows, "service": access.service}
    for name, condition in conditions.items():
        rows = f"{kind} = '{name}' AND ({condition})"
        yield f'CREATE POLICY {name} ON "{table}" TO {APP} USING ({rows}) WITH CHECK ({rows})'
    if not access.protected:
        yield f'CREATE POLICY reading ON "{table}" FOR SELECT TO {APP} USING (true)'
    yield f'CREATE POLICY purge ON "{table}" TO {PURGE} USING (true) WITH CHECK (true)'
    yield f'CREATE POLICY owner ON "{table}" TO {OWNER} USING (true) WITH CHECK (true)'
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY'


def _grant_around(cursor: object) -> None:
    """Grant what lies beside the tables: the schema, sequences, the list of migrations."""
    execute = cursor.execute  # type: ignore[attr-defined]
    execute(f"GRANT USAGE ON SCHEMA public TO {APP}, {PURGE}, {BACKUP}")
    execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP}, {PURGE}")
    execute(f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {BACKUP}")
    execute(f"GRANT SELECT ON django_migrations TO {APP}, {PURGE}, {BACKUP}")
    # A dump reads each partition by its own name, those of months to come too.
    execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {BACKUP}")
    execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {BACKUP}")
