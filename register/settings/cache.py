"""The cache: counts of attempts and codes that were used, in the broker's Valkey. No personal data, no pages.

Values are JSON, so that whoever writes into Valkey cannot make us run anything.
"""

import json
from typing import Any

from embedded.places import places
from register.settings.environment import Environment


class JsonSerializer:
    """What Django's Redis cache asks of a serializer."""

    def dumps(self, value: Any) -> bytes:
        """Write a value."""
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        """Read it."""
        return json.loads(data)


def cache(environment: Environment) -> dict[str, Any]:
    """Return the settings of the cache; with a broker that is no Valkey, REGISTER_CACHE_URL must name one."""
    address = environment.text("CACHE_URL") or environment.text("BROKER_URL")
    if not address:
        address = f"unix://{places().valkey_socket}"
    if address.startswith("redis+socket://"):
        address = "unix://" + address.removeprefix("redis+socket://").partition("?")[0]
    if not address.startswith(("redis://", "rediss://", "unix://")):
        environment.faults.append("REGISTER_CACHE_URL is missing: the broker is no Valkey.")
    return {
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": address,
                "KEY_PREFIX": "register",
                "OPTIONS": {"serializer": JsonSerializer()},
            }
        }
    }
