"""Imports payments from the bank's files: `manage.py import_payments PATH…`."""

from sites.management.commands._files import FileImportCommand


class Command(FileImportCommand):
    """Imports bank statements and notifications (camt.053, camt.054)."""

    kind_code = "payments"
    job = "import-payments"
    what = "Imports payments from bank statements (camt.053) and credit notifications (camt.054) and settles invoices."
