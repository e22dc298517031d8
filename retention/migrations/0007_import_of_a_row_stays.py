from django.db import migrations

# By these the purge worker knows what an import made, so the application must not be able to change them.
_TABLES = (
    "billing_bankaccount",
    "billing_billingaccount",
    "billing_creditinformation",
    "billing_invoice",
    "billing_payment",
    "billing_paymentcase",
    "customers_customer",
    "customers_prospect",
    "customers_representative",
    "recordings_recording",
    "sites_contract",
    "sites_delivereddevice",
    "sites_electricityconnection",
    "sites_heatconnection",
    "sites_meter",
    "sites_site",
)
_FUNCTION = """
CREATE FUNCTION refuse_another_import() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION 'what an import is, and which import made a row, cannot be changed'
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER an_import_stays_what_it_is BEFORE UPDATE ON work_importrun
    FOR EACH ROW WHEN ((OLD.id, OLD.kind, OLD.started_at) IS DISTINCT FROM (NEW.id, NEW.kind, NEW.started_at))
    EXECUTE FUNCTION refuse_another_import();
"""
_BACK = """
DROP TRIGGER an_import_stays_what_it_is ON work_importrun;
"""
_TRIGGER = """
CREATE TRIGGER the_import_of_a_row_stays BEFORE UPDATE ON {table}
    FOR EACH ROW WHEN ((OLD.id, OLD.import_run_id) IS DISTINCT FROM (NEW.id, NEW.import_run_id))
    EXECUTE FUNCTION refuse_another_import();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0006_days_ahead"),
        ("work", "0001_work"),
        ("billing", "0005_fewer_indexes"),
        ("customers", "0005_power_covers_all"),
        ("recordings", "0002_log_of_parts_names_its_controller"),
        ("sites", "0006_protected_places"),
    ]

    operations = [
        migrations.RunSQL(
            _FUNCTION + "".join(_TRIGGER.format(table=table) for table in _TABLES),
            "".join(f"DROP TRIGGER the_import_of_a_row_stays ON {table};" for table in _TABLES)
            + _BACK
            + "DROP FUNCTION refuse_another_import();",
        )
    ]
