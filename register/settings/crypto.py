"""Where the keys and the encrypted files are; embedded mode makes its own keys once."""

from typing import Any

from embedded.places import places
from register.crypto.keyring import ensure_key_file
from register.settings.environment import Environment


def crypto(environment: Environment) -> dict[str, Any]:
    """Return the settings of register.crypto and of the formats of codes."""
    file = environment.file_of("KEYRING")
    if not environment.is_given("KEYRING") and not environment.is_production:
        file = ensure_key_file(places().secrets / "keyring.json")
    return {
        "REGISTER_KEYRING_FILE": str(file or ""),
        "REGISTER_KEYRING": "" if file else environment.text("KEYRING"),
        "REGISTER_KEY_PROVIDER": environment.text("KEY_PROVIDER"),
        "REGISTER_ALLOW_TEMPORARY_CODES": environment.flag("TEMPORARY_CODES") or not environment.is_production,
    }
