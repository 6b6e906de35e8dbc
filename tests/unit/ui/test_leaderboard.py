"""Who is first, and by how much."""

from __future__ import annotations

from hfcore.records import ChildRun
from hfcore.states import RunState
from hfcore.ui import leaderboard
from tests.fakes.workspace import MemoryWorkspace


def _child(number: int, score: float | None, state: RunState = RunState.COMPLETED, folds: tuple[float, ...] = ()) -> ChildRun:
    return ChildRun(f"c{number}", "r", number, "LightGBM", state, score, folds)


def test_order() -> None:
    """Best score first, ties by number, then what is under way, then what gave no score."""
    children = [
        _child(0, None, RunState.FAILED),
        _child(1, 0.7),
        _child(2, None, RunState.RUNNING),
        _child(3, 0.8),
        _child(4, 0.7),
    ]
    assert [c.number for c in leaderboard.ranked(children)] == [3, 1, 4, 2, 0]


def test_spread_is_in_the_cell() -> None:
    """The score stands with the standard deviation over its folds; one fold has no spread, no score is a dash."""
    assert leaderboard.spread(_child(0, 0.8, folds=(0.7, 0.8, 0.9))) == "0.800 ± 0.100"
    assert leaderboard.spread(_child(0, 0.8, folds=(0.8,))) == "0.800"
    assert leaderboard.spread(_child(0, None, RunState.FAILED)) == "–"


def test_a_spread_that_nobody_knows_is_not_promised() -> None:
    """Scores without their folds, as Azure gives them, are said to be without a spread; before the first one nothing is."""
    bare, folded = _child(0, 0.8), _child(1, 0.8, folds=(0.7, 0.9))
    assert leaderboard.lacks_spread([bare, _child(2, None, RunState.RUNNING)])
    assert not leaderboard.lacks_spread([bare, folded])
    assert not leaderboard.lacks_spread([_child(2, None, RunState.RUNNING)])
    run = MemoryWorkspace().add_run(RunState.COMPLETED, children=2)
    assert "no spread over folds is known" in leaderboard._reading(run, [bare])
    assert "VotingEnsemble" not in leaderboard._reading(run, [bare])
    assert "smaller than the spread mean little" in leaderboard._reading(run, [folded])
