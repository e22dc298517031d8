"""The addresses of the notice and of the requests."""

from django.urls import path

from dsar import notice
from dsar.staff import record

public_urls = [
    path("privacy", notice.notice, name="privacy"),
    path("privacy/<slug:language>", notice.notice, name="privacy-language"),
]

staff_urls = [
    path("staff/record/", record.processing_record, name="staff-record"),
    path("staff/record/schedule/", record.retention_schedule, name="staff-retention-schedule"),
    path("staff/record/<slug:form>/", record.processing_record_file, name="staff-record-file"),
]
