"""The table of consumption, by month, and the two functions by which months come and go.

The application reaches the months only through the table, where the policies are: it has no privilege on any
month. The functions are the owner's, with a fixed search path.
"""

from django.db import migrations

TABLE = """
CREATE TABLE sites_consumptionday (
    site_id uuid NOT NULL,
    day date NOT NULL,
    series smallint NOT NULL,
    resolution_min smallint NOT NULL,
    controller_id smallint NOT NULL,
    import_run_id uuid,
    wh integer[] NOT NULL,
    quality smallint[] NOT NULL,
    PRIMARY KEY (site_id, series, resolution_min, day),
    CONSTRAINT a_slot_is_a_quarter_or_an_hour CHECK (resolution_min IN (15, 60)),
    CONSTRAINT a_day_has_the_slots_of_its_helsinki_day CHECK (
        array_ndims(wh) = 1 AND array_lower(wh, 1) = 1
        AND cardinality(wh) * resolution_min * interval '1 minute'
            = timezone('Europe/Helsinki', (day + 1)::timestamp) - timezone('Europe/Helsinki', day::timestamp)
    ),
    CONSTRAINT energy_is_not_negative CHECK (0 <= ALL (wh)),
    CONSTRAINT quality_is_of_the_day_or_of_each_slot CHECK (cardinality(quality) IN (1, cardinality(wh)))
) PARTITION BY RANGE (day);
CREATE INDEX consumption_by_import ON sites_consumptionday USING brin (import_run_id);
"""

ADD_MONTH = """
CREATE FUNCTION add_consumption_month(some_day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    month date := date_trunc('month', some_day)::date;
    child text := 'sites_consumptionday_' || to_char(month, 'YYYY_MM');
BEGIN
    IF month IS NULL OR month < date '2000-01-01' OR month > (now() + interval '13 months')::date THEN
        RAISE EXCEPTION 'there is no month of consumption at %', some_day USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_regclass('public.' || child) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('sites_consumptionday'));
    IF to_regclass('public.' || child) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Made apart and attached, so that nobody who reads or writes other months waits.
    EXECUTE format('CREATE TABLE public.%I (LIKE public.sites_consumptionday INCLUDING ALL)', child);
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC', child);
    EXECUTE format('GRANT SELECT ON public.%I TO register_backup', child);
    EXECUTE format(
        'ALTER TABLE public.sites_consumptionday ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        child, month, (month + interval '1 month')::date
    );
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION add_consumption_month(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_consumption_month(date) TO register_app;
"""

DROP_MONTH = """
CREATE FUNCTION drop_consumption_month(some_day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    child text := 'sites_consumptionday_' || to_char(some_day, 'YYYY_MM');
    is_used boolean;
BEGIN
    IF some_day IS NULL OR to_regclass('public.' || child) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', child) INTO is_used;
    IF NOT is_used THEN
        EXECUTE format('LOCK TABLE public.sites_consumptionday, public.%I IN ACCESS EXCLUSIVE MODE', child);
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', child) INTO is_used;
    END IF;
    IF is_used THEN
        RAISE EXCEPTION 'the month of % is not empty', some_day USING ERRCODE = 'object_in_use';
    END IF;
    EXECUTE format('DROP TABLE public.%I', child);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION drop_consumption_month(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_consumption_month(date) TO register_purge;
"""

# In place of a foreign key, whose check of each row costs as much again as storing it (docs/performance.md):
# the store takes rows only for sites that are there, and a site with consumption does not go.
KEEP_SITES = """
CREATE FUNCTION refuse_to_delete_site_with_consumption() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.sites_consumptionday WHERE site_id = OLD.id)
        OR EXISTS (SELECT FROM public.sites_consumptioncorrection WHERE site_id = OLD.id) THEN
        RAISE EXCEPTION 'the site still has consumption' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER a_site_with_consumption_stays BEFORE DELETE ON sites_site
FOR EACH ROW EXECUTE FUNCTION refuse_to_delete_site_with_consumption();
"""


class Migration(migrations.Migration):
    dependencies = [("sites", "0003_controllers_agree")]

    operations = [
        migrations.RunSQL(TABLE, "DROP TABLE sites_consumptionday"),
        migrations.RunSQL(ADD_MONTH, "DROP FUNCTION add_consumption_month(date)"),
        migrations.RunSQL(DROP_MONTH, "DROP FUNCTION drop_consumption_month(date)"),
        migrations.RunSQL(
            KEEP_SITES,
            "DROP TRIGGER a_site_with_consumption_stays ON sites_site;"
            " DROP FUNCTION refuse_to_delete_site_with_consumption()",
        ),
    ]
