"""An index by which the words most like a mistyped one are found."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_customers")]

    operations = [
        migrations.AddIndex(
            "searchword", GinIndex(fields=["word"], name="search_word_by_likeness", opclasses=["gin_trgm_ops"])
        ),
    ]
