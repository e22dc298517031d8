"""The Django application of this folder, and Django's admin with our site as its own."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class IdentityConfig(AppConfig):
    name = "register.identity"
    label = "identity"
    verbose_name = _("accounts and roles")
    default_auto_field = "django.db.models.BigAutoField"
    default = True


class StaffSiteConfig(admin_apps.AdminConfig):
    """Django's admin, whose site is the staff's."""

    default = False
    default_site = "register.identity.site.StaffSite"
