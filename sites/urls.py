"""The addresses of the sites' pages."""

from django.urls import path

from sites.staff import imports, panels

_ONE = "staff/customers/<uuid:customer_id>/"

staff_urls = [
    path("staff/imports/", imports.imports, name="staff-imports"),
    path("staff/imports/<uuid:job_id>/", imports.import_job, name="staff-import"),
    path("staff/imports/<uuid:job_id>/confirm/", imports.confirm_import, name="staff-import-confirm"),
    path("staff/imports/runs/<uuid:run_id>/undo/", imports.undo_import, name="staff-import-undo"),
    path(f"{_ONE}contracts/", panels.contracts, name="staff-customer-contracts"),
    path(f"{_ONE}consumption/", panels.consumption, name="staff-customer-consumption"),
    path(f"{_ONE}contracts/alerts/", panels.alerts, name="staff-customer-contract-alerts"),
]
