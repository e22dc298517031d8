"""The database refuses a holder whose controller differs from the contract's."""

from django.db import migrations

TABLE, NAME = "sites_contractholder", "holder_and_contract_have_one_controller"


class Migration(migrations.Migration):
    dependencies = [("sites", "0002_sites_and_contracts")]

    operations = [
        migrations.RunSQL(
            f"""ALTER TABLE {TABLE} ADD CONSTRAINT {NAME} FOREIGN KEY (contract_id, controller_id)
                REFERENCES sites_contract (id, controller_id)""",
            f"ALTER TABLE {TABLE} DROP CONSTRAINT {NAME}",
        )
    ]
