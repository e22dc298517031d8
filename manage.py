#!/usr/bin/env python3
"""The commands of the register."""

import os
import sys

# The database role of a command; all others run as app.
ROLES = {
    "migrate": "owner",
    "makemigrations": "owner",
    "sqlmigrate": "owner",
    "create_roles": "owner",
    "why": "purge",
    "backup": "backup",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "register.settings")
    os.environ.setdefault("REGISTER_ROLE", ROLES.get(sys.argv[1] if sys.argv[1:] else "", "app"))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
