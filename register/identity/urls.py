"""The addresses of sign-in and of the person's own account: django-allauth's pages that we want, and no other."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import path
from django.views.generic import RedirectView

from register.identity import staff

_to_sessions = RedirectView.as_view(pattern_name="staff-sessions")

staff_urls = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-in/code/", mfa.authenticate, name="mfa_authenticate"),
    path("sign-in/second-factor/", totp.activate_totp, name="mfa_activate_totp"),
    path("sign-in/recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("sign-in/recovery-codes/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("sign-in/again/", account.reauthenticate, name="account_reauthenticate"),
    path("sign-in/again/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("sign-in/password/", account.password_change, name="account_change_password"),
    path("sign-in/commitment/", staff.commitment, name="staff-commitment"),
    path("sign-in/sessions/", staff.sessions, name="staff-sessions"),
    path("sign-in/language/", staff.set_language, name="staff-language"),
    path("sign-out/", staff.sign_out, name="account_logout"),
    # Names that allauth leads to by itself.
    path("sign-in/factors/", _to_sessions, name="mfa_index"),
    path("sign-in/factors/end/", _to_sessions, name="mfa_deactivate_totp"),
]
