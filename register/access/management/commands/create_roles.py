"""Makes the roles of the database and the database itself, once, with an administrator's address."""

from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.core.management.base import BaseCommand, CommandError

from register.access import roles
from register.settings.environment import Environment


class Command(BaseCommand):
    help = (
        "Makes the roles register_owner, register_app, register_purge and register_backup, the database and its "
        "extensions on the server that REGISTER_DATABASE_URL names, as the administrator of "
        "REGISTER_ADMIN_DATABASE_URL, with the passwords of REGISTER_…_PASSWORD. Safe to run again."
    )
    requires_system_checks: list[str] = []

    def handle(self, **_options: Any) -> None:
        environment = Environment()
        administrator = environment.text("ADMIN_DATABASE_URL")
        if not environment.is_production:
            raise CommandError("The embedded server has its roles already; this is for a server of your own.")
        if not administrator:
            raise CommandError("REGISTER_ADMIN_DATABASE_URL is missing: the address of an administrator.")
        passwords = {role.name: environment.text(f"{role.name.upper()}_PASSWORD") for role in roles.ROLES}
        lacking = [f"REGISTER_{name.upper()}_PASSWORD" for name, password in passwords.items() if not password]
        if lacking:
            raise CommandError(f"Missing: {', '.join(lacking)}.")
        database = urlsplit(environment.text("DATABASE_URL")).path.lstrip("/") or "register"
        try:
            with psycopg.connect(administrator, autocommit=True) as connection:
                roles.create_roles(connection, passwords)
                roles.create_database(connection, database)
            with psycopg.connect(administrator, dbname=database, autocommit=True) as inside:
                roles.prepare_database(inside)
        except psycopg.Error as error:
            raise CommandError(f"The server refused: {error}") from None
        self.stdout.write(f"The roles and the database {database} are ready; next: manage.py migrate")
