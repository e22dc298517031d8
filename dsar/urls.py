"""The addresses of the notice and of the requests."""

from django.urls import path

from dsar import notice
from dsar.portal import mydata
from dsar.staff import panels, record, requests

public_urls = [
    path("privacy", notice.notice, name="privacy"),
    path("privacy/<slug:language>", notice.notice, name="privacy-language"),
]

_CUSTOMER = "staff/customers/<uuid:customer_id>/"
staff_urls = [
    path("staff/requests/", requests.queue, name="staff-requests"),
    path("staff/requests/<uuid:request_id>/", requests.one, name="staff-request"),
    path(
        "staff/requests/<uuid:request_id>/package/<uuid:package_id>/", requests.download, name="staff-request-package"
    ),
    path("staff/requests/<uuid:request_id>/<slug:name>/", requests.act, name="staff-request-act"),
    path(f"{_CUSTOMER}requests/", panels.requests, name="staff-customer-requests"),
    path(f"{_CUSTOMER}requests/alerts/", panels.alerts, name="staff-customer-request-alerts"),
    path(f"{_CUSTOMER}requests/new/", requests.take_in, name="staff-request-new"),
    path("staff/record/", record.processing_record, name="staff-record"),
    path("staff/record/schedule/", record.retention_schedule, name="staff-retention-schedule"),
    path("staff/record/<slug:form>/", record.processing_record_file, name="staff-record-file"),
]

portal_urls = [
    path("my/data/", mydata.my_data, name="portal-my-data"),
    path("my/data/marketing/", mydata.marketing, name="portal-marketing"),
    path("my/data/access/", mydata.ask_access, name="portal-ask-access"),
    path("my/data/package/<uuid:package_id>/", mydata.package, name="portal-package"),
    path("my/data/correction/", mydata.ask_correction, name="portal-ask-correction"),
]
