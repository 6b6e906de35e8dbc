"""A table of one's own, from a German spreadsheet's file to a scored patient."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sklearn.datasets import load_diabetes

from tests.browser.conftest import NewPage
from tests.browser.journey import Journey
from tests.browser.studio import Studio
from tests.browser.watch import SECONDS, keyed, picture

pytestmark = pytest.mark.browser
NAME = "Diabetes Aachen"
ENDPOINT = "diabetes-aachen-risk"


def write_table(folder: Path) -> Path:
    """Write scikit-learn's diabetes records with words for sex and course, some gaps, semicolons and decimal commas."""
    frame = load_diabetes(as_frame=True, scaled=False).frame
    frame["sex"] = frame["sex"].map({1.0: "female", 2.0: "male"})
    frame["course"] = (frame.pop("target") > 200).map({True: "progressed", False: "stable"})
    frame.loc[::17, "bmi"] = None
    file = folder / f"{NAME}.csv"
    file.write_text(frame.to_csv(index=False, sep=";", decimal=","))
    return file


@pytest.mark.timeout(300)
def test_a_table_of_ones_own_is_explored_trained_on_served_and_scored(studio: Studio, new_page: NewPage, tmp_path: Path) -> None:
    """Upload, say what counts as the event, look, train from another tab, register, deploy, score; in its own words."""
    page = new_page(height=1000)
    journey = Journey(studio, page)
    file = write_table(tmp_path)
    journey.open("explore")
    journey.press("view-add")
    keyed(page, "upload-file").locator("input[type=file]").set_input_files(file)
    expect(page.get_by_test_id("stMain")).to_contain_text("442 rows, 11 columns read")
    page.get_by_role("combobox", name="Outcome to predict (label)").click()
    page.get_by_role("option", name="course").click()
    expect(page.get_by_role("combobox", name="Counts as the event")).to_have_value("progressed")
    picture(page, "own-table-columns")
    journey.press("save-data-set")
    main = page.get_by_test_id("stMain")
    expect(main).not_to_contain_text("died")
    expect(main).to_contain_text("442 patients, of whom 121 have course progressed (27 %).")
    keyed(page, "explore-tab").get_by_role("tab", name="Variables").click()
    page.wait_for_url(re.compile("explore-tab=Variables"))
    expect(main).to_contain_text("in the group progressed")
    picture(page, "own-table-explore")
    journey.press("start-training")
    journey.heading("Train")
    expect(page.get_by_role("combobox", name="Data set")).to_have_value(f"{NAME} (442 rows)")
    expect(page.get_by_role("combobox", name="Label")).to_have_value("course")
    journey.allow("LogisticRegression", "DecisionTree")
    journey.start_training()
    journey.wait_for_the_end(120)
    journey.press("see-best-model")
    journey.heading("Model")
    expect(main).to_contain_text("Found among those with course = progressed", timeout=30 * SECONDS)
    journey.press("register")
    journey.press("register-confirm")
    keyed(page, "registered").get_by_role("link").click()
    journey.heading("Deploy")
    journey.press("deploy")
    expect(keyed(page, f"endpoint-heading-{ENDPOINT}")).to_contain_text("Healthy", timeout=60 * SECONDS)
    keyed(page, f"endpoint-heading-{ENDPOINT}").get_by_role("link").click()
    journey.heading("Predict")
    journey.press("score")
    answer = keyed(page, "answer")
    expect(answer).to_contain_text("Risk of course = progressed")
    expect(answer).to_contain_text(re.compile(r"Of 10 patients like this, .* had course = progressed\."))
    expect(main).not_to_contain_text("death")
    picture(page, "own-table-answer")
    journey.score_table(file, 442)
    expect(main).to_contain_text("bmi is empty.")
