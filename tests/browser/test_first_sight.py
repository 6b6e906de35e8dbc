"""The first thing a new user sees."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage
from tests.browser.studio import Studio
from tests.browser.watch import picture, settled, sideways

pytestmark = pytest.mark.browser


def test_first_visit_says_what_to_do(new_page: NewPage, studio: Studio) -> None:
    """An empty home opens on the overview, with the notice and without sideways scrolling at 820 pixels."""
    page = new_page(width=820, height=1100)
    page.goto(studio.url())
    expect(page.get_by_text("Where do I stand?")).to_be_visible(timeout=30_000)
    settled(page)
    expect(page.get_by_text("Research use only. Not a medical device.")).to_be_visible()
    picture(page, "overview-820")
    assert sideways(page) <= 0
