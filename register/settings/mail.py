"""Outgoing mail: always over TLS to a server, or into a folder in the embedded mode."""

from typing import Any

from embedded.places import places
from register.settings.environment import Environment


def mail(environment: Environment) -> dict[str, Any]:
    """Return Django's settings of mail."""
    shared = {
        "DEFAULT_FROM_EMAIL": environment.text("MAIL_FROM"),
        "SERVER_EMAIL": environment.text("MAIL_FROM"),
        "EMAIL_SUBJECT_PREFIX": "",
        "EMAIL_TIMEOUT": 20,
    }
    if not environment.text("MAIL_HOST") and not environment.is_production:
        return shared | {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(places().mail),
        }
    return shared | {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": environment.text("MAIL_HOST"),
        "EMAIL_PORT": environment.number("MAIL_PORT"),
        "EMAIL_USE_TLS": environment.text("MAIL_TLS") == "starttls",
        "EMAIL_USE_SSL": environment.text("MAIL_TLS") == "tls",
        "EMAIL_HOST_USER": environment.text("MAIL_USER"),
        "EMAIL_HOST_PASSWORD": environment.text("MAIL_PASSWORD"),
    }
