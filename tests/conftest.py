"""Fixtures of all tests: real PostgreSQL as the application's role, a real worker, a real browser.

A test with `db` runs in one transaction that is rolled back. A test that needs real commits,
the live server, a worker or the purge role's own connection takes `committed_db`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
import redis
from django.db import connections
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from embedded.places import CHECKOUT, places
from embedded.servers import use
from tests.harness import browser as real_browser
from tests.harness import databases
from tests.harness.committed import CommittedDatabase
from tests.harness.roles import as_role

_WITHOUT_BROWSER = os.environ.get("BROWSER") == "no"
_NEEDS_BROWSER = {"browser", "page"}


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Collect the tests of real files only where SAMPLE_FILES says where those are."""
    is_sample = collection_path.is_relative_to(CHECKOUT / "tests" / "sample_files")
    return True if is_sample and not os.environ.get("SAMPLE_FILES") else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark and mark.kwargs.get("transaction"):
            raise pytest.UsageError(f"{item.nodeid}: TRUNCATE is denied to the application; take committed_db")
    if _WITHOUT_BROWSER:
        left_out = [item for item in items if _needs_browser(item)]
        items[:] = [item for item in items if not _needs_browser(item)]
        config.hook.pytest_deselected(items=left_out)


def _needs_browser(item: pytest.Item) -> bool:
    """Tell whether a test asks for a browser: by a fixture, by a fixture of its fixtures, or by its mark."""
    asked_for = set(getattr(item, "fixturenames", ()))
    return bool(_NEEDS_BROWSER & asked_for) or item.get_closest_marker("browser") is not None


@pytest.fixture(scope="session")
def template() -> str:
    """The name of the migrated database that others are cloned from."""
    use(is_durable=False)  # until this process ends
    return databases.make_template()


@pytest.fixture(scope="session")
def django_db_setup(template: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """This process's own database."""
    name = f"register_test_{os.getpid()}"
    databases.clone(template, name)
    connections.settings["default"]["NAME"] = name
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    databases.drop(name)


@pytest.fixture
def committed_db(
    django_db_setup: None, template: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[CommittedDatabase]:
    """A database where commits are real; other threads and processes see them. It is dropped after the test."""
    usual = connections.settings["default"]["NAME"]
    database = CommittedDatabase(f"{usual}_committed")
    databases.clone(template, database.name)
    _empty_broker()
    with django_db_blocker.unblock():
        connections.close_all()
        connections.settings["default"]["NAME"] = database.name
        try:
            yield database
        finally:
            database.stop_processes()
            connections.close_all()
            connections.settings["default"]["NAME"] = usual
            databases.drop(database.name)


@pytest.fixture
def live_server(committed_db: CommittedDatabase) -> Iterator[LiveServer]:
    """The site on a port of its own, on the committed database."""
    server = LiveServer("127.0.0.1")
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _live_server_helper() -> None:
    """Take the place of pytest-django's own, which would truncate tables; `live_server` has its database."""


@pytest.fixture
def start_worker(committed_db: CommittedDatabase) -> Callable[..., object]:
    """Start a real Celery worker on the committed database: start_worker(queue="default", role="app")."""
    return committed_db.start_worker


@pytest.fixture
def as_owner() -> Callable[[], AbstractContextManager[None]]:
    """`with as_owner():` the statements run as register_owner."""
    return partial(as_role, "owner")


@pytest.fixture
def as_purge() -> Callable[[], AbstractContextManager[None]]:
    """`with as_purge():` the statements run as register_purge."""
    return partial(as_role, "purge")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser."""
    with real_browser.started() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """An empty window whose addresses begin at the live server."""
    with real_browser.fresh_context(browser, live_server.url) as context:
        yield context.new_page()


@pytest.fixture(scope="session")
def sample_files() -> Path:
    """The folder of real files that SAMPLE_FILES names."""
    return Path(os.environ["SAMPLE_FILES"])


def _empty_broker() -> None:
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    with redis.Redis(unix_socket_path=str(places().valkey_socket), db=number) as broker:
        broker.flushdb()
