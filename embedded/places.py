"""Where the embedded servers keep their state and are reached: one folder, no TCP port.

The folder is .local of the checkout. PostgreSQL refuses to run as root, so for root it
runs as `nobody`; where `nobody` cannot reach the checkout (below /root, mostly), the state
and a copy of the server's programs lie in /var/tmp instead. Unix sockets have short names:
where the folder's path is too long, they lie in /tmp.
"""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
DATABASE = "register"
_SOCKET_PATH_LIMIT = 100


@dataclass(frozen=True)
class Places:
    """The paths of one set of embedded servers."""

    state: Path
    sockets: Path

    @property
    def postgres_data(self) -> Path:
        return self.state / "postgres"

    @property
    def valkey_data(self) -> Path:
        return self.state / "valkey"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def postgres_socket(self) -> Path:
        return self.sockets / ".s.PGSQL.5432"

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def locks(self) -> Path:
        return self.state / "lock"

    @property
    def secrets(self) -> Path:
        return self.state / "secrets"

    @property
    def files(self) -> Path:
        return self.state / "files"

    @property
    def backups(self) -> Path:
        return self.state / "backups"

    @property
    def mail(self) -> Path:
        return self.state / "mail"

    @property
    def broker_url(self) -> str:
        return f"redis+socket://{self.valkey_socket}"


def places(state: str | Path | None = None) -> Places:
    """Return the places of the servers whose state lies in `state` (default REGISTER_STATE)."""
    chosen = Path(state or os.environ.get("REGISTER_STATE") or ".local")
    folder = (CHECKOUT / chosen).resolve()
    if runs_as_root() and not is_open_to_others(folder.parent):
        folder = Path("/var/tmp") / f"customer-register-{_short(folder)}"
    sockets = folder / "run"
    if len(str(sockets / ".s.PGSQL.5432.lock")) > _SOCKET_PATH_LIMIT:
        sockets = Path("/tmp") / f"customer-register-{os.getuid()}-{_short(folder)}"
    return Places(folder, sockets)


def runs_as_root() -> bool:
    return os.geteuid() == 0


def is_open_to_others(folder: Path) -> bool:
    """Return whether any user of this machine may walk down to the folder."""
    return all(not step.exists() or step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents))


def _short(folder: Path) -> str:
    return hashlib.sha256(str(folder).encode()).hexdigest()[:10]
