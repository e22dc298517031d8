"""The addresses of billing's pages."""

from django.urls import path

from billing import portal
from billing.staff import cases, panels

_ONE = "staff/customers/<uuid:customer_id>/"

staff_urls = [
    path("staff/payments/", cases.cases, name="staff-payment-cases"),
    path("staff/payments/<uuid:case_id>/", cases.case, name="staff-payment-case"),
    path(f"{_ONE}billing/", panels.billing, name="staff-customer-billing"),
    path(f"{_ONE}invoices/", panels.invoices, name="staff-customer-invoices"),
    path(f"{_ONE}invoices/alerts/", panels.alerts, name="staff-customer-billing-alerts"),
]

portal_urls = [
    path("my/invoices/", portal.invoices, name="portal-invoices"),
    path("my/invoices/<uuid:invoice_id>/", portal.invoice, name="portal-invoice"),
]
