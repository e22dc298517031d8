"""The addresses of the sites' pages."""

from django.urls import path

from sites.portal import consumption, contracts
from sites.staff import consumption as staff_consumption
from sites.staff import files, imports, panels, tables

_ONE = "staff/customers/<uuid:customer_id>/"

staff_urls = [
    path("staff/imports/", imports.imports, name="staff-imports"),
    path("staff/imports/<uuid:job_id>/", imports.import_job, name="staff-import"),
    path("staff/imports/<uuid:job_id>/confirm/", imports.confirm_import, name="staff-import-confirm"),
    path("staff/imports/runs/<uuid:run_id>/undo/", imports.undo_import, name="staff-import-undo"),
    path("staff/imports/tables/", tables.new_table, name="staff-table-new"),
    path("staff/imports/tables/<uuid:source_id>/columns/", tables.table_columns, name="staff-table-columns"),
    path("staff/imports/tables/<uuid:job_id>/", tables.table_job, name="staff-table"),
    path("staff/imports/tables/<uuid:job_id>/confirm/", tables.confirm_table_import, name="staff-table-confirm"),
    path("staff/imports/tables/<uuid:job_id>/refused/", tables.refused_rows, name="staff-table-refused"),
    path("staff/imports/tables/runs/<uuid:run_id>/undo/", tables.undo_table_import, name="staff-table-undo"),
    path("staff/imports/files/<slug:code>/", files.new_file, name="staff-file-new"),
    path("staff/imports/files/jobs/<uuid:job_id>/", files.file_job, name="staff-file"),
    path("staff/imports/files/jobs/<uuid:job_id>/confirm/", files.confirm_file_import, name="staff-file-confirm"),
    path("staff/imports/files/runs/<uuid:run_id>/undo/", files.undo_file, name="staff-file-undo"),
    path(f"{_ONE}contracts/", panels.contracts, name="staff-customer-contracts"),
    path(f"{_ONE}consumption/", staff_consumption.consumption, name="staff-customer-consumption"),
    path(f"{_ONE}consumption/file/", staff_consumption.consumption_file, name="staff-customer-consumption-file"),
    path(f"{_ONE}contracts/alerts/", panels.alerts, name="staff-customer-contract-alerts"),
]

portal_urls = [
    path("my/consumption/", consumption.consumption, name="portal-consumption"),
    path("my/consumption/file/", consumption.figures, name="portal-consumption-file"),
    path("my/contracts/", contracts.contracts, name="portal-contracts"),
]
