"""What every page of ours must pass in a browser: axe finds nothing, the policy is not violated, nothing overflows."""

import json
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page

_AXE = Path(__file__).parent.parent / "browser" / "vendor" / "axe.min.js"
_RUN = """axe.run(document, {resultTypes: ["violations"]}).then(found => JSON.stringify(
    found.violations.map(one => one.id + ": " + one.nodes.map(node => node.html.slice(0, 160)).join(" | "))))"""


def axe_violations(page: Page) -> list[str]:
    """Return what axe finds on the open page, each with the elements; it is run past the page's policy."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": _AXE.read_text(encoding="utf-8")})
    answer = session.send("Runtime.evaluate", {"expression": _RUN, "awaitPromise": True, "returnByValue": True})
    session.detach()
    return json.loads(answer["result"]["value"])


def faults_of(page: Page) -> list[str]:
    """Collect, from now on, each error that the page reports: violations of the policy among them."""
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            faults.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return faults


def overflows(page: Page) -> bool:
    """Tell whether the page must be moved sideways to be read."""
    return bool(page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"))
