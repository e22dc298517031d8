"""Every address of the register; the only module that knows the interfaces of the apps."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from billing.urls import portal_urls as billing_portal_urls
from billing.urls import staff_urls as billing_urls
from customers.urls import portal_urls as customers_portal_urls
from customers.urls import staff_urls as customers_urls
from dsar.urls import portal_urls as dsar_portal_urls
from dsar.urls import public_urls as privacy_urls
from dsar.urls import staff_urls as dsar_urls
from recordings.urls import staff_urls as recordings_urls
from register import dashboard, home
from register.identity.urls import staff_urls as identity_urls
from retention.urls import staff_urls as retention_urls
from sites.urls import portal_urls as sites_portal_urls
from sites.urls import staff_urls as sites_urls

urlpatterns = [
    *customers_portal_urls,
    *billing_portal_urls,
    *sites_portal_urls,
    *dsar_portal_urls,
    path("my/", home.portal, name="portal-home"),
    # A bank that lets anybody in as anybody: not even its address is there in production. By name, for it lies above.
    *([path("", include("demo.urls"))] if settings.REGISTER_DEMO_BANK else []),
    path("health/live", home.live, name="health_live"),
    path("health/ready", home.ready, name="health_ready"),
    *privacy_urls,
    *identity_urls,
    *customers_urls,
    *sites_urls,
    *billing_urls,
    *recordings_urls,
    *retention_urls,
    *dsar_urls,
    path("staff/", dashboard.dashboard, name="staff-dashboard"),
    path("staff/", admin.site.urls),
]

handler403 = "register.home.forbidden"
handler404 = "register.home.not_found"
handler500 = "register.home.broken"
