"""The environment of a production process, complete and sound."""

import secrets
from pathlib import Path

from register.crypto.keyring import KeySet, write_key_file


def production_environment(folder: Path, **changes: str) -> dict[str, str]:
    """Return all settings that a web process needs, secrets as files below `folder`.

    `changes` are set in addition, by their names without REGISTER_; an empty one is left out.
    """
    keyring = folder / "keyring.json"
    if not keyring.exists():
        write_key_file(keyring, KeySet.made())
    secret_key = folder / "secret_key"
    secret_key.write_text(secrets.token_urlsafe(64), encoding="utf-8")
    settings = {
        "MODE": "production",
        "SECRET_KEY_FILE": str(secret_key),
        "KEYRING_FILE": str(keyring),
        "DATABASE_URL": "postgresql://database.example:5432/register",
        "APP_PASSWORD": secrets.token_urlsafe(24),
        "BROKER_URL": "rediss://broker.example:6379/0",
        "ALLOWED_HOSTS": "register.example",
        "TRUSTED_ORIGINS": "https://register.example",
        "MAIL_HOST": "mail.example",
        "MAIL_FROM": "register@register.example",
        "FILES": str(folder),
    } | changes
    return {f"REGISTER_{name}": value for name, value in settings.items() if value}
