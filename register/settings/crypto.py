"""Where the keys are; embedded mode makes its own once."""

from embedded.places import places
from register.crypto.keyring import ensure_key_file
from register.settings.environment import Environment


def keyring_file(environment: Environment) -> str:
    """Return the file of the keys, or "" where the environment holds the keys themselves."""
    if environment.is_given("KEYRING") or environment.is_production:
        return str(environment.file_of("KEYRING") or "")
    return str(ensure_key_file(places().secrets / "keyring.json"))
