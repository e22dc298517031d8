"""What stands between the register and the network: TLS, cookies, headers, policy."""

from typing import Any

from register.settings.environment import Environment

# Only our own files, and none of them inside the page.
POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "form-action": ["'self'"],
}
_EMBEDDED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]


def web(environment: Environment) -> dict[str, Any]:
    """Return Django's settings of hosts, TLS, cookies and headers."""
    tls = environment.flag("TLS") and environment.is_production
    by_proxy = tls and environment.flag("TLS_PROXY")
    prefix = "__Host-" if tls else ""
    return {
        "ALLOWED_HOSTS": environment.list("ALLOWED_HOSTS") or ([] if environment.is_production else _EMBEDDED_HOSTS),
        "CSRF_TRUSTED_ORIGINS": environment.list("TRUSTED_ORIGINS"),
        "CONTENT_SECURITY_POLICY": {"DIRECTIVES": POLICY},
        "SECURE_SSL_REDIRECT": tls,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if by_proxy else None,
        # The address that attempts to sign in are counted by: without it all visitors share the proxy's.
        "ALLAUTH_TRUSTED_PROXY_COUNT": 1 if by_proxy else 0,
        "SECURE_HSTS_SECONDS": environment.number("HSTS_SECONDS") if tls else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": tls,
        "SECURE_HSTS_PRELOAD": tls,
        "SECURE_REDIRECT_EXEMPT": [r"^health/(live|ready)$"],
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "SESSION_COOKIE_NAME": f"{prefix}session",
        "SESSION_COOKIE_SECURE": tls,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": 14 * 24 * 3600,
        "SESSION_SAVE_EVERY_REQUEST": False,
        "CSRF_COOKIE_NAME": f"{prefix}csrf",
        "CSRF_COOKIE_SECURE": tls,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "LANGUAGE_COOKIE_NAME": f"{prefix}language",
        "LANGUAGE_COOKIE_SECURE": tls,
        "LANGUAGE_COOKIE_HTTPONLY": True,
        "LANGUAGE_COOKIE_SAMESITE": "Lax",
        "SIGNED_COOKIE_LEGACY_SALT_FALLBACK": False,
    }
