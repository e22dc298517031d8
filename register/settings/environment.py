"""Every setting that the environment may give, declared once.

`docs/settings.md` is generated from DECLARED. A secret may also come from a
file: NAME_FILE names it, and the file wins over nothing but NAME's absence.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """How the text of a setting is read."""

    TEXT = "text"
    FLAG = "yes or no"
    NUMBER = "number"
    LIST = "list, separated by commas"
    PATH = "path"


@dataclass(frozen=True)
class Setting:
    """One setting: its name without REGISTER_, its kind, and what it does."""

    name: str
    kind: Kind
    default: str
    help: str
    secret: bool = False
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        return f"REGISTER_{self.name}"


def _text(name: str, default: str, help: str, choices: tuple[str, ...] = ()) -> Setting:
    return Setting(name, Kind.TEXT, default, help, choices=choices)


def _secret(name: str, help: str) -> Setting:
    return Setting(name, Kind.TEXT, "", help, secret=True)


ROLES = ("app", "owner", "purge", "backup", "test")

DECLARED: tuple[Setting, ...] = (
    _text(
        "MODE",
        "",
        "production, or embedded: PostgreSQL and Valkey from the environment's own packages. "
        "Without it the mode is embedded when REGISTER_DATABASE_URL is empty.",
        ("", "embedded", "production"),
    ),
    _text(
        "ROLE",
        "app",
        "The database role of this process. manage.py chooses it by the command; "
        "only the purge worker needs it said (purge).",
        ROLES,
    ),
    Setting("DEBUG", Kind.FLAG, "no", "Error pages with details. Refused in production."),
    _secret("SECRET_KEY", "Signs sessions and links; 50 random characters or more."),
    _secret(
        "KEYRING",
        "The keys that encrypt identity codes, bank accounts and recordings, and those of "
        "their search indexes, as JSON (docs/keys.md). As a file it is read again when it changes.",
    ),
    _text(
        "KEY_PROVIDER",
        "",
        "Dotted name of what gives the keys in place of REGISTER_KEYRING: a key vault or a security module.",
    ),
    Setting(
        "TEMPORARY_CODES",
        Kind.FLAG,
        "no",
        "Take identity codes of the numbers 900 to 999, which are temporary or artificial. Embedded mode always does; "
        "production refuses to start with it.",
    ),
    Setting(
        "DEMO_BANK",
        Kind.FLAG,
        "no",
        "The demonstration bank of the portal, which lets anybody in as any made-up customer. Embedded mode has it "
        "where the demonstration register is loaded; production refuses to start with it.",
    ),
    _text(
        "DATABASE_URL",
        "",
        "Address of the database without user or password: postgresql://host:5432/register. Empty: the embedded one.",
    ),
    _text(
        "DATABASE_SSLMODE",
        "verify-full",
        "TLS to the database. Anything below verify-full is for a socket or the loopback only: a network that is "
        "called internal is no reason.",
        ("disable", "prefer", "require", "verify-ca", "verify-full"),
    ),
    Setting("DATABASE_SSLROOTCERT", Kind.PATH, "", "The authority that signed its certificate."),
    _secret("APP_PASSWORD", "Password of register_app: web, worker, beat and most commands."),
    _secret("OWNER_PASSWORD", "Password of register_owner: migrate. Not for a web host."),
    _secret("PURGE_PASSWORD", "Password of register_purge: the purge worker. Not for a web host."),
    _secret("BACKUP_PASSWORD", "Password of register_backup: backup. Not for a web host."),
    _secret(
        "ADMIN_DATABASE_URL",
        "Address of an administrator of the server, used once by manage.py create_roles.",
    ),
    _secret(
        "BROKER_URL",
        "Address of Valkey or RabbitMQ with its user and password. Empty: the embedded Valkey. To another host "
        "rediss:// or amqps:// with ssl_cert_reqs=required and ssl_ca_certs.",
    ),
    _secret(
        "CACHE_URL",
        "Address of a Valkey that counts attempts to sign in and remembers used codes. Empty: the broker's. To another "
        "host rediss://.",
    ),
    Setting("ALLOWED_HOSTS", Kind.LIST, "", "The names by which the register is reached."),
    Setting("TRUSTED_ORIGINS", Kind.LIST, "", "Origins whose forms are accepted: https://…"),
    Setting(
        "TLS",
        Kind.FLAG,
        "yes",
        "Pages only by HTTPS, cookies bound to it. Off in embedded mode; must be on in production.",
    ),
    Setting(
        "TLS_PROXY",
        Kind.FLAG,
        "yes",
        "A proxy in front ends TLS and sets X-Forwarded-Proto, removing what clients sent.",
    ),
    Setting("HSTS_SECONDS", Kind.NUMBER, "63072000", "How long browsers insist on HTTPS."),
    _text("MAIL_HOST", "", "The mail server. Empty in embedded mode: mail is written to a folder."),
    Setting("MAIL_PORT", Kind.NUMBER, "587", "Its port."),
    _text("MAIL_TLS", "starttls", "TLS to the mail server.", ("starttls", "tls", "none")),
    _text("MAIL_USER", "", "Its user, if it wants one."),
    _secret("MAIL_PASSWORD", "Its password."),
    _text("MAIL_FROM", "register@localhost", "The sender of the register's mail."),
    Setting("FILES", Kind.PATH, "", "Folder of recordings and other files. Empty: .local/files."),
    Setting("BACKUPS", Kind.PATH, "", "Folder of the backups. Empty: .local/backups."),
    _text("BACKUP_RECIPIENT", "", "Public key for which backups are encrypted (age1…); manage.py backup_key makes it."),
    Setting("POSTGRES_PROGRAMS", Kind.PATH, "", "Folder of pg_dump and pg_restore, of the server's version."),
    Setting("STATIC_ROOT", Kind.PATH, "staticfiles", "Where collectstatic puts the look's files."),
    _text("LOG_FORMAT", "", "json or text. Empty: json in production.", ("", "json", "text")),
    _text("LOG_LEVEL", "INFO", "What is logged.", ("DEBUG", "INFO", "WARNING", "ERROR")),
    _text("EMBEDDED_DATABASE", "register", "Name of the database in the embedded server."),
    Setting("STATE", Kind.PATH, ".local", "Folder of everything that the embedded mode keeps."),
    Setting("PORT", Kind.NUMBER, "8000", "The port of make run."),
)
_BY_NAME = {setting.name: setting for setting in DECLARED}
_YES = {"yes", "true", "on", "1"}
_NO = {"no", "false", "off", "0", ""}


class Environment:
    """The declared settings as the environment gives them.

    A value that cannot be read becomes its default and one sentence in `faults`,
    so that an operator sees all that is wrong at once.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self.faults: list[str] = []
        self._find_unknown()

    @property
    def is_production(self) -> bool:
        mode = self.text("MODE")
        return mode == "production" or (mode == "" and self.text("DATABASE_URL") != "")

    def is_given(self, name: str) -> bool:
        variable = _BY_NAME[name].variable
        return bool(self._environ.get(variable) or self._environ.get(f"{variable}_FILE"))

    def text(self, name: str) -> str:
        setting = _BY_NAME[name]
        value = self._raw(setting)
        if setting.choices and value not in setting.choices:
            allowed = ", ".join(choice for choice in setting.choices if choice)
            self._fault(f"{setting.variable} must be one of: {allowed}.")
            return setting.default
        return value

    def flag(self, name: str) -> bool:
        setting = _BY_NAME[name]
        value = self._raw(setting).strip().lower()
        if value in _YES | _NO:
            return value in _YES
        self._fault(f"{setting.variable} must be yes or no.")
        return setting.default in _YES

    def number(self, name: str) -> int:
        setting = _BY_NAME[name]
        value = self._raw(setting)
        if value.isascii() and value.isdigit():
            return int(value)
        self._fault(f"{setting.variable} must be a whole number.")
        return int(setting.default)

    def list(self, name: str) -> list[str]:
        return [part.strip() for part in self._raw(_BY_NAME[name]).split(",") if part.strip()]

    def path(self, name: str) -> Path | None:
        value = self._raw(_BY_NAME[name])
        return Path(value) if value else None

    def file_of(self, name: str) -> Path | None:
        """Return the file that a secret comes from, None when it is in the environment itself."""
        variable = _BY_NAME[name].variable
        file = "" if self._environ.get(variable) else self._environ.get(f"{variable}_FILE", "")
        return Path(file) if file else None

    def _raw(self, setting: Setting) -> str:
        given = self._environ.get(setting.variable, "")
        if given:
            return given
        file = self._environ.get(f"{setting.variable}_FILE", "") if setting.secret else ""
        if not file:
            return setting.default
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            self._fault(f"{setting.variable}_FILE names {file}, which cannot be read: {reason}.")
            return setting.default

    def _find_unknown(self) -> None:
        known = {setting.variable for setting in DECLARED}
        known |= {f"{setting.variable}_FILE" for setting in DECLARED if setting.secret}
        for name in sorted(self._environ):
            if name.startswith("REGISTER_") and name not in known:
                self._fault(f"{name} is no setting; see docs/settings.md.")

    def _fault(self, sentence: str) -> None:
        if sentence not in self.faults:
            self.faults.append(sentence)
