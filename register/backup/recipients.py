"""Who can open a backup: the process that makes it has a public key only (the age format, X25519).

Dangerous if mixed up: the secret key opens every backup, so it lies neither with the backups nor on
the machine that makes them.
"""

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from pyrage import IdentityError, RecipientError, x25519

from embedded.places import places
from register.backup.faults import BackupFault

SECRET_MODE = 0o600


def recipient() -> x25519.Recipient:
    """Return the public key for which backups are encrypted; embedded mode makes its own pair once.

    Raises: BackupFault where none is set or it is none.
    """
    text = str(settings.REGISTER_BACKUP_RECIPIENT)
    if not text and not settings.IS_PRODUCTION:
        return identity(make_identity_once(places().secrets / "backup.key")).to_public()
    if not text:
        raise BackupFault(_("REGISTER_BACKUP_RECIPIENT is missing: make a pair of keys with backup_key."))
    try:
        return x25519.Recipient.from_str(text)
    except RecipientError:
        raise BackupFault(_("REGISTER_BACKUP_RECIPIENT is no public key; one begins with age1.")) from None


def identity(path: Path) -> x25519.Identity:
    """Read a secret key. Raises: BackupFault where the file is missing or holds none."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        raise BackupFault(_("The secret key %(file)s cannot be read.") % {"file": path}) from None
    keys = [line for line in lines if line and not line.startswith("#")]
    try:
        return x25519.Identity.from_str(keys[0].strip())
    except (IndexError, IdentityError):
        raise BackupFault(_("%(file)s holds no secret key of a backup.") % {"file": path}) from None


def identity_file(given: str) -> Path:
    """Return the file of the secret key: the one that was named, or that of the embedded mode.

    Raises: BackupFault in production where none is named.
    """
    if given:
        return Path(given)
    if settings.IS_PRODUCTION:
        raise BackupFault(_("Name the file of the secret key with --identity."))
    return places().secrets / "backup.key"


def make_identity_once(path: Path) -> Path:
    """Write a new secret key unless there is one, and return its file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = x25519.Identity.generate()
        path.touch(mode=SECRET_MODE, exist_ok=True)
        path.write_text(f"# public key: {made.to_public()}\n{made}\n", encoding="ascii")
    return path
