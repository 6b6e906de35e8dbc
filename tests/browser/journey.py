"""The journey of a user, step by step, in a page of a real browser."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.studio import Studio
from tests.browser.watch import SECONDS, keyed, picture, settled
from tests.polling import until

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
            expect(self.page.locator("[role=tabpanel]:visible").last).to_contain_text(re.compile(r"\w"), timeout=30 * SECONDS)
            picture(self.page, f"{key.removesuffix('-tab')}-{name.lower().replace(' ', '-')}")
        tabs.first.click()
        settled(self.page)
        return names

    def fill_training_form(self, minutes: int) -> None:
        """Fill the form for a short run; `time` is left out from the start."""
        expect(keyed(self.page, "train").locator("[class*=st-key-train-late] input")).to_be_checked()
        box = keyed(self.page, "train-minutes").locator("input")
        box.fill(str(minutes))
        box.press("Enter")
        settled(self.page)

    def allow(self, *models: str) -> None:
        """Choose the kinds of model that are tried."""
        choice = keyed(self.page, "train-allowed").locator("input")
        for model in models:
            choice.fill(model)
            choice.press("Enter")
            choice.press("Escape")  # an open list keeps the rest of the page out of reach
        settled(self.page)

    def start_training(self) -> str:
        """Press Start training and follow to the run; return its id."""
        pressed = time.monotonic()
        self.press("start-training")
        self.page.wait_for_url(re.compile(r"/runs\?run="), timeout=30 * SECONDS)
        self.seconds["submit to run page"] = time.monotonic() - pressed
        self.run_id = self.page.url.partition("run=")[2].partition("&")[0]
        until(lambda: self.children_done() > 0, seconds=60, what="a child run on the screen")
        self.seconds["submit to first child on screen"] = time.monotonic() - pressed
        return self.run_id

    def children_done(self) -> int:
        """Return how many child runs the page says are done."""
        said = re.search(r"(\d+) (of \d+ )?child runs? done", self.page.get_by_test_id("stMain").inner_text())
        return int(said[1]) if said else 0

    def rows(self) -> Locator:
        """The rows of the leaderboard, as a screen reader finds them."""
        return self.page.locator("[class*='st-key-leaderboard'] table[role='grid'] tbody tr")

    def wait_for_the_end(self, seconds: int) -> None:
        """Watch the run to its end, without touching the page."""
        begun = time.monotonic()
        expect(keyed(self.page, "see-best-model")).to_be_visible(timeout=seconds * SECONDS)
        self.seconds["first child to end of the run"] = time.monotonic() - begun
        settled(self.page)

    def register(self) -> None:
        """Go from the finished run to its best model, look into every tab and register it."""
        self.press("see-best-model")
        self.heading("Model")
        picture(self.page, "model")
        self.tabs("model-tab")
        self.press("register")
        self.press("register-confirm")
        expect(keyed(self.page, "registered")).to_be_visible(timeout=30 * SECONDS)
        settled(self.page)

    def deploy(self) -> None:
        """Deploy what was registered and wait until it serves."""
        keyed(self.page, "registered").get_by_role("link").click()
        self.heading("Deploy")
        picture(self.page, "deploy-form")
        pressed = time.monotonic()
        self.press("deploy")
        expect(keyed(self.page, f"endpoint-heading-{ENDPOINT}")).to_contain_text("Healthy", timeout=60 * SECONDS)
        self.seconds["deploy to healthy"] = time.monotonic() - pressed
        settled(self.page)

    def versions(self) -> Locator:
        """Open the tab with the versions of the endpoint and return its card."""
        keyed(self.page, f"endpoint-tab-{ENDPOINT}").get_by_role("tab").filter(has_text="Versions").click()
        settled(self.page)
        return keyed(self.page, f"endpoint-{ENDPOINT}")

    def update(self, label: str) -> None:
        """Let another version take over, with a double click, once its smoke test has passed; wait until it answers."""
        card = self.versions()
        expect(keyed(self.page, f"update-{ENDPOINT}").get_by_role("button")).to_be_enabled(timeout=60 * SECONDS)
        expect(card).to_contain_text("Smoke test passed: 20 recorded patients")
        picture(self.page, "deploy-update")
        pressed = time.monotonic()
        keyed(self.page, f"update-{ENDPOINT}").get_by_role("button").dblclick()
        expect(card).to_contain_text(f"{label} answers every request", timeout=60 * SECONDS)
        self.seconds["update to in service"] = time.monotonic() - pressed
        settled(self.page)
        picture(self.page, "deploy-updated")

    def roll_back(self, label: str) -> None:
        """Put the version before back; wait until it answers."""
        card = self.versions()
        pressed = time.monotonic()
        self.press(f"rollback-{ENDPOINT}")
        expect(card).to_contain_text(f"{label} answers every request", timeout=30 * SECONDS)
        self.seconds["rollback to in service"] = time.monotonic() - pressed
        settled(self.page)
        picture(self.page, "deploy-rolled-back")

    def predict(self) -> str:
        """Score the patient that the form holds; return the answer as shown."""
        keyed(self.page, f"endpoint-heading-{ENDPOINT}").get_by_role("link").click()
        self.heading("Predict")
        pressed = time.monotonic()
        self.press("score")
        risk = re.compile(r"^(below |above )?\d+ %$")
        figure = keyed(self.page, "answer").get_by_text(risk)
        expect(figure).to_be_visible(timeout=30 * SECONDS)
        self.seconds["score to answer"] = time.monotonic() - pressed
        expect(keyed(self.page, "answer")).not_to_contain_text("has changed")
        settled(self.page)
        return figure.inner_text()

    def correct_a_unit(self) -> None:
        """Type an ejection fraction as a fraction, take the value that is offered, and score again."""
        field = keyed(self.page, "patient-value-ejection_fraction").locator("input")
        field.fill("0.3")
        field.press("Enter")
        expect(keyed(self.page, "correct-ejection_fraction")).to_contain_text("Use 30 %", timeout=30 * SECONDS)
        picture(self.page, "predict-unit-slip")
        self.press("correct-ejection_fraction")
        expect(field).to_have_value("30", timeout=30 * SECONDS)
        self.press("score")
        expect(keyed(self.page, "answer")).not_to_contain_text("has changed", timeout=30 * SECONDS)
        settled(self.page)

    def score_table(self, file: Path, rows: int) -> None:
        """Upload a table in the tab Batch and wait until it is scored."""
        self._predict_tab("Batch")
        keyed(self.page, "batch-file").locator("input[type=file]").set_input_files(file)
        button = keyed(self.page, "score-table").get_by_role("button")
        expect(button).to_contain_text(f"Score {rows:,} rows", timeout=30 * SECONDS)
        pressed = time.monotonic()
        button.click()
        expect(keyed(self.page, "batch-results")).to_contain_text(f"of {rows:,} rows scored", timeout=60 * SECONDS)
        self.seconds[f"{rows} rows to results"] = time.monotonic() - pressed
        picture(self.page, "predict-batch")

    def look_at_requests(self, text: str) -> None:
        """Open the tab History, which says so."""
        self._predict_tab("History")
        expect(self.page.get_by_text(text)).to_be_visible(timeout=30 * SECONDS)
        picture(self.page, "predict-history")

    def _predict_tab(self, name: str) -> None:
        keyed(self.page, "predict-tab").get_by_role("tab", name=name).first.click()
        settled(self.page)

    def clean_up(self) -> None:
        """Delete everything, with the words that it asks for."""
        self.open("cleanup")
        picture(self.page, "cleanup")
        self.press("delete-everything")
        words = keyed(self.page, "confirm-words").locator("input")
        words.fill("delete everything")
        picture(self.page, "cleanup-confirm")
        self.press("confirm-delete-everything")
        expect(self.page.get_by_text("There is nothing to clean up")).to_be_visible(timeout=60 * SECONDS)
        settled(self.page)
