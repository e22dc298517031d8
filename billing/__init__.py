"""What it costs: billing accounts, invoices, payments and credit information."""
