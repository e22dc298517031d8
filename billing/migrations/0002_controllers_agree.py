"""The database refuses an invoice about another controller's contract, and a payment to another's invoice."""

from django.db import migrations


def agree(table: str, column: str, target: str, name: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}, controller_id)
            REFERENCES {target} (id, controller_id)""",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_billing")]

    operations = [
        agree("billing_invoicecontract", "invoice_id", "billing_invoice", "invoice_contract_and_invoice_agree"),
        agree("billing_invoicecontract", "contract_id", "sites_contract", "invoice_contract_and_contract_agree"),
        agree("billing_paymentallocation", "invoice_id", "billing_invoice", "allocation_and_invoice_agree"),
        agree("billing_paymentallocation", "payment_id", "billing_payment", "allocation_and_payment_agree"),
    ]
