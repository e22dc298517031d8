"""The database wants two people: who recorded the identity check takes no package out; staff say no check strong."""

from django.db import migrations

GUARD = """
CREATE FUNCTION dsar_guard_second_person() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF NEW.downloaded_by LIKE 'staff:%' AND EXISTS (
        SELECT FROM dsar_package p JOIN dsar_request r ON r.id = p.request_id
        WHERE p.id = NEW.package_id AND r.identity_checked_by = NEW.downloaded_by
    ) THEN
        RAISE EXCEPTION 'who recorded the identity check takes no package out'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'download_is_by_a_second_person';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dsar_guard_second_person BEFORE INSERT ON dsar_packagedownload
    FOR EACH ROW EXECUTE FUNCTION dsar_guard_second_person();
CREATE FUNCTION dsar_guard_strong() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF NEW.identity_method = 'strong' AND NEW.identity_checked_by LIKE 'staff:%'
        AND (TG_OP = 'INSERT' OR OLD.identity_method IS DISTINCT FROM NEW.identity_method) THEN
        RAISE EXCEPTION 'strong identification is not said by staff'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'strong_identification_is_not_said_by_staff';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dsar_guard_strong BEFORE INSERT OR UPDATE OF identity_method ON dsar_request
    FOR EACH ROW EXECUTE FUNCTION dsar_guard_strong();
"""
UNGUARD = """
DROP TRIGGER dsar_guard_second_person ON dsar_packagedownload;
DROP FUNCTION dsar_guard_second_person();
DROP TRIGGER dsar_guard_strong ON dsar_request;
DROP FUNCTION dsar_guard_strong();
"""


class Migration(migrations.Migration):
    dependencies = [("dsar", "0004_guard_downloads")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
