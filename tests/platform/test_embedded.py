"""The embedded servers run for as long as they are used, and come back from anything."""

import errno
import shutil
import signal
import subprocess
import tempfile
from collections import namedtuple
from pathlib import Path

import psycopg
import pytest
import redis

from embedded import postgres
from embedded.places import Places, places
from embedded.processes import wait_until
from embedded.trouble import Trouble, check_disk, explain
from tests.platform.conftest import State

USE = "from embedded.servers import use; u = use(); print('up', flush=True); input(); u.leave()"


def _use(state: State) -> "subprocess.Popen[str]":
    user = state.python(USE)
    assert user.stdout is not None
    assert user.stdout.readline() == "up\n"
    return user


def _leave(user: "subprocess.Popen[str]") -> None:
    user.communicate("\n", timeout=60)
    assert user.returncode == 0


def _ask(state: State, statement: str, user: str = "postgres") -> object:
    with psycopg.connect(postgres.address(state.places, user=user), autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def test_the_servers_stop_when_the_last_user_leaves(state: State):
    first, second = _use(state), _use(state)
    _leave(first)
    assert _ask(state, "SELECT 1") == 1
    _leave(second)
    assert state.is_quiet()


def test_the_servers_stop_when_their_only_user_is_killed(state: State):
    user = _use(state)
    user.kill()
    user.communicate()
    assert state.is_quiet()


def test_no_address_of_the_network_is_opened(state: State):
    user = _use(state)
    assert _ask(state, "SHOW listen_addresses") == ""
    with redis.Redis(unix_socket_path=str(state.places.valkey_socket)) as broker:
        assert broker.config_get("port") == {"port": "0"}
    _leave(user)


def test_only_the_user_of_the_servers_can_reach_their_sockets(state: State):
    user = _use(state)
    assert state.places.sockets.stat().st_mode & 0o077 == 0
    _leave(user)


def test_a_killed_keeper_takes_the_servers_with_it(state: State):
    user = _use(state)
    (keeper,) = state.named("embedded keep")
    keeper.kill()
    assert wait_until(lambda: not state.named("bin/postgres") and not state.named("valkey-server"), 20)
    user.kill()
    user.communicate()


def test_after_a_kill_of_everything_rows_and_messages_are_there(state: State):
    user = _use(state)
    _ask(state, "CREATE TABLE public.kept AS SELECT 42 AS number")
    with redis.Redis(unix_socket_path=str(state.places.valkey_socket)) as broker:
        broker.rpush("default", "look")
    state.kill_all()
    user.communicate()
    assert (state.places.postgres_data / "postmaster.pid").exists()
    again = _use(state)
    assert _ask(state, "SELECT number FROM public.kept") == 42
    with redis.Redis(unix_socket_path=str(state.places.valkey_socket)) as broker:
        assert broker.lrange("default", 0, -1) == [b"look"]
    _leave(again)


def test_a_pid_file_that_names_another_process_is_no_hindrance(state: State):
    _leave(_use(state))
    stale = state.places.postgres_data / "postmaster.pid"
    stale.write_text(f"1\n{state.places.postgres_data}\n1700000000\n5432\n", encoding="utf-8")
    again = _use(state)
    assert _ask(state, "SELECT 1") == 1
    _leave(again)


def test_a_server_that_dies_is_started_again(state: State):
    user = _use(state)
    (server,) = state.named("bin/postgres")
    (broker,) = state.named("valkey-server")
    server.send_signal(signal.SIGKILL)
    broker.send_signal(signal.SIGKILL)

    def is_back() -> bool:
        try:
            with redis.Redis(unix_socket_path=str(state.places.valkey_socket)) as client:
                return _ask(state, "SELECT 1") == 1 and client.ping()
        except (psycopg.OperationalError, redis.ConnectionError):
            return False

    assert wait_until(is_back, 30, pause_s=0.2)
    assert server.pid not in {process.pid for process in state.processes()}
    _leave(user)


def test_two_that_come_at_once_share_one_set(state: State):
    users = [state.python(USE) for _ in range(3)]
    for user in users:
        assert user.stdout is not None
        assert user.stdout.readline() == "up\n"
    assert len(state.named("embedded keep")) == 1
    for user in users:
        _leave(user)


def test_a_closed_folder_is_no_hindrance(state: State):
    """As root the server runs as nobody, who cannot enter such a folder."""
    closed = state.folder / "closed"
    closed.mkdir(mode=0o700)
    inside = State(closed / "state")
    try:
        user = _use(inside)
        assert _ask(inside, "SELECT 1") == 1
        _leave(user)
    finally:
        inside.kill_all()
        shutil.rmtree(inside.places.state, ignore_errors=True)


def test_a_long_path_is_no_hindrance(state: State):
    inside = State(state.folder / ("long" * 30))
    assert len(str(inside.places.sockets)) < 80
    try:
        user = _use(inside)
        assert _ask(inside, "SELECT 1") == 1
        _leave(user)
    finally:
        inside.kill_all()
        shutil.rmtree(inside.places.sockets, ignore_errors=True)


def test_a_command_starts_the_servers_for_its_own_time(state: State):
    done = state.run("manage.py", "shell", "-c", "from django.db import connection as c; c.ensure_connection()")
    assert done.returncode == 0, done.stderr
    assert state.is_quiet()


def test_data_of_another_version_are_named(state: State):
    _leave(_use(state))
    (state.places.postgres_data / "PG_VERSION").write_text("12\n", encoding="utf-8")
    done = state.run("manage.py", "showmigrations")
    assert done.returncode == 1
    assert "were made by PostgreSQL 12" in done.stderr
    assert "make clean" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 10, 3_000_000))
    with pytest.raises(Trouble, match=r"disk that holds .* is full: 3 MB are free"):
        check_disk(Path(tempfile.gettempdir()) / "not" / "yet")
    sentence = explain(OSError(errno.ENOSPC, "No space left on device", "/x"))
    assert sentence == "The disk is full (/x): free some space and run it again."


@pytest.mark.parametrize(
    "said",
    [
        'FATAL:  could not extend file "base/1/2691": wrote only 4096 of 8192 bytes at block 10',
        "PANIC:  could not write to file: No space left on device",
    ],
)
def test_a_disk_that_fills_up_under_the_server_is_one_sentence(tmp_path: Path, said: str):
    here = Places(tmp_path, tmp_path / "run")
    here.logs.mkdir()
    (here.logs / "postgres.log").write_text(f"2026-11-25 00:29:47.104 UTC [24742] {said}\n", encoding="utf-8")
    assert postgres.last_words(here) == (
        "The disk is full: PostgreSQL could not write; free some space and run it again."
    )


def test_a_missing_package_is_one_sentence():
    assert explain(ModuleNotFoundError("No module", name="psycopg")) == (
        "The package psycopg is missing: run make setup."
    )


def test_what_is_not_known_is_not_explained_away():
    assert explain(ValueError("no idea")) is None


def test_tests_and_runs_have_servers_apart():
    assert places().state != places(".local").state
