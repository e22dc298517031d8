"""What journeys of staff begin with."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.harness.browser import fresh_context
from tests.harness.staff import Staff, make_staff, sign_in

DESKTOP = {"width": 1360, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def administrator(live_server: LiveServer) -> Staff:
    """An administrator in the database that the live server has."""
    return make_staff()


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    """Light and dark, one after the other."""
    return str(request.param)


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def sheet(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer, theme: str) -> Iterator[Page]:
    """A window of each width and theme."""
    with fresh_context(browser, live_server.url, viewport=request.param, color_scheme=theme) as context:
        yield context.new_page()


@pytest.fixture
def staff_sheet(sheet: Page, administrator: Staff) -> Page:
    """Such a window with an administrator signed in."""
    sign_in(sheet, administrator)
    return sheet


@pytest.fixture
def staff_page(page: Page, administrator: Staff) -> Page:
    """A desktop window with an administrator signed in."""
    sign_in(page, administrator)
    return page
