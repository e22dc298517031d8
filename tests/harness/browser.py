"""A real browser: Debian's chromium under Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_INSTALL = (
    "There is no browser: install one with `apt-get install chromium`, name one with CHROMIUM=/path, "
    "or leave the browser's tests out with BROWSER=no."
)


def program() -> str | None:
    """Return the path of the browser, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def started() -> Iterator[Browser]:
    """Start the browser; where there is none, the test fails and says how to install it."""
    path = program()
    if path is None:
        pytest.fail(HOW_TO_INSTALL, pytrace=False)
    # Playwright keeps an event loop in this thread; the tests' own queries are not part of it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def fresh_context(browser: Browser, base_url: str, **options: object) -> Iterator[BrowserContext]:
    """Open a window without cookies, in Finnish unless `options` say otherwise."""
    chosen = {"locale": "fi-FI", "timezone_id": "Europe/Helsinki", "base_url": base_url} | options
    context = browser.new_context(**chosen)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()
