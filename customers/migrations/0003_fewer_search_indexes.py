"""Search tokens keep two indexes of four and no foreign key: each cost more than the token itself.

Nobody looks a token up by its number, so (customer, kind, token) is the key of the table, and what
deletes by customer uses it. A token is made from its customer's row while that row is locked, and
goes with it; the foreign key would be checked once for every token.
"""

import django.db.models.deletion
from django.db import migrations, models

_FORWARD = """
    DELETE FROM customers_searchtoken WHERE kind = 'number' OR (kind = 'phone' AND token LIKE '0%');
    DELETE FROM customers_searchtoken t USING customers_searchtoken other
        WHERE (t.customer_id, t.kind, t.token) = (other.customer_id, other.kind, other.token) AND t.id > other.id;
    ALTER TABLE customers_searchtoken DROP CONSTRAINT customers_searchtoken_pkey;
    ALTER TABLE customers_searchtoken ADD CONSTRAINT customers_searchtoken_pkey
        PRIMARY KEY (customer_id, kind, token);
    DROP INDEX customers_customer_number_c63b3994_like;
    DROP INDEX customers_searchword_word_7d3181ea_like;
"""
_BACK = """
    CREATE INDEX customers_searchword_word_7d3181ea_like ON customers_searchword (word varchar_pattern_ops);
    CREATE INDEX customers_customer_number_c63b3994_like ON customers_customer (number varchar_pattern_ops);
    ALTER TABLE customers_searchtoken DROP CONSTRAINT customers_searchtoken_pkey;
    ALTER TABLE customers_searchtoken ADD CONSTRAINT customers_searchtoken_pkey PRIMARY KEY (id);
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_search_indexes")]

    operations = [
        migrations.AlterField(
            "searchtoken",
            "customer",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="search_tokens",
                to="customers.customer",
                verbose_name="customer",
            ),
        ),
        migrations.AlterField(
            "searchtoken",
            "kind",
            models.CharField(
                choices=[
                    ("name", "name"),
                    ("phone", "phone"),
                    ("email", "email"),
                    ("address", "address"),
                    ("business-id", "business ID"),
                    ("representative", "representative's name"),
                ],
                max_length=15,
                verbose_name="kind",
            ),
        ),
        migrations.RunSQL(_FORWARD, _BACK),
    ]
