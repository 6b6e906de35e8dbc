"""The whole way: from an empty home to a scored patient and back to an empty home."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

import hfcore
from hfcore.datasets.heart_failure import HEART_FAILURE_CSV, SAMPLE_PATIENT
from tests import processes
from tests.browser.conftest import NewPage
from tests.browser.journey import ENDPOINT, Journey
from tests.browser.studio import Studio
from tests.browser.watch import SECONDS, keyed, picture, sideways
from tests.polling import until

pytestmark = pytest.mark.browser
PAGES = ("", "explore", "train", "runs", "model", "deploy", "predict", "cleanup")


@pytest.mark.timeout(600)
def test_from_an_empty_home_to_a_scored_patient(studio: Studio, new_page: NewPage) -> None:
    """A new user explores, trains without `time`, watches, judges, registers, deploys, updates, predicts and cleans up."""
    journey = Journey(studio, new_page())
    look_around(journey)
    train_and_watch(journey, new_page)
    journey.register()
    journey.deploy()
    picture(journey.page, "deploy")
    assert len(journey.tabs(f"endpoint-tab-{ENDPOINT}")) == 5
    update_and_go_back(journey)
    score(journey)
    journey.open()
    picture(journey.page, "overview")
    look_again(studio, new_page)
    journey.clean_up()
    until(lambda: processes.about(studio.home / "endpoints") == [], what="endpoint processes are gone")
    assert not list((studio.home / "runs").glob("*"))
    print({name: round(seconds, 1) for name, seconds in journey.seconds.items()})


def look_around(journey: Journey) -> None:
    """The overview of an empty home leads to the data; every tab of Explore draws."""
    journey.open()
    picture(journey.page, "overview-first-visit")
    journey.page.get_by_test_id("stMain").get_by_role("link", name="Explore the data").click()
    journey.heading("Explore")
    picture(journey.page, "explore")
    assert len(journey.tabs("explore-tab")) == 6


def train_and_watch(journey: Journey, new_page: NewPage) -> None:
    """Child runs appear without a reload, another browser sees the same run, and nothing is launched twice."""
    journey.press("start-training")
    journey.heading("Train")
    journey.fill_training_form(minutes=1)
    picture(journey.page, "train")
    run_id = journey.start_training()
    journey.page.evaluate("window.neverReloaded = true")
    seen = journey.children_done()
    reload_mid_run(journey, new_page(), run_id)
    until(lambda: journey.children_done() > seen, seconds=60, what="more child runs on the screen")
    picture(journey.page, "runs-live")
    journey.wait_for_the_end(seconds=240)
    assert journey.page.evaluate("window.neverReloaded") is True
    picture(journey.page, "runs")
    expect(journey.rows().filter(has_text="VotingEnsemble").or_(journey.rows().filter(has_text="Completed"))).not_to_have_count(0)
    ended = hfcore.connect("local", home=journey.studio.home).run(run_id)
    assert ended.state is hfcore.RunState.COMPLETED
    assert "time" in ended.excluded_columns


def reload_mid_run(journey: Journey, other: Page, run_id: str) -> None:
    """Fault U1: another browser, and a reload of it, show the run going on; there is still one run."""
    for _ in range(2):
        other.goto(journey.studio.url("runs", run=run_id))
        expect(keyed(other, "cancel-run")).to_be_visible(timeout=30 * SECONDS)
    other.close()
    assert [r.id for r in hfcore.connect("local", home=journey.studio.home).runs()] == [run_id]


def update_and_go_back(journey: Journey) -> None:
    """Another version takes over at the same address, once for two clicks, and the one before comes back at a press."""
    ws = hfcore.connect("local", home=journey.studio.home)
    before = ws.endpoint(ENDPOINT)
    second = ws.register_model(journey.run_id)
    journey.open("deploy")
    journey.update(second.label)
    after = ws.endpoint(ENDPOINT)
    assert (after.label, after.scoring_uri, len(after.deployments)) == (second.label, before.scoring_uri, 2)
    journey.roll_back(before.label)
    assert ws.endpoint(ENDPOINT).label == before.label


def score(journey: Journey) -> None:
    """The lesson's patient gets on the page what the live endpoint answers to any other caller; so does a whole table."""
    shown = journey.predict()
    picture(journey.page, "predict")
    endpoint = hfcore.connect("local", home=journey.studio.home).endpoint(ENDPOINT)
    patient = {name: SAMPLE_PATIENT[name] for name in endpoint.features}
    risk = float(hfcore.ScoringClient(endpoint).predict_proba([patient])[0][1])
    assert "time" not in endpoint.features
    assert shown.replace("\u202f", " ").replace("\xa0", " ") == f"{100 * risk:.0f} %"
    assert len(journey.tabs("answer-tab")) == 6
    journey.correct_a_unit()
    journey.score_table(HEART_FAILURE_CSV, 299)
    journey.look_at_requests("3 requests made from this page")


def look_again(studio: Studio, new_page: NewPage) -> None:
    """Every page stands at 820 pixels in the dark theme, without sideways scrolling."""
    narrow = Journey(studio, new_page(width=820, height=1100, color_scheme="dark"))
    for name in PAGES:
        narrow.open(name)
        picture(narrow.page, f"{name or 'overview'}-dark-820")
        assert sideways(narrow.page) <= 0, name
    narrow.page.set_viewport_size({"width": 1280, "height": 800})
    narrow.open()
    picture(narrow.page, "overview-dark")
