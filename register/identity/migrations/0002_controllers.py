"""The controllers' own identity is data (clause K1): it is read from the file that the settings name."""

import json
from pathlib import Path

from django.conf import settings
from django.db import migrations


def load(apps, schema_editor):
    controller = apps.get_model("identity", "Controller")
    path = Path(settings.REGISTER_CONTROLLERS_FILE)
    for row in json.loads(path.read_text(encoding="utf-8")):
        controller.objects.using(schema_editor.connection.alias).update_or_create(
            id=row["id"], defaults={key: value for key, value in row.items() if key != "id"}
        )


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_accounts")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
