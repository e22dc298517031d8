"""The one database of this process, as the role that the process has."""

from typing import Any
from urllib.parse import unquote, urlsplit

from embedded.places import DATABASE, places
from register.settings.environment import Environment

# Of a log-in that may become each of the three: tests prove with it what each may do.
TEST_OPTIONS = "-c role=register_app"


def database(environment: Environment) -> dict[str, Any]:
    """Return Django's settings of the database for this process's role."""
    role = environment.text("ROLE")
    base: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "USER": f"register_{role}",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {"application_name": f"register {role}"},
    }
    if role == "test":
        base["OPTIONS"]["options"] = TEST_OPTIONS
    if environment.is_production:
        return base | _server(environment, role, base["OPTIONS"])
    return base | {"NAME": environment.text("EMBEDDED_DATABASE"), "HOST": str(places().sockets)}


def _server(environment: Environment, role: str, options: dict[str, Any]) -> dict[str, Any]:
    address = urlsplit(environment.text("DATABASE_URL"))
    options["sslmode"] = environment.text("DATABASE_SSLMODE")
    authority = environment.path("DATABASE_SSLROOTCERT")
    if authority:
        options["sslrootcert"] = str(authority)
    return {
        "NAME": address.path.lstrip("/") or DATABASE,
        "HOST": unquote(address.hostname or ""),
        "PORT": str(address.port or ""),
        "PASSWORD": "" if role == "test" else environment.text(f"{role.upper()}_PASSWORD"),
        "OPTIONS": options,
    }
