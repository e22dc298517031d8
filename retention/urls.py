"""The addresses of retention's pages."""

from django.urls import path

from retention.staff import calendar, panels

_AT = "staff/retention/"
_CUSTOMER = "staff/customers/<uuid:customer_id>/"

staff_urls = [
    path(_AT, calendar.calendar, name="staff-retention"),
    path(f"{_AT}preview/", calendar.ask_preview, name="staff-retention-preview"),
    path(f"{_AT}run/", calendar.ask_run, name="staff-retention-run"),
    path(f"{_AT}approve/", calendar.approve, name="staff-retention-approve"),
    path(f"{_AT}stop/", calendar.stop, name="staff-retention-stop"),
    path(f"{_AT}resume/", calendar.resume, name="staff-retention-resume"),
    path(f"{_AT}holds/new/", calendar.new_hold, name="staff-retention-hold"),
    path(f"{_AT}holds/<uuid:hold_id>/release/", calendar.release_hold, name="staff-retention-release"),
    path(f"{_AT}plans/<uuid:run_id>/", calendar.plan, name="staff-retention-plan"),
    path(f"{_CUSTOMER}goes/", panels.goes, name="staff-customer-goes"),
    path(f"{_CUSTOMER}goes/alerts/", panels.alerts, name="staff-customer-retention-alerts"),
]
