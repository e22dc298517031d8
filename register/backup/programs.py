"""PostgreSQL's own programs: where they are, and how they reach the database of this process."""

import os
import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from embedded import postgres
from embedded.places import places
from register.backup.faults import BackupFault


def program(name: str) -> str:
    """Return the path of pg_dump or pg_restore. Raises: BackupFault where it is not installed."""
    folder = settings.REGISTER_POSTGRES_PROGRAMS
    if folder:
        found = shutil.which(name, path=str(folder))
    elif settings.IS_PRODUCTION:
        found = shutil.which(name)
    else:
        found = str(postgres.program(places(), name))
    if found is None or not Path(found).exists():
        raise BackupFault(
            _("%(program)s is not installed: install PostgreSQL's client of the server's version, or name its folder.")
            % {"program": name}
        )
    return found


def environment() -> dict[str, str]:
    """Return the environment in which the programs reach the database, the password outside their arguments."""
    database = connection.settings_dict
    options = database["OPTIONS"]
    values = {
        "PGHOST": database["HOST"],
        "PGPORT": str(database.get("PORT") or ""),
        "PGUSER": database["USER"],
        "PGPASSWORD": database.get("PASSWORD") or "",
        "PGDATABASE": str(database["NAME"]),
        "PGSSLMODE": options.get("sslmode", ""),
        "PGSSLROOTCERT": options.get("sslrootcert", ""),
        "PGAPPNAME": options.get("application_name", ""),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "REGISTER_"))}
    return kept | {name: value for name, value in values.items() if value}
