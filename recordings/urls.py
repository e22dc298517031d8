"""The addresses of recordings."""

from django.urls import path

from recordings.staff import panels

staff_urls = [
    path("staff/customers/<uuid:customer_id>/recordings/", panels.recordings, name="staff-customer-recordings"),
    path("staff/recordings/<uuid:recording_id>/audio/", panels.audio, name="staff-recording-audio"),
]
