"""Books payments and settles invoices by reference, with the change log, in one set-based statement under policies.

Dangerous if loosened: invoices are locked before what is open of them is read, so that nothing is settled twice.
Payments of one reference and the open invoices of that reference are laid on two scales of money, the payments in
the order of the bank, the invoices in that of their due dates: where they overlap, the one settles the other.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection

from billing.models import Invoice, Payment, PaymentAllocation, PaymentCase
from register.access.scope import current_actor
from register.work.filing import FileContext

COLUMNS = (
    "id", "number", "controller_id", "kind", "amount", "currency", "booked_on", "paid_on", "bank_reference",
    "entry_reference", "reference", "reference_key", "other_form", "is_finnish", "payer_name", "message",
    "is_statement",
)  # fmt: skip
_TYPES = (
    "uuid", "bigint", "smallint", "text", "numeric(14,2)", "text", "date", "date", "text", "text", "text",
    "text COLLATE \"C\"", "text COLLATE \"C\"", "boolean", "text", "text", "boolean",
)  # fmt: skip
_LOCK = 0x70617973


def stage_payments(rows: Iterable[Sequence[Any]]) -> int:
    """Copy payments to the staging table of this transaction and give how many there were.

    `rows` may read a file as it goes, but not the database: that would wait for itself.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(COLUMNS, _TYPES, strict=True))
    count = 0
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS staged_payment")
        cursor.execute(f"CREATE TEMP TABLE staged_payment ({columns}) ON COMMIT DROP")
        with cursor.copy(f"COPY staged_payment ({', '.join(COLUMNS)}) FROM STDIN") as stream:
            for row in rows:
                stream.write_row(row)
                count += 1
        cursor.execute("ANALYZE staged_payment")
    return count


def match_payments(context: FileContext) -> dict[str, int]:
    """Book what is staged and settle invoices with it; give the counts by what happened.

    Runs in the open transaction and scope; two imports wait for each other.
    """
    types = ContentType.objects.get_for_models(Payment, PaymentAllocation, PaymentCase, Invoice)
    actor = current_actor()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what the database refuses is known here, not at the commit
        cursor.execute(
            _MATCHING,
            {
                "run": context.run.id,
                "source": context.source,
                "at": context.at,
                "note": json.dumps(dict(context.note)),
                "actor_kind": actor.kind if actor else "service",
                "actor_id": actor.id if actor else "unknown",
                "payment": types[Payment].pk,
                "allocation": types[PaymentAllocation].pk,
                "case": types[PaymentCase].pk,
                "invoice": types[Invoice].pk,
            },
        )
        return dict(cursor.fetchall())


