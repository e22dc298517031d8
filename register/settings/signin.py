"""Sign-in of staff: django-allauth, password and one-time code, bounds of sessions and of attempts."""

from typing import Any

SIGNIN: dict[str, Any] = {
    "AUTH_USER_MODEL": "identity.Account",
    "AUTHENTICATION_BACKENDS": ["register.identity.signin.StaffBackend"],
    "LOGIN_URL": "/sign-in/",
    "LOGIN_REDIRECT_URL": "/staff/",
    "LOGOUT_REDIRECT_URL": "/sign-in/",
    "ACCOUNT_ADAPTER": "register.identity.signin.StaffAccountAdapter",
    "ACCOUNT_LOGIN_METHODS": {"email"},
    "ACCOUNT_SIGNUP_FIELDS": ["email*", "password1*"],
    "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
    "ACCOUNT_EMAIL_VERIFICATION": "none",
    "ACCOUNT_SESSION_REMEMBER": False,
    "ACCOUNT_LOGOUT_ON_GET": False,
    "ACCOUNT_LOGOUT_REDIRECT_URL": "/sign-in/",
    "ACCOUNT_RATE_LIMITS": {"login": "60/m/ip", "login_failed": "20/m/ip,5/5m/key"},
    "MFA_ADAPTER": "register.identity.signin.StaffMFAAdapter",
    "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes"],
    "MFA_TOTP_ISSUER": "Asiakasrekisteri",
    # Sign-in judges codes by register.identity.factors; this is for the proof at enrolment only.
    "MFA_TOTP_TOLERANCE": 1,
    "MFA_FORMS": {
        "authenticate": "register.identity.factors.CodeForm",
        "reauthenticate": "register.identity.factors.CodeAgainForm",
    },
    "MFA_RECOVERY_CODES_SHOW_ONCE": True,
}
