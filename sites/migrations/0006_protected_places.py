"""Says of a site whether its address is closed: a function of the owner, which gives a yes or a no and no row.

Whose contracts make it so may be hidden from who asks (the other company's), and the address must be closed
all the same.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION is_protected_place(a_site uuid, some_day date) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM public.sites_contract c
        JOIN public.sites_contractholder h ON h.contract_id = c.id
        JOIN public.customers_customer p ON p.id = h.customer_id
        WHERE c.site_id = a_site AND NOT c.is_cancelled AND p.is_protected
        AND (
            c.ended_on IS NULL OR c.ended_on > some_day
            OR NOT EXISTS (
                SELECT FROM public.sites_contract later
                WHERE later.site_id = a_site AND NOT later.is_cancelled
                AND later.started_on >= c.ended_on AND later.started_on <= some_day
            )
        )
    )
$$;
REVOKE ALL ON FUNCTION is_protected_place(uuid, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_protected_place(uuid, date) TO register_app;
"""


class Migration(migrations.Migration):
    dependencies = [("sites", "0005_log_of_parts_names_its_controller"), ("customers", "0002_search_indexes")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION is_protected_place(uuid, date)")]