# The bank's references are known as booked payments, or as entries on the list that have no payment.
_FRESH = """
fresh AS MATERIALIZED (
    SELECT * FROM (
        SELECT s.*, row_number() OVER (PARTITION BY controller_id, bank_reference ORDER BY number) AS turn
        FROM staged_payment s
    ) s
    WHERE turn = 1
        AND NOT EXISTS (
            SELECT FROM billing_payment p
            WHERE p.controller_id = s.controller_id AND p.bank_reference = s.bank_reference AND p.bank_reference <> ''
        )
        AND NOT EXISTS (
            SELECT FROM billing_paymentcase c
            WHERE c.controller_id = s.controller_id AND c.bank_reference = s.bank_reference AND c.bank_reference <> ''
                AND (c.reason = 'batch') = (s.kind = 'batch')
        )
        AND NOT (s.kind = 'batch' AND EXISTS (
            SELECT FROM billing_payment p
            WHERE p.controller_id = s.controller_id AND p.entry_reference = s.entry_reference
                AND p.entry_reference <> ''
        ))
)"""
_SETTLING = """
named AS MATERIALIZED (
    SELECT g.controller_id, g.reference_key, i.id, i.customer_id, i.due_on, i.invoiced_on,
        CASE WHEN i.settled_on IS NULL THEN greatest(i.total_eur - i.paid_eur, 0) ELSE 0 END AS open_eur
    FROM (
        SELECT DISTINCT f.controller_id, f.reference_key, form.words
        FROM fresh f CROSS JOIN LATERAL (VALUES (f.reference_key), (f.other_form)) form (words)
        WHERE f.reference_key <> '' AND f.kind = 'payment' AND f.currency = 'EUR'
    ) g
    JOIN billing_invoice i ON i.reference = g.words AND i.controller_id = g.controller_id
    WHERE i.kind = 'invoice' AND i.reference <> ''
    FOR NO KEY UPDATE OF i
),
paying AS MATERIALIZED (
    SELECT f.*, sum(amount) OVER scale - amount AS low, sum(amount) OVER scale AS high
    FROM fresh f WHERE kind = 'payment' AND currency = 'EUR' AND reference_key <> ''
    WINDOW scale AS (PARTITION BY controller_id, reference_key ORDER BY booked_on, number)
),
owed AS MATERIALIZED (
    SELECT n.*, sum(open_eur) OVER scale - open_eur AS low, sum(open_eur) OVER scale AS high
    FROM named n WHERE open_eur > 0
    WINDOW scale AS (PARTITION BY controller_id, reference_key ORDER BY due_on, invoiced_on, id)
),
settled AS MATERIALIZED (
    SELECT p.id AS payment_id, o.id AS invoice_id, o.controller_id, o.customer_id, p.paid_on, p.high AS paid_until,
        o.high AS owed_until, least(p.high, o.high) - greatest(p.low, o.low) AS amount_eur
    FROM paying p JOIN owed o USING (controller_id, reference_key)
    WHERE p.low < o.high AND o.low < p.high
),
used AS (
    SELECT payment_id, sum(amount_eur) AS sum, (array_agg(customer_id ORDER BY owed_until))[1] AS customer_id,
        max(owed_until) - max(paid_until) AS lacking
    FROM settled GROUP BY payment_id
),
total AS (
    SELECT controller_id, reference_key, max(high) AS paid FROM paying GROUP BY controller_id, reference_key
),
known_of AS (
    SELECT controller_id, reference_key, (array_agg(customer_id ORDER BY due_on DESC, id))[1] AS customer_id
    FROM named GROUP BY controller_id, reference_key
),
fate AS MATERIALIZED (
    SELECT f.*, coalesce(u.customer_id, k.customer_id) AS customer_id,
        f.kind = 'payment' AND f.currency = 'EUR' AS books,
        CASE
            WHEN f.kind = 'returned' THEN 'returned'
            WHEN f.kind = 'batch' THEN 'batch'
            WHEN f.currency <> 'EUR' THEN 'foreign-currency'
            WHEN f.reference = '' AND f.is_finnish THEN 'no-reference'
            WHEN f.reference_key = '' THEN 'foreign-reference'
            WHEN k.customer_id IS NULL THEN
                CASE WHEN f.reference_key LIKE 'RF%%' THEN 'foreign-reference' ELSE 'unknown-reference' END
            WHEN u.sum IS NULL THEN 'paid-already'
            WHEN u.sum < f.amount THEN 'too-much'
            WHEN u.lacking > 0 AND t.paid = p.high THEN 'too-little'
        END AS reason,
        CASE
            WHEN u.sum IS NULL THEN f.amount
            WHEN u.sum < f.amount THEN f.amount - u.sum
            ELSE u.lacking
        END AS wanting
    FROM fresh f
    LEFT JOIN paying p ON p.id = f.id
    LEFT JOIN used u ON u.payment_id = f.id
    LEFT JOIN known_of k ON k.controller_id = f.controller_id AND k.reference_key = f.reference_key
    LEFT JOIN total t ON t.controller_id = f.controller_id AND t.reference_key = f.reference_key
)"""
_WRITING = """
booked AS (
    INSERT INTO billing_payment (id, controller_id, customer_id, amount_eur, paid_on, booked_on, reference, payer_name,
        bank_reference, entry_reference, stated_on, source, import_run_id)
    SELECT id, controller_id, customer_id, amount, paid_on, booked_on,
        CASE WHEN reference_key <> '' THEN reference_key ELSE reference END, payer_name, bank_reference,
        entry_reference, CASE WHEN is_statement THEN booked_on END, %(source)s, %(run)s
    FROM fate WHERE books ORDER BY number
    RETURNING *
),
-- MERGE, not INSERT: it gives back whom a row is about without a join, which the planner would make a nested loop.
allocated AS (
    MERGE INTO billing_paymentallocation a USING settled s ON false
    WHEN NOT MATCHED THEN INSERT (payment_id, invoice_id, controller_id, amount_eur)
        VALUES (s.payment_id, s.invoice_id, s.controller_id, s.amount_eur)
    RETURNING a.id, a.payment_id, a.invoice_id, a.controller_id, a.amount_eur, s.customer_id
),
paid AS (
    UPDATE billing_invoice i SET
        paid_eur = i.paid_eur + x.sum,
        state = CASE WHEN i.paid_eur + x.sum >= i.total_eur THEN 'paid' ELSE i.state END,
        settled_on = CASE WHEN i.paid_eur + x.sum >= i.total_eur THEN x.paid_on END
    FROM (
        SELECT invoice_id, sum(amount_eur) AS sum, max(paid_on) AS paid_on FROM settled GROUP BY invoice_id
    ) x
    WHERE i.id = x.invoice_id
    RETURNING new.*, jsonb_strip_nulls(jsonb_build_object(
        'paid_eur', jsonb_build_array(old.paid_eur, new.paid_eur),
        'state', CASE WHEN old.state <> new.state THEN jsonb_build_array(old.state, new.state) END,
        'settled_on', CASE WHEN new.settled_on IS NOT NULL THEN jsonb_build_array(old.settled_on, new.settled_on) END
    )) AS changed
),
cased AS (
    MERGE INTO billing_paymentcase c
    USING (SELECT uuidv7() AS case_id, f.* FROM fate f WHERE reason IS NOT NULL ORDER BY number) f ON false
    WHEN NOT MATCHED THEN INSERT (id, controller_id, payment_id, reason, amount, currency, booked_on, reference,
        payer_name, message, bank_reference, state, note, closed_by, source, import_run_id)
    VALUES (f.case_id, f.controller_id, CASE WHEN f.books THEN f.id END, f.reason, f.wanting, f.currency, f.booked_on,
        CASE WHEN f.books THEN '' ELSE f.reference END, CASE WHEN f.books THEN '' ELSE f.payer_name END, f.message,
        CASE WHEN f.books THEN '' ELSE f.bank_reference END, 'open', '', '', %(source)s, %(run)s)
    RETURNING c.id, c.controller_id, c.payment_id, c.reason, c.amount, c.currency, c.state, f.customer_id
),
stating AS (
    SELECT id, min(booked_on) AS booked_on FROM (
        SELECT p.id, s.booked_on
        FROM staged_payment s
        JOIN billing_payment p ON p.controller_id = s.controller_id AND p.bank_reference = s.bank_reference
        WHERE s.is_statement AND p.stated_on IS NULL AND p.bank_reference <> ''
        UNION ALL
        SELECT p.id, s.booked_on
        FROM staged_payment s
        JOIN billing_payment p ON p.controller_id = s.controller_id AND p.entry_reference = s.bank_reference
        WHERE s.is_statement AND s.kind = 'batch' AND p.stated_on IS NULL AND p.entry_reference <> ''
    ) found GROUP BY id
),
stated AS (
    UPDATE billing_payment p SET stated_on = s.booked_on FROM stating s WHERE p.id = s.id
    RETURNING new.*, jsonb_build_object('stated_on', jsonb_build_array(old.stated_on, new.stated_on)) AS changed
),
closing AS (
    SELECT c.id
    FROM fresh f
    JOIN billing_paymentcase c ON c.controller_id = f.controller_id AND c.bank_reference = f.entry_reference
    WHERE f.kind = 'payment' AND f.entry_reference <> '' AND c.state = 'open' AND c.reason = 'batch'
    UNION
    SELECT c.id
    FROM settled s
    JOIN billing_paymentallocation a ON a.invoice_id = s.invoice_id
    JOIN billing_paymentcase c ON c.payment_id = a.payment_id
    WHERE c.state = 'open' AND c.reason = 'too-little'
),
closed AS (
    UPDATE billing_paymentcase c
    SET state = 'settled', closed_at = %(at)s, closed_by = %(actor_kind)s || ':' || %(actor_id)s
    FROM closing WHERE c.id = closing.id
    RETURNING new.*, jsonb_build_object(
        'state', jsonb_build_array(old.state, new.state),
        'closed_at', jsonb_build_array(old.closed_at, new.closed_at),
        'closed_by', jsonb_build_array(old.closed_by, new.closed_by)
    ) AS changed
)"""
_LOGGING = """
logged AS (
    INSERT INTO audit_logentry (content_type_id, object_pk, object_repr, action, changes_text, changes, timestamp,
        additional_data, actor_kind, actor_id, controller_id, subjects)
    SELECT kind, key, '', action, '', changes, %(at)s, %(note)s::jsonb, %(actor_kind)s, %(actor_id)s, controller_id,
        CASE WHEN customer_id IS NULL THEN '{}'::uuid[] ELSE ARRAY[customer_id] END
    FROM (
        SELECT %(payment)s::int AS kind, b.id::text AS key, 0 AS action, b.controller_id, b.customer_id,
            jsonb_strip_nulls(jsonb_build_object(
                'amount_eur', jsonb_build_array(NULL, b.amount_eur), 'paid_on', jsonb_build_array(NULL, b.paid_on),
                'booked_on', jsonb_build_array(NULL, b.booked_on), 'reference', jsonb_build_array(NULL, b.reference),
                'payer_name', jsonb_build_array(NULL, b.payer_name),
                'bank_reference', jsonb_build_array(NULL, b.bank_reference))) AS changes
        FROM booked b
        UNION ALL
        SELECT %(allocation)s, a.id::text, 0, a.controller_id, a.customer_id, jsonb_build_object(
            'payment', jsonb_build_array(NULL, a.payment_id), 'invoice', jsonb_build_array(NULL, a.invoice_id),
            'amount_eur', jsonb_build_array(NULL, a.amount_eur))
        FROM allocated a
        UNION ALL
        SELECT %(invoice)s, p.id::text, 1, p.controller_id, p.customer_id, p.changed FROM paid p
        UNION ALL
        SELECT %(case)s, c.id::text, 0, c.controller_id, c.customer_id, jsonb_strip_nulls(jsonb_build_object(
            'payment', CASE WHEN c.payment_id IS NOT NULL THEN jsonb_build_array(NULL, c.payment_id) END,
            'reason', jsonb_build_array(NULL, c.reason), 'amount', jsonb_build_array(NULL, c.amount),
            'currency', jsonb_build_array(NULL, c.currency), 'state', jsonb_build_array(NULL, c.state)))
        FROM cased c
        UNION ALL
        SELECT %(payment)s, s.id::text, 1, s.controller_id, s.customer_id, s.changed FROM stated s
        UNION ALL
        SELECT %(case)s, c.id::text, 1, c.controller_id, p.customer_id, c.changed
        FROM closed c LEFT JOIN billing_payment p ON p.id = c.payment_id
    ) log
)"""
_COUNTING = """
SELECT 'payments', count(*) FROM booked
UNION ALL SELECT 'known', (SELECT count(*) FROM staged_payment) - (SELECT count(*) FROM fresh)
UNION ALL SELECT 'settlements', count(*) FROM allocated
UNION ALL SELECT 'invoices_paid', count(*) FROM paid WHERE settled_on IS NOT NULL
UNION ALL SELECT 'invoices_part_paid', count(*) FROM paid WHERE settled_on IS NULL
UNION ALL SELECT 'stated', count(*) FROM stated
UNION ALL SELECT 'cases_closed', count(*) FROM closed
UNION ALL SELECT reason, count(*) FROM cased GROUP BY reason
"""
_MATCHING = f"WITH {_FRESH},{_SETTLING},{_WRITING},{_LOGGING}{_COUNTING}"
