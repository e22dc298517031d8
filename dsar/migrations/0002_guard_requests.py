"""The database keeps the order of a request: no step is left out, and what was recorded stays."""

from django.db import migrations

GUARD = """
CREATE FUNCTION dsar_guard_request() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    in_portal boolean := coalesce(current_setting('register.kind', true), '') = 'portal';
    broken text := '';
BEGIN
    IF current_user = 'register_owner' THEN  -- a data migration knows what it does
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('received', 'identified') AND NOT (NEW.kind = 'objection' AND NEW.state = 'answered') THEN
            broken := 'request_goes_step_by_step';
        END IF;
    ELSIF OLD.state IN ('answered', 'refused', 'withdrawn') THEN
        broken := 'request_closed_stays_closed';
    ELSIF (NEW.number, NEW.customer_id, NEW.kind, NEW.channel, NEW.text, NEW.received_at, NEW.received_on,
           NEW.first_due_on, NEW.asked_by)
        IS DISTINCT FROM (OLD.number, OLD.customer_id, OLD.kind, OLD.channel, OLD.text, OLD.received_at,
           OLD.received_on, OLD.first_due_on, OLD.asked_by) THEN
        broken := 'request_stays_as_it_was_received';
    ELSIF OLD.identity_checked_at IS NOT NULL AND
        (NEW.identity_method, NEW.identity_checked_at, NEW.identity_checked_by)
        IS DISTINCT FROM (OLD.identity_method, OLD.identity_checked_at, OLD.identity_checked_by) THEN
        broken := 'request_stays_as_it_was_received';
    ELSIF OLD.extended_at IS NOT NULL AND
        (NEW.extended_at, NEW.due_on) IS DISTINCT FROM (OLD.extended_at, OLD.due_on) THEN
        broken := 'request_stays_as_it_was_received';
    ELSIF NEW.state <> OLD.state AND NOT (
        (OLD.state = 'received' AND NEW.state IN ('identified', 'refused', 'withdrawn'))
        OR (OLD.state = 'identified' AND NEW.state IN ('answered', 'refused', 'withdrawn'))
    ) THEN
        broken := 'request_goes_step_by_step';
    ELSIF in_portal AND (NEW.state <> OLD.state AND NEW.state <> 'withdrawn'
        OR NEW.due_on <> OLD.due_on OR NEW.identity_method <> OLD.identity_method) THEN
        broken := 'request_goes_step_by_step';
    END IF;
    IF broken <> '' THEN
        RAISE EXCEPTION 'the request may not be changed so' USING ERRCODE = 'check_violation', CONSTRAINT = broken;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dsar_guard_request BEFORE INSERT OR UPDATE ON dsar_request
    FOR EACH ROW EXECUTE FUNCTION dsar_guard_request();
CREATE SEQUENCE dsar_request_number_seq;
"""
UNGUARD = """
DROP SEQUENCE dsar_request_number_seq;
DROP TRIGGER dsar_guard_request ON dsar_request;
DROP FUNCTION dsar_guard_request();
"""


class Migration(migrations.Migration):
    dependencies = [("dsar", "0001_requests")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
