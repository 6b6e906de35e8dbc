"""The labels by which runs and child runs are chosen."""

from __future__ import annotations

from datetime import UTC, datetime

from hfcore.states import RunState
from hfcore.ui import run_choice
from tests.fakes.workspace import MemoryWorkspace


def test_a_run_at_work_keeps_its_label() -> None:
    """While a run works its label names no score, which would change between being drawn and being clicked."""
    ws = MemoryWorkspace()
    run = ws.add_run(RunState.RUNNING, children=3)
    before = run_choice._run_label(ws, run)
    after = run_choice._run_label(ws, ws.change(run.id, best_score=0.999, created_at=run.created_at))
    assert before == after
    assert "still at work" in before


def test_a_finished_run_is_chosen_by_moment_and_score() -> None:
    """A finished run is told apart by its experiment, the moment it was started and its best score."""
    ws = MemoryWorkspace()
    run = ws.add_run(RunState.COMPLETED, children=3)
    run = ws.change(run.id, best_score=0.8034, created_at=datetime(2026, 11, 22, 15, 4, tzinfo=UTC))
    assert run_choice._run_label(ws, run).startswith(f"{run.experiment}, 22 Nov 15:04 UTC: best 0.803")
