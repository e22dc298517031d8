#!/usr/bin/env python3
"""The commands of the register.

Without REGISTER_DATABASE_URL they use the embedded servers, and start them for their own
time where they do not run.
"""

import os
import sys

# The database role of a command; all others run as app.
ROLES = {
    "migrate": "owner",
    "makemigrations": "owner",
    "sqlmigrate": "owner",
    "showmigrations": "owner",
    "create_roles": "owner",
    "why": "purge",
    "backup": "backup",
    "restore": "owner",
}
# These ask no database.
WITHOUT_SERVERS = {
    "",
    "help",
    "version",
    "check",
    "settings_doc",
    "backup_key",
    "backup_verify",
    "data_map",
    "collectstatic",
    "findstatic",
    "diffsettings",
}


def main() -> int:
    command = sys.argv[1] if sys.argv[1:] else ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "register.settings")
    os.environ.setdefault("REGISTER_ROLE", ROLES.get(command, "app"))
    from embedded.trouble import Trouble, explain

    try:
        _execute(command)
    except (Trouble, ModuleNotFoundError) as error:
        print(explain(error), file=sys.stderr)
        return 1
    return 0


def _execute(command: str) -> None:
    from django.core.management import execute_from_command_line

    from register.settings import IS_PRODUCTION

    asks_no_database = command.lstrip("-") in WITHOUT_SERVERS or "--help" in sys.argv
    if IS_PRODUCTION and not asks_no_database and command != "create_roles":
        from register.settings.production import Process, refuse_unsafe_start

        refuse_unsafe_start(Process.COMMAND)
    if not IS_PRODUCTION and not asks_no_database:
        from embedded.servers import use

        use()  # until this process ends
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
