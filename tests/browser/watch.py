"""What a browser test watches on the side: requests that leave the machine, errors on the console, a picture per page."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

ARTIFACTS = Path(__file__).parents[1] / "artifacts"
# A deep link such as /runs makes Streamlit's client look for its server under /runs/ first; Chromium notes the answer 404.
SEARCH_FOR_SERVER = re.compile(r"status of 404 .*/\w+/_stcore/(health|host-config)\)$")
ALL_CHARTS_DRAWN = "[...document.querySelectorAll('[data-testid=stPlotlyChart]')].every(c => c.querySelector('.main-svg'))"
AT_HOME = frozenset({"127.0.0.1", "localhost", "", None})
SECONDS = 1000


class Watch:
    """Everything that must not happen in a browser context, as it happens."""

    def __init__(self, context: BrowserContext) -> None:
        self.away: list[str] = []
        self.errors: list[str] = []
        context.on("request", lambda request: self._request(request.url))
        context.on("console", self._console)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("page", lambda page: page.on("websocket", lambda socket: self._request(socket.url)))

    def _request(self, url: str) -> None:
        if urlsplit(url).hostname not in AT_HOME:
            self.away.append(url)

    def _console(self, message: ConsoleMessage) -> None:
        said = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not SEARCH_FOR_SERVER.search(said):
            self.errors.append(said)


def settled(page: Page) -> None:
    """Wait until Streamlit has drawn the page and nothing is running; fail on a traceback."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=30 * SECONDS)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=30 * SECONDS)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("that was not foreseen")).to_have_count(0)


def keyed(page: Page, key: str) -> Locator:
    """Return the element that the app's code gave this key."""
    return page.locator(f".st-key-{key}")


def picture(page: Page, name: str) -> None:
    """Keep a picture of what is on the screen."""
    settled(page)
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.wait_for_function(ALL_CHARTS_DRAWN)
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png")


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return int(page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth"))
