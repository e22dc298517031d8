"""Imports invoices from Finvoice files: `manage.py import_invoices PATH…`."""

from sites.management.commands._files import FileImportCommand


class Command(FileImportCommand):
    """Imports Finvoice files."""

    kind_code = "invoices"
    job = "import-invoices"
    what = "Imports invoices and credit notes from Finvoice files (1.3 to 3.0), each to its contract and customer."
