"""The ensembles: who joins, what they predict, and the file composed of the members' files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest

from hfcore.automl.ensemble import choose_members, may_join, run_ensemble
from hfcore.automl.graph import run_model
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.automl.table import TrainingTable
from hfcore.automl.trial import Task, run_trial
from hfcore.states import RunState
from tests.unit.automl.runs import first_of_each_family, task_of

NAMES = ("VotingEnsemble", "StackEnsemble")


@pytest.fixture(scope="module", params=["two classes", "three classes"])
def made(request: pytest.FixtureRequest, table: TrainingTable, three_classes: TrainingTable) -> dict[str, ChildOutcome]:
    """Both ensembles of one trial per family, and the members by name."""
    task = task_of(table if request.param == "two classes" else three_classes)
    children = [run_trial(task, plan) for plan in first_of_each_family()]
    built = {name: run_ensemble(task, TrialPlan(90 + i, name), children) for i, name in enumerate(NAMES)}
    return {child.algorithm: child for child in children} | built


@pytest.fixture(scope="module")
def two_classes(table: TrainingTable) -> tuple[Task, list[ChildOutcome]]:
    """One trial of the quick families and what they share."""
    task = task_of(table, export=False)
    plans = [p for p in first_of_each_family() if p.family in ("LogisticRegression", "SVM", "LightGBM", "KNN")]
    return task, [run_trial(task, plan) for plan in plans]


@pytest.mark.parametrize("name", NAMES)
def test_the_composed_file_predicts_what_the_members_say_together(name: str, made: dict[str, ChildOutcome]) -> None:
    """The ensemble has a file that agrees with its fitted members to 1e-6 on every row."""
    ensemble = made[name]
    assert ensemble.state is RunState.COMPLETED
    assert ensemble.model is not None
    assert ensemble.parity is not None
    assert ensemble.parity <= 1e-6
    onnx.checker.check_model(onnx.load_model_from_string(ensemble.model), full_check=True)


def test_a_vote_is_the_calibrated_weighted_mean_of_log_odds(made: dict[str, ChildOutcome]) -> None:
    """Recomputed by hand from the members' fitted probabilities, their shares, and the slope and shifts that it tells."""
    vote = made["VotingEnsemble"]
    told = vote.steps[0].parameters
    logs = sum(
        m.weight * slope * np.log(np.clip(made[m.algorithm].fitted, 0.005, 0.995))  # type: ignore[arg-type]
        for m, slope in zip(vote.members, told["member_slopes"], strict=True)
    )
    scores = np.exp(told["slope"] * logs + np.array([0.0, *told["shifts"]]))
    assert np.allclose(scores / scores.sum(axis=1, keepdims=True), vote.fitted, atol=1e-5)  # type: ignore[arg-type]
    assert sum(m.weight for m in vote.members) == pytest.approx(1)


def test_whoever_predicts_badly_has_no_vote(two_classes: tuple[Task, list[ChildOutcome]]) -> None:
    """The members come in the order of their shares, and a child far behind is not among them."""
    task, children = two_classes
    spoiled = replace(children[0], number=50, probabilities=children[0].probabilities[:, ::-1])  # type: ignore[index]
    vote = run_ensemble(task, TrialPlan(90, "VotingEnsemble"), [*children, spoiled])
    assert 50 not in [m.number for m in vote.members]
    assert [m.weight for m in vote.members] == sorted((m.weight for m in vote.members), reverse=True)
    assert min(m.weight for m in vote.members) >= 0.01


def test_an_ensemble_is_no_worse_than_its_median_member(made: dict[str, ChildOutcome]) -> None:
    """Combining helps, or at least does no harm against an ordinary member."""
    scores = [c.score for name, c in made.items() if name not in NAMES and c.score is not None]
    for name in NAMES:
        assert (made[name].score or 0) > np.median(scores)


def _child(number: int, algorithm: str, score: float) -> ChildOutcome:
    proba = np.full((4, 2), 0.5)
    return ChildOutcome(
        number, algorithm, RunState.COMPLETED, score, (score, score), probabilities=proba, fitted=proba, model=b"x"
    )


def test_at_most_eight_join_and_at_most_two_per_family() -> None:
    """The best come first, ties go to the lower number, a family has two voices."""
    children = [_child(i, f"MaxAbsScaler, F{i // 4}", 0.9 - i // 4 * 0.01) for i in range(24)]
    chosen = [c.number for c, _ in choose_members(children, [0, 1])]
    assert chosen == [0, 1, 4, 5, 8, 9, 12, 13]


def test_only_exportable_and_finished_children_join() -> None:
    """A child without a file, without a score or without predictions is no member."""
    good = _child(1, "SVM", 0.8)
    assert may_join(good, with_model=True)
    assert not may_join(replace(good, model=None), with_model=True)
    assert may_join(replace(good, model=None), with_model=False)
    assert not may_join(replace(good, state=RunState.CRASHED), with_model=False)
    assert not may_join(replace(good, score=None), with_model=False)
    assert not may_join(replace(good, probabilities=None), with_model=False)


def test_composed_files_take_any_number_of_rows(made: dict[str, ChildOutcome]) -> None:
    """One row and many rows are predicted alike."""
    model = made["VotingEnsemble"].model
    assert model is not None
    width = onnx.load_model_from_string(model).graph.input[0].type.tensor_type.shape.dim[1].dim_value
    rows = np.random.default_rng(0).normal(size=(50, width)).astype(np.float32)
    together = run_model(model, rows)
    assert np.allclose(together, np.vstack([run_model(model, row[None]) for row in rows]), atol=1e-9)
