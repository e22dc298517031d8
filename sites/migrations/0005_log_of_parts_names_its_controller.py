"""Entries of the change log about parts of contracts name the controller of the contract."""

from typing import Any

from django.db import migrations

ROWS_A_BATCH = 20_000
PARTS = ("sites_contractproduct", "sites_homedetails", "sites_diaryentry")
TABLE, COLUMN = "sites_contract", "contract_id"


def name_the_controller(apps: Any, schema_editor: Any) -> None:
    """Fill in what is empty, some thousand parts a transaction; may be cut off and run again."""
    with schema_editor.connection.cursor() as cursor:
        for part in PARTS:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {part}")
            (last,) = cursor.fetchone()
            for start in range(0, last, ROWS_A_BATCH):
                cursor.execute(
                    f"""UPDATE audit_logentry l SET controller_id = r.controller_id
                    FROM {part} p JOIN {TABLE} r ON r.id = p.{COLUMN}, django_content_type t
                    WHERE p.id > %s AND p.id <= %s AND l.object_pk = p.id::text AND l.controller_id IS NULL
                    AND l.content_type_id = t.id AND t.app_label || '_' || t.model = %s""",
                    [start, start + ROWS_A_BATCH, part],
                )


class Migration(migrations.Migration):
    # Each batch is a transaction of its own: the log of ten years is long.
    atomic = False
    dependencies = [("sites", "0004_consumption"), ("audit", "0001_logs")]

    # Backwards nothing is done: which entries were empty is not known any more, and an entry that names its
    # controller is right for the former release too.
    operations = [migrations.RunPython(name_the_controller, migrations.RunPython.noop)]
