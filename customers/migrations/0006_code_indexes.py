"""The keyed hashes of identity codes get an index: a search by code read both tables whole.

The unique index is of persons only, so it serves neither estates nor representatives.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("customers", "0005_power_covers_all")]

    operations = [
        AddIndexConcurrently(
            "customer", models.Index(fields=["identity_code_index"], name="customer_by_identity_code")
        ),
        AddIndexConcurrently(
            "representative", models.Index(fields=["identity_code_index"], name="representative_by_code")
        ),
    ]
