"""What is said of a finished run is bias-corrected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st

from hfcore.states import RunState
from hfcore.ui import honest
from hfcore.ui.run_words import best_words
from tests.fakes.workspace import MemoryWorkspace
from tests.finished import FinishedRun


@pytest.fixture(autouse=True)
def _read_anew() -> Iterator[None]:
    st.cache_data.clear()
    yield
    st.cache_data.clear()


def test_a_finished_run_is_told_by_its_corrected_figure(finished_run: FinishedRun) -> None:
    """The sentence on a finished run holds the report's corrected AUC with its interval, not the winner's own score."""
    ws = finished_run.open()
    run = ws.runs()[0]
    wanted = ws.report(run.id).honest
    assert wanted is not None
    assert f"AUC **{wanted.value:.3f}** (95 % {wanted.low:.2f} to {wanted.high:.2f})" in best_words(ws, run)


def test_a_run_without_a_report_is_told_by_its_score() -> None:
    """Where there is no corrected figure the run's own score is told, and nothing fails."""
    ws = MemoryWorkspace()
    run = ws.add_run(RunState.COMPLETED, children=8)
    assert honest.estimate(ws, run) is None
    assert f"**{run.best_score:.3f}**" in best_words(ws, run)


def test_a_run_at_work_is_not_judged_yet() -> None:
    """While a run works there is no winner to correct."""
    ws = MemoryWorkspace()
    assert honest.estimate(ws, ws.add_run(RunState.RUNNING, children=3)) is None
