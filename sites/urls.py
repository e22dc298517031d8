"""The addresses of the sites' pages."""

from django.urls import path

from sites.staff import imports

staff_urls = [
    path("staff/imports/", imports.imports, name="staff-imports"),
    path("staff/imports/<uuid:job_id>/", imports.import_job, name="staff-import"),
    path("staff/imports/<uuid:job_id>/confirm/", imports.confirm_import, name="staff-import-confirm"),
    path("staff/imports/runs/<uuid:run_id>/undo/", imports.undo_import, name="staff-import-undo"),
]
