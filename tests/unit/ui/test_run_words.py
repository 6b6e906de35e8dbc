"""A run told in one sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hfcore.automl.settings import AutoMLSettings
from hfcore.states import RunState
from hfcore.ui import follow_up, run_words
from tests.fakes.workspace import MemoryWorkspace


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (RunState.QUEUED, ":gray[:material/schedule: Waiting to start] for 5 s."),
        (RunState.STARTING, ":blue[:material/hourglass_top: Starting] for 5 s."),
        (RunState.FAILED, ":red[:material/error: Failed] after 5 s."),
        (RunState.CANCELED, ":gray[:material/cancel: Cancelled] after 5 s."),
        (RunState.TIMED_OUT, ":orange[:material/timer_off: Stopped at its time limit] after 5 s."),
        (RunState.CRASHED, ":red[:material/error: Crashed] after 5 s."),
        (RunState.UNKNOWN, ":gray[:material/help: State not known] after 5 s."),
    ],
)
def test_every_state_is_a_sentence(state: RunState, said: str) -> None:
    """Each state is told by icon and words with the time it took."""
    ws = MemoryWorkspace()
    run = ws.add_run(state)
    begun = run.started_at or run.created_at
    run = ws.change(run.id, ended_at=begun + timedelta(seconds=5) if state.is_finished else None)
    assert run_words.headline(ws, run, begun + timedelta(seconds=5)) == said


def test_headline_tells_progress_and_best() -> None:
    """A run at work says how many child runs are done and which is best so far, with the note on follow-up time."""
    ws = MemoryWorkspace()
    run = ws.add_run(RunState.RUNNING, children=3)
    said = run_words.headline(ws, run)
    assert "3 of 8 child runs done; best so far: **MaxAbsScaler, LightGBM**, AUC **0.781**, without follow-up time." in said


def test_elapsed_stops_at_the_end() -> None:
    """The elapsed time of a run that has ended no longer grows, and never is negative."""
    ws = MemoryWorkspace()
    run = ws.add_run(RunState.COMPLETED, age_minutes=600)
    assert run_words.elapsed(run) == 189
    assert run_words.elapsed(ws.add_run(RunState.QUEUED, age_minutes=-5)) == 0


def test_time_left_is_never_guessed_early() -> None:
    """The pace is told from five finished child runs on; before that only the time limit is known."""
    ws = MemoryWorkspace()
    few, more = ws.add_run(RunState.RUNNING, children=4), ws.add_run(RunState.RUNNING, children=6)
    begun = few.started_at
    assert begun is not None
    assert run_words.left_words(few, begun + timedelta(seconds=60)) == "at most 19 min 00 s more"
    said = run_words.left_words(more, more.started_at + timedelta(seconds=60) if more.started_at else None)
    assert said == "about 20 s more at this pace, at most 19 min 00 s"
    assert run_words.left_words(few, begun + timedelta(hours=1)) == ""


def test_follow_up_time_is_read_from_the_data_set() -> None:
    """What counts is the schema: with `time` left out, kept in, and still told when the data set is gone."""
    ws = MemoryWorkspace()
    out = ws.add_run(RunState.COMPLETED)
    kept = ws.add_run(RunState.COMPLETED, settings=AutoMLSettings(label_column_name="DEATH_EVENT"))
    assert follow_up.words(ws, out) == follow_up.WITHOUT
    assert follow_up.words(ws, kept) == follow_up.WITH
    ws.dataset_list.clear()
    assert follow_up.words(ws, kept) == follow_up.WITH
