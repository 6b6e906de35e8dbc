"""A real browser, a real server, an empty home."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.chromium import FLAGS, find_chromium, install_command
from tests.browser.studio import Studio, free_port
from tests.browser.watch import ARTIFACTS, SECONDS, Watch

NewPage = Callable[..., Page]
# What a test waits for comes within a second or two; on a machine that does other work as well, later. How fast pages are is
# measured in bench/.
expect.set_options(timeout=30 * SECONDS)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The machine's Chromium without a window, kept from calling home by itself.

    Playwright keeps an event loop in this thread while it is open, so it is closed again before other tests need theirs.
    """
    path = find_chromium()
    if path is None:
        pytest.skip(f"No Chromium on this machine. To run the browser tests: {install_command()}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
        yield started
        started.close()


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """The app on a free port with an empty home; ended with all that its home started."""
    server = Studio(tmp_path / "home", port=free_port())
    server.start()
    yield server
    server.end()
    for log in (server.log, *sorted(server.home.rglob("*.log"))):  # shown when the test has failed
        print(f"== {log.relative_to(tmp_path)}", log.read_text(errors="replace")[-3000:], sep="\n")


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[NewPage]:
    """Open pages, each in a browser context of its own; fail on any request away and any console error."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def open_page(width: int = 1280, height: int = 800, color_scheme: str = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=color_scheme)
        opened.append((context, Watch(context)))
        return context.new_page()

    yield open_page
    for number, (context, _) in enumerate(opened, 1):
        for page in context.pages:
            page.screenshot(path=ARTIFACTS / f"last-of-{request.node.name}-{number}.png")
        context.close()
    assert [url for _, watch in opened for url in watch.away] == [], "requests that left the machine"
    assert [error for _, watch in opened for error in watch.errors] == [], "errors on the browser's console"
