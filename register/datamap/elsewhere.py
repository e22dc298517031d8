"""What lies outside our models: third-party tables, and stores outside the database.

Each is declared with its reason and with how long what is in it stays.
"""

from dataclasses import dataclass

from .schedule import ACCOUNT_1_YEAR, BILLING_10_YEARS, SESSION_14_DAYS, WHILE, Period


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A table of somebody else's app, or a store outside the database.

    `runs_out` names the column with the moment at which the period of a row is over already;
    `goes_with` the relation to the row with which it goes. A table with neither is kept.
    """

    name: str
    reason: str
    period: Period
    runs_out: str = ""
    goes_with: str = ""


THIRD_PARTY_TABLES = (
    Elsewhere(
        "account.EmailAddress", "gate: addresses of staff accounts, for sign-in", ACCOUNT_1_YEAR, goes_with="user"
    ),
    Elsewhere(
        "account.EmailConfirmation",
        "gate: links that confirm a staff address",
        SESSION_14_DAYS,
        goes_with="email_address",
    ),
    Elsewhere("mfa.Authenticator", "gate: second factors of staff accounts", ACCOUNT_1_YEAR, goes_with="user"),
    Elsewhere(
        "sessions.Session",
        "gate: sessions hold an account's key and a choice of view",
        SESSION_14_DAYS,
        runs_out="expire_date",
    ),
    Elsewhere("admin.LogEntry", "not written to: the change log is the register's own", WHILE),
    Elsewhere("auth.Permission", "no person: names of permissions", WHILE),
    Elsewhere("auth.Group", "not used: roles are the register's own", WHILE),
    Elsewhere("auth.Group_permissions", "not used: roles are the register's own", WHILE),
    Elsewhere("contenttypes.ContentType", "no person: names of models", WHILE),
    Elsewhere("django_celery_beat.SolarSchedule", "no person: schedules", WHILE),
    Elsewhere("django_celery_beat.IntervalSchedule", "no person: schedules", WHILE),
    Elsewhere("django_celery_beat.ClockedSchedule", "no person: schedules", WHILE),
    Elsewhere("django_celery_beat.CrontabSchedule", "no person: schedules", WHILE),
    Elsewhere("django_celery_beat.PeriodicTasks", "no person: schedules", WHILE),
    Elsewhere("django_celery_beat.PeriodicTask", "no person: schedules; tasks take keys only", WHILE),
)
STORES = (
    Elsewhere("files", "encrypted recordings, documents and import sources; each goes with its row", WHILE),
    Elsewhere("broker", 'messages that say "look" and hold keys only', SESSION_14_DAYS),
    Elsewhere("logs", "events of the processes, without personal data", SESSION_14_DAYS),
    Elsewhere("backups", "encrypted dumps; deletions are replayed when one is restored", BILLING_10_YEARS),
)
DECLARED = {table.name: table for table in THIRD_PARTY_TABLES}
