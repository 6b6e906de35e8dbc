"""Fault P1: the app is killed in the middle of a run and started again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

import hfcore
from tests.browser.conftest import NewPage
from tests.browser.journey import Journey
from tests.browser.studio import Studio
from tests.browser.watch import SECONDS, keyed
from tests.polling import until

pytestmark = [pytest.mark.browser, pytest.mark.fault]


@pytest.mark.timeout(300)
def test_a_run_goes_on_without_the_app(studio: Studio, new_page: NewPage) -> None:
    """After kill -9 of the app mid-run the same attempt goes on, no child run is lost, and the restarted page shows it."""
    journey = Journey(studio, new_page())
    journey.open("train")
    journey.fill_training_form(minutes=1)
    run_id = journey.start_training()
    journey.page.close()
    studio.kill()
    ws = hfcore.connect("local", home=studio.home)
    before = ws.run(run_id)
    assert before.state.is_active
    until(lambda: ws.run(run_id).finished > before.finished, seconds=60, what="child runs that end while there is no app")
    studio.start()
    page = new_page()
    page.goto(studio.url("runs", run=run_id))
    expect(page.get_by_test_id("stMain").get_by_text(run_id).first).to_be_visible(timeout=10 * SECONDS)
    expect(keyed(page, "see-best-model")).to_be_visible(timeout=180 * SECONDS)
    after = ws.run(run_id)
    numbers = [child.number for child in ws.children(run_id)]
    assert (after.state, after.attempts, len(ws.runs())) == (hfcore.RunState.COMPLETED, 1, 1)
    assert len(numbers) == len(set(numbers)) >= before.finished
