from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("retention", "0007_import_of_a_row_stays")]

    operations = [
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(fields=("previous_hash",), name="the_ledger_is_one_chain"),
        ),
    ]
