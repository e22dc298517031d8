"""The database lets no package leave before the identity of the person is on record."""

from django.db import migrations

GUARD = """
CREATE FUNCTION dsar_guard_download() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM dsar_package p JOIN dsar_request r ON r.id = p.request_id
        WHERE p.id = NEW.package_id AND p.made_at IS NOT NULL AND r.identity_checked_at IS NOT NULL
            AND r.customer_id = p.customer_id AND r.state IN ('identified', 'answered')
    ) THEN
        RAISE EXCEPTION 'nothing leaves before the identity is on record'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'download_follows_the_identity_check';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dsar_guard_download BEFORE INSERT ON dsar_packagedownload
    FOR EACH ROW EXECUTE FUNCTION dsar_guard_download();
CREATE FUNCTION dsar_guard_package() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF current_user <> 'register_owner' AND (NEW.customer_id, NEW.request_id)
        IS DISTINCT FROM (OLD.customer_id, OLD.request_id) THEN
        RAISE EXCEPTION 'a package stays with its request'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'package_stays_with_its_request';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dsar_guard_package BEFORE UPDATE ON dsar_package
    FOR EACH ROW EXECUTE FUNCTION dsar_guard_package();
"""
UNGUARD = """
DROP TRIGGER dsar_guard_download ON dsar_packagedownload;
DROP FUNCTION dsar_guard_download();
DROP TRIGGER dsar_guard_package ON dsar_package;
DROP FUNCTION dsar_guard_package();
"""


class Migration(migrations.Migration):
    dependencies = [("dsar", "0003_packages")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
