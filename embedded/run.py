"""`make run`: from nothing to a register that answers, and from Ctrl-C back to no process at all."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from embedded import postgres
from embedded.locks import FileLock
from embedded.places import CHECKOUT, Places, places
from embedded.programs import HOST
from embedded.servers import Use, use
from embedded.supervisor import Supervisor
from embedded.trouble import Trouble, check_disk

_DEMO_COMMAND = CHECKOUT / "demo" / "management" / "commands" / "demo.py"
_LOGINS_COMMANDS = "*/management/commands/demo_logins.py"


_put_off: list[bool] = []


class _Interrupted(Exception):
    """Ctrl-C, or a polite request to end."""


def main(*, customers: int) -> int:
    """Run the register until Ctrl-C.

    Raises: Trouble.
    """
    here = places()
    check_disk(here.state)
    running = FileLock(here.locks / "run")
    if not running.try_to_take():
        raise Trouble(f"The register runs here already, at {_address()}: stop that one with Ctrl-C first.")
    check_port()
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    began = time.monotonic()
    used: Use | None = None
    supervisor = Supervisor(here)
    is_started = False
    try:
        _say("PostgreSQL and Valkey: starting")
        used = use()
        _set_up(here, customers)
        _say("Web, worker, purge worker and beat: starting")
        with _one_step():
            supervisor.start()
            is_started = True
        _wait_for_first_page(supervisor, here)
        _welcome(time.monotonic() - began)
        supervisor.start_the_others()
        _watch(supervisor, used)
    except _Interrupted:
        return 0
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _stop(supervisor if is_started else None, used)
        running.close()
    return 0


def check_port() -> None:
    """Refuse a port that another program has.

    Raises: Trouble.
    """
    port = _port()
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise Trouble(f"Port {port} is only for root: choose another with make run PORT=8000.") from None
        except OSError:
            raise Trouble(
                f"Port {port} is taken by another program: stop it, or choose another with make run PORT={port + 1}."
            ) from None


def _set_up(here: Places, customers: int) -> None:
    unfinished = here.state / "demonstration-unfinished"
    if unfinished.exists():
        _say("The demonstration register was not loaded to its end: beginning anew")
        postgres.reset_database(here)
        unfinished.unlink()
    _say("Migrations: applying")
    _manage("migrate", "--no-input", role="owner", only="  Applying")
    if _DEMO_COMMAND.exists() and _is_empty(here):
        _say(f"Demonstration register of {customers} customers: loading")
        unfinished.touch()
        _manage("demo", "--customers", str(customers), "--seed", "1")
        unfinished.unlink()


def _is_empty(here: Places) -> bool:
    with psycopg.connect(postgres.address(here)) as connection:
        found = connection.execute("SELECT EXISTS (SELECT FROM customers_customer)").fetchone()
    return found == (False,)


def _manage(*arguments: str, role: str = "app", only: str = "") -> None:
    """Run a command to its end; of what it prints, show the lines that begin with `only`."""
    process: subprocess.Popen[bytes] | None = None
    try:
        with _one_step():
            process = subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=CHECKOUT,
                env=os.environ | {"REGISTER_ROLE": role},
                stdout=subprocess.PIPE if only else None,
                process_group=0,  # Ctrl-C comes to us, and we pass it on once
            )
        for line in process.stdout or ():
            if line.startswith(only.encode()):
                sys.stdout.buffer.write(line)
                sys.stdout.flush()
        if process.wait() != 0:
            raise Trouble(f"The step `manage.py {' '.join(arguments)}` failed; what it said stands above.")
    except _Interrupted:
        if process is not None:
            _interrupt_and_wait(process)
        raise


def _interrupt_and_wait(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for_first_page(supervisor: Supervisor, here: Places, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not _answers():
        for event in supervisor.events():
            _say(event)
        if not supervisor.is_running or time.monotonic() > deadline:
            raise Trouble(f"The web process does not answer: {here.logs / 'web.log'} says why.")
        time.sleep(0.2)


def _answers() -> bool:
    try:
        with closing(http.client.HTTPConnection(HOST, _port(), timeout=5)) as connection:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
    except OSError:
        return False


def _watch(supervisor: Supervisor, used: Use) -> None:
    while supervisor.is_running:
        for event in supervisor.events():
            _say(event)
        used.ensure()
        time.sleep(2)
    raise Trouble(f"The supervisor ended: {used.places.logs / 'supervisor.log'} says why.")


def _stop(supervisor: Supervisor | None, used: Use | None) -> None:
    if supervisor is not None:
        _say("Stopping: tasks that run are ended first")
        supervisor.stop()
    if used is not None:
        used.leave()
        _say("Stopped; make run goes on with the same data")


def _welcome(seconds: float) -> None:
    _say(f"The register answers at {_address()} after {seconds:.0f} s; Ctrl-C stops it")
    print(f"Customers: {_address()} (the demonstration bank lets you in as any of them)")
    print(f"Mail, such as the portal's one-time codes, is written to {places().mail}")
    print(f"Staff: {_address()}staff/ with one of these log-ins:", flush=True)
    if any(CHECKOUT.glob(_LOGINS_COMMANDS)) or any((CHECKOUT / "register").glob(_LOGINS_COMMANDS)):
        _manage("demo_logins")


def _address() -> str:
    return f"http://localhost:{_port()}/"


def _port() -> int:
    given = os.environ.get("REGISTER_PORT", "8000")
    if not given.isascii() or not given.isdigit() or not 0 < int(given) < 65536:
        raise Trouble(f"{given} is no port: choose a number from 1024 to 65535 with make run PORT=8000.")
    return int(given)


@contextmanager
def _one_step() -> Iterator[None]:
    """Put an interruption off to the end of the block: a child that was started must be known."""
    _put_off.append(False)
    try:
        yield
    finally:
        was_interrupted = _put_off.pop()
    if was_interrupted:
        raise _Interrupted


def _interrupt(*_: object) -> None:
    if _put_off:
        _put_off[-1] = True
        return
    raise _Interrupted


def _say(sentence: str) -> None:
    print(f"\033[1m{sentence}\033[0m" if sys.stdout.isatty() else sentence, flush=True)
