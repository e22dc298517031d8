"""The addresses of the customers' pages."""

from django.urls import path

from customers.portal import signin
from customers.staff import desk, documents, page, panels, search

_ONE = "staff/customers/<uuid:customer_id>/"
_DOCUMENT = "staff/powers-of-attorney/<uuid:power_id>/document/"

staff_urls = [
    path("staff/search/", search.search, name="staff-search"),
    path("staff/calls/end/", desk.end_call, name="staff-call-end"),
    path(f"{_ONE}call/", desk.start_call, name="staff-call-start"),
    path(f"{_ONE}pin/", desk.pin, name="staff-customer-pin"),
    path(_ONE, page.customer, name="staff-customer"),
    path(f"{_ONE}contact/", panels.contact, name="staff-customer-contact"),
    path(f"{_ONE}permissions/", panels.permissions, name="staff-customer-permissions"),
    path(f"{_ONE}timeline/", panels.timeline_of, name="staff-customer-timeline"),
    path(
        "staff/powers-of-attorney/<uuid:power_id>/document/",
        documents.power_of_attorney,
        name="staff-power-of-attorney",
    ),
    path(f"{_ONE}looks/", panels.looks, name="staff-customer-looks"),
]

portal_urls = [
    path("", signin.front, name="portal-front"),
    path("my/code/", signin.code, name="portal-code"),
    path("my/language/", signin.language, name="portal-language"),
    path("my/customer/", signin.choose_customer, name="portal-customer"),
    path("my/sign-out/", signin.sign_out, name="portal-sign-out"),
]
