"""Where a workspace stands, and what happened last."""

from __future__ import annotations

from dataclasses import replace

from hfcore.records import DeploymentSpec
from hfcore.states import EndpointState, RunState
from hfcore.ui import events, standing
from tests.fakes.workspace import MemoryWorkspace


def test_running_beats_finished() -> None:
    """A run at work is the news, even when an older one has a better score."""
    ws = MemoryWorkspace()
    ws.add_run(RunState.COMPLETED, children=8)
    ws.add_run(RunState.RUNNING, children=1, age_minutes=1)
    said = standing.sentence(ws, ws.runs(), ())
    assert said.startswith("A run is under way.")
    assert said.endswith("Nothing is in service.")


def test_a_failed_run_does_not_hide_the_last_result() -> None:
    """The latest result is that of the newest run with a score."""
    ws = MemoryWorkspace()
    ws.add_run(RunState.COMPLETED, children=8, age_minutes=60)
    ws.add_run(RunState.FAILED, age_minutes=1)
    assert "The latest result is **VotingEnsemble**" in standing.sentence(ws, ws.runs(), ())


def test_only_what_answers_is_in_service() -> None:
    """An endpoint that is not healthy is not called in service; of several healthy ones the rest is counted."""
    ws = MemoryWorkspace()
    model = ws.register_model(ws.add_run(RunState.COMPLETED, children=8).id)
    first, second = (ws.deploy(model, DeploymentSpec(name=name)) for name in ("one", "two"))
    failed = replace(first, state=EndpointState.FAILED)
    assert standing.sentence(ws, ws.runs(), [failed]).endswith("No endpoint answers at present.")
    assert standing.sentence(ws, ws.runs(), [first, second]).endswith("In service: **one** with version 1 and 1 more.")


def test_an_event_names_the_best_model_without_its_lucky_score() -> None:
    """The event of a run's end names its best model; the score, which is not corrected for the pick, stays out of it."""
    ws = MemoryWorkspace()
    run = ws.add_run(RunState.COMPLETED, children=1)
    told = events.latest([run], (), ())
    assert told[0].sentence.endswith(f"best: {run.best_algorithm}")
