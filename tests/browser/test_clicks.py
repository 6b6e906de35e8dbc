"""Fault U2: hasty clicks start one run each, and a run is stopped by its dialog."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

import hfcore
from tests.browser.conftest import NewPage
from tests.browser.journey import Journey
from tests.browser.studio import Studio
from tests.browser.watch import SECONDS, keyed, settled
from tests.polling import until

pytestmark = [pytest.mark.browser, pytest.mark.fault]
RUN_PAGE = re.compile(r"/runs\?run=")


@pytest.mark.timeout(240)
def test_one_run_per_click_and_one_answer_stops_it(studio: Studio, new_page: NewPage) -> None:
    """A double click starts one run; two browsers at once start one each; the dialog's answer cancels the run."""
    ws = hfcore.connect("local", home=studio.home)
    first, second = Journey(studio, new_page()), Journey(studio, new_page())
    first.open("train")
    keyed(first.page, "start-training").get_by_role("button").dblclick()
    first.page.wait_for_url(RUN_PAGE, timeout=30 * SECONDS)
    settled(first.page)
    assert len(ws.runs()) == 1
    stop(first, ws)
    for journey in (first, second):
        journey.open("train")
    for journey in (first, second):
        journey.press("start-training")
    for journey in (first, second):
        journey.page.wait_for_url(RUN_PAGE, timeout=30 * SECONDS)
    assert len(ws.runs()) == 3
    assert len({journey.page.url for journey in (first, second)}) == 2
    for journey in (first, second):
        stop(journey, ws)


def stop(journey: Journey, ws: hfcore.Workspace) -> None:
    """Cancel the run on the page through its dialog; the page then says so."""
    run_id = journey.page.url.partition("run=")[2].partition("&")[0]
    journey.press("cancel-run")
    expect(journey.page.get_by_role("dialog")).to_contain_text("What is finished stays")
    journey.press("confirm-cancel")
    until(lambda: ws.run(run_id).ended_at, seconds=20, what=f"the end of {run_id}")
    assert ws.run(run_id).state is hfcore.RunState.CANCELED
    expect(journey.page.get_by_test_id("stMain")).to_contain_text("Cancelled after", timeout=30 * SECONDS)
    expect(keyed(journey.page, "cancel-run")).to_have_count(0)
