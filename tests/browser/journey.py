"""The journey of a user, step by step, in a page of a real browser."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect

from tests.browser.studio import Studio
from tests.browser.watch import SECONDS, keyed, picture, settled

EXPERIMENT = "aml-experiment"
ENDPOINT = "automl-hf-sdk"
WORD_OF_SUCCESS = "Completed in"


@dataclass
class Journey:
    """One user on the way from an empty home to a scored patient; `seconds` holds how long each wait was."""

    studio: Studio
    page: Page
    run_id: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    def open(self, name: str = "", **query: str) -> None:
        """Open a page by its address."""
        self.page.goto(self.studio.url(name, **query))
        expect(self.page.get_by_test_id("stMain").get_by_text("Research use only.").last).to_be_visible(timeout=30 * SECONDS)
        settled(self.page)

    def press(self, key: str) -> None:
        """Press the button that the app's code gave this key."""
        keyed(self.page, key).get_by_role("button").click()

    def heading(self, title: str) -> None:
        """Wait for the page of this title."""
        expect(self.page.get_by_role("heading", name=title, level=1)).to_be_visible(timeout=30 * SECONDS)
        settled(self.page)

    def tabs(self, key: str) -> list[str]:
        """Open every tab of a page, one after another, and keep a picture of each; return their names."""
        tabs = keyed(self.page, key).get_by_role("tab")
        names = tabs.all_inner_texts()
        for name in names:
            tabs.filter(has_text=name).click()
            picture(self.page, f"{key.removesuffix('-tab')}-{name.lower().replace(' ', '-')}")
        tabs.first.click()
        settled(self.page)
        return names

    def fill_training_form(self, minutes: int, models: tuple[str, ...] = ()) -> None:
        """Fill the form for a short run; `time` is left out from the start."""
        expect(keyed(self.page, "train").get_by_role("checkbox", name="Leave out time")).to_be_checked()
        box = keyed(self.page, "train-minutes").locator("input")
        box.fill(str(minutes))
        box.press("Enter")
        for model in models:
            choice = keyed(self.page, "train-allowed").locator("input")
            choice.fill(model)
            choice.press("Enter")
        settled(self.page)

    def start_training(self) -> str:
        """Press Start training and follow to the run; return its id."""
        pressed = time.monotonic()
        self.press("start-training")
        self.page.wait_for_url(re.compile(r"/runs\?run="), timeout=30 * SECONDS)
        self.seconds["submit to run page"] = time.monotonic() - pressed
        self.run_id = self.page.url.partition("run=")[2].partition("&")[0]
        expect(self.rows().first).to_be_attached(timeout=60 * SECONDS)
        self.seconds["submit to first child on screen"] = time.monotonic() - pressed
        return self.run_id

    def rows(self) -> Locator:
        """The rows of the leaderboard, as a screen reader finds them."""
        return self.page.locator("[class*='st-key-leaderboard'] table[role='grid'] tbody tr")

    def wait_for_the_end(self, seconds: int) -> None:
        """Watch the run to its end, without touching the page."""
        expect(keyed(self.page, "see-best-model")).to_be_visible(timeout=seconds * SECONDS)
        settled(self.page)
