-- What bench/purge.py loads: customers with all that hangs on them, everything due; or months of consumption.
DO $$
DECLARE
    customers int := current_setting('bench.customers')::int;
    invoices int := current_setting('bench.invoices')::int;
    last_day date := current_setting('bench.last_day')::date;
    due_day date := current_setting('bench.due_day')::date;
    sites int := current_setting('bench.sites')::int;
    months int := current_setting('bench.months')::int;
BEGIN
    INSERT INTO sites_site (id, source, gsrn, commodity, street_address, postal_code, post_office, address_key,
            district, block, plot, distribution_system_operator, archive_identifier)
        SELECT uuidv7(), 'R1', lpad(n::text, 18, '0'), 'electricity', 'Katu ' || n, '70100', 'KUOPIO', '', '', '', '', '', ''
        FROM generate_series(1, greatest(customers, sites)) n;
    INSERT INTO customers_customer (id, source, number, kind, given_names, family_name, organisation_name, business_id,
            phone, other_phone, email, street_address, postal_code, post_office, country, language, is_protected,
            relationship_started_on, relationship_ended_on)
        SELECT uuidv7(), 'R1', (100000 + n)::text, 'person', 'Aino', 'Sukunimi' || n, '', '', '+358401' || n, '',
            n || '@example.org', 'Katu ' || n, '70100', 'KUOPIO', 'FI', 'fi', false, last_day - 900, last_day + 1
        FROM generate_series(1, customers) n;
    INSERT INTO sites_contract (id, source, number, reference, line, controller_id, site_id, supplier_name, started_on,
            ended_on, is_cancelled)
        SELECT uuidv7(), 'R1', 'S' || s.gsrn::bigint, '', 'network', 2, s.id, '', last_day - 900, last_day + 1, false
        FROM sites_site s WHERE customers > 0;
    INSERT INTO sites_contractholder (contract_id, controller_id, customer_id)
        SELECT c.id, 2, p.id FROM sites_contract c
        JOIN customers_customer p ON p.number = (100000 + substr(c.number, 2)::int)::text;
    INSERT INTO sites_homedetails (contract_id, housing, tenure, heating, technical_room_access, timing_of_use)
        SELECT id, 'house', 'owner', 'wood', '', '' FROM sites_contract;
    INSERT INTO sites_diaryentry (contract_id, customer_id, happened_on, title, text)
        SELECT contract_id, customer_id, last_day, 'lämpöpumppu', '' FROM sites_contractholder, generate_series(1, 2);
    INSERT INTO customers_contact (customer_id, controller_id, kind, topic, text, happened_at, handled_by)
        SELECT id, 1, 'call', 'lasku', 'Soitti laskustaan', last_day, '' FROM customers_customer, generate_series(1, 8);
    INSERT INTO customers_serviceuse (customer_id, service, event, happened_at)
        SELECT id, 'viesti', 'tilaus', last_day FROM customers_customer, generate_series(1, 4);
    INSERT INTO customers_marketingpermission (customer_id, channel, purpose, is_allowed, ground, told_by, given_at)
        SELECT id, channel, 'advertising', false, 'customer', '', last_day
        FROM customers_customer, unnest(ARRAY['phone', 'sms', 'email', 'post']) channel;
    INSERT INTO customers_searchtoken (customer_id, kind, token)
        SELECT id, 'name', token FROM customers_customer, unnest(ARRAY[lower(family_name), 'aino', number, email]) token;
    INSERT INTO customers_searchword SELECT DISTINCT token FROM customers_searchtoken;
    INSERT INTO billing_invoice (id, source, number, kind, controller_id, customer_id, reference, invoiced_on, due_on,
            total_eur, vat_eur, paid_eur, state, settled_on)
        SELECT uuidv7(), 'R1', p.number || '-' || n, 'invoice', 2, p.id, '', last_day, last_day, 100, 20, 100, 'paid', last_day
        FROM customers_customer p, generate_series(1, invoices) n;
    INSERT INTO billing_invoicecontract (invoice_id, contract_id, controller_id)
        SELECT i.id, h.contract_id, 2 FROM billing_invoice i JOIN sites_contractholder h ON h.customer_id = i.customer_id;
    INSERT INTO billing_invoicerow (invoice_id, position, product_name, quantity, unit, unit_price_eur, vat_percent, amount_eur)
        SELECT id, 1, 'Siirto', 1, 'kk', 80, 24, 100 FROM billing_invoice;
    INSERT INTO billing_payment (id, source, controller_id, customer_id, amount_eur, paid_on, booked_on, reference,
            payer_name, bank_reference)
        SELECT uuidv7(), 'R1', 2, customer_id, 100, last_day, last_day, number, '', number FROM billing_invoice;
    INSERT INTO billing_paymentallocation (payment_id, invoice_id, controller_id, amount_eur)
        SELECT p.id, i.id, 2, 100 FROM billing_payment p JOIN billing_invoice i ON i.number = p.reference;
    INSERT INTO recordings_recording (id, source, controller_id, customer_id, kind, direction, phone, called_at, called_on,
            duration_s, handled_by, stored_as, wrapped_key, size_bytes, media_type, transcript, waveform)
        SELECT uuidv7(), 'R1', 1, id, 'service', 'in', '', last_day + interval '12 hours', last_day, 60, '',
            CASE WHEN current_setting('bench.with_log')::bool THEN md5(id::text || n) ELSE '' END, '', 0, 'audio/wav', '', '{}'
        FROM customers_customer, generate_series(1, 2) n;
    FOR month IN 0 .. months - 1 LOOP
        PERFORM add_consumption_month((due_day + make_interval(months => month))::date);
    END LOOP;
END $$;
INSERT INTO sites_consumptionday (site_id, series, resolution_min, day, controller_id, wh, quality)
    SELECT s.id, 1, 60, day, 2, array_fill(1000, ARRAY[hours::int]), '{1}'
    FROM sites_site s, (
        SELECT day::date, extract(epoch FROM timezone('Europe/Helsinki', day + interval '1 day')
            - timezone('Europe/Helsinki', day)) / 3600 AS hours
        FROM generate_series(current_setting('bench.due_day')::timestamp,
            date_trunc('month', current_setting('bench.due_day')::timestamp)
                + make_interval(months => current_setting('bench.months')::int) - interval '1 day',
            interval '1 day') day
    ) days WHERE current_setting('bench.sites')::int > 0;
DO $$
DECLARE
    logged regclass;
BEGIN
    FOREACH logged IN ARRAY CASE WHEN current_setting('bench.with_log')::bool THEN ARRAY['customers_customer',
            'sites_contract', 'sites_contractholder', 'sites_homedetails', 'sites_diaryentry', 'customers_contact',
            'customers_serviceuse', 'customers_marketingpermission', 'billing_invoice', 'billing_invoicecontract',
            'billing_invoicerow', 'billing_payment', 'billing_paymentallocation', 'recordings_recording']::regclass[]
            ELSE '{}' END LOOP
        EXECUTE format('INSERT INTO audit_logentry (content_type_id, object_pk, object_repr, action, changes_text, changes,
                timestamp, actor_kind, actor_id, subjects)
            SELECT t.id, x.id::text, '''', 0, '''', ''{"name": ["None", "x"]}'', %L, ''service'', ''bench'', ''{}''
            FROM %s x, django_content_type t WHERE t.app_label || ''_'' || t.model = %L',
            '2021-06-30', logged, logged::text);
    END LOOP;
END $$;
