"""The learning curve: a pipeline of the run, learned from shares of the training rows of the same folds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hfcore.automl import learning
from hfcore.automl.executors import InlineExecutor
from hfcore.automl.learning import grow, predict_from_share, share_of
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.automl.table import TrainingTable
from hfcore.automl.trial import Task, run_trial
from hfcore.reporting.growth import learning_points
from hfcore.reporting.report import Member
from hfcore.states import RunState
from tests.unit.automl.runs import task_of

PLANS = (
    TrialPlan(1, "StandardScalerWrapper, LogisticRegression", {"C": 0.1}),
    TrialPlan(2, "MinMaxScaler, DecisionTree", {"max_depth": 3, "min_samples_leaf": 20, "pull": 4.0}),
    TrialPlan(3, "VotingEnsemble"),
)


@pytest.fixture(scope="module")
def task(table: TrainingTable) -> Task:
    """The heart failure records in four folds, without a file at the end."""
    return replace(task_of(table, folds=4), export=False)


@pytest.fixture(scope="module")
def children(task: Task) -> tuple[ChildOutcome, ...]:
    """Two finished pipelines and a vote over them, in which the second has the larger share."""
    first, second = (replace(run_trial(task, plan), seconds=0.1) for plan in PLANS[:2])
    members = (Member(1, first.algorithm, 0.3), Member(2, second.algorithm, 0.7))
    vote = replace(first, number=3, algorithm="VotingEnsemble", members=members)
    return first, second, vote


def test_the_last_point_is_the_pipelines_own(task: Task, children: tuple[ChildOutcome, ...]) -> None:
    """The curve ends at the out-of-fold predictions of the run itself, and more patients help on this table."""
    found = grow(task, PLANS, children[0], children, InlineExecutor())
    assert [rows for rows, _ in found.steps] == [44, 90, 134, 180, 224]
    assert found.steps[-1][1] is children[0].probabilities
    assert found.note == "of the model itself, StandardScalerWrapper, LogisticRegression (child run 1)"
    points = learning_points(found.steps, task.codes)
    assert points[-1].auc.value > points[0].auc.value
    assert points[-1].log_loss.value < points[0].log_loss.value
    assert all(p.auc.low < p.auc.value < p.auc.high for p in points)


def test_nobody_is_predicted_by_a_model_that_learned_from_them(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the share, the rows drawn lie outside the fold that is predicted, and every row is predicted once."""
    drawn: list[np.ndarray] = []

    def noted(*args: object) -> np.ndarray:
        drawn.append(share_of(*args))  # type: ignore[arg-type]
        return drawn[-1]

    monkeypatch.setattr(learning, "share_of", noted)
    rows, probabilities, _ = predict_from_share(task, PLANS[0], 0.4)
    assert len(drawn) == 4
    assert all(not task.held(fold)[kept].any() for fold, kept in zip(task.fold_numbers, drawn, strict=True))
    assert rows == round(np.mean([len(d) for d in drawn]))
    assert np.isfinite(probabilities).all()


def test_a_smaller_share_lies_within_a_larger_one_class_by_class() -> None:
    """Shares are nested, keep the classes' proportions, and hold at least five of a rare class."""
    codes = np.arange(200) % 4 // 3
    rows = np.flatnonzero(np.arange(200) % 5 > 0)
    small, large = share_of(rows, codes, 0.2, [1]), share_of(rows, codes, 0.6, [1])
    assert set(small) < set(large) < set(rows)
    assert codes[large].mean() == pytest.approx(codes[rows].mean(), abs=0.01)
    assert (codes[share_of(rows, codes, 0.01, [1])] == 1).sum() == 5


def test_a_vote_is_told_by_its_largest_voter(task: Task, children: tuple[ChildOutcome, ...]) -> None:
    """Refitting an ensemble is too dear, so the curve is of the member with the largest vote, and says so."""
    found = grow(task, PLANS, children[2], children, InlineExecutor())
    assert found.note.startswith("of MinMaxScaler, DecisionTree (child run 2), because refitting VotingEnsemble")


def test_a_dear_voter_gives_way_to_a_cheaper_one(task: Task, children: tuple[ChildOutcome, ...]) -> None:
    """A member that would take more than the time for it is passed over."""
    dear = (children[0], replace(children[1], seconds=60.0), children[2])
    assert "(child run 1)" in grow(task, PLANS, children[2], dear, InlineExecutor()).note


def test_the_time_for_it_is_bounded(task: Task, children: tuple[ChildOutcome, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """When the processor time is used up no further share is begun, and the note says that there are fewer points."""
    monkeypatch.setattr(learning, "_LEAST_BUDGET_S", 0.0)
    monkeypatch.setattr(learning, "_SHARE_OF_RUN", 0.0)
    found = grow(task, PLANS, children[0], children, InlineExecutor())
    assert [rows for rows, _ in found.steps] == [44, 224]
    assert found.note.endswith("; more steps would take too long")


def test_what_cannot_be_had_is_said(task: Task, children: tuple[ChildOutcome, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A refit that fails, or a run without a pipeline, leaves a sentence and no curve."""

    def refuse(*args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(learning, "predict_from_share", refuse)
    failed = grow(task, PLANS, children[0], children, InlineExecutor())
    assert (failed.steps, failed.note) == ((), "There is no learning curve: refitting failed with MemoryError.")
    nothing = ChildOutcome(1, PLANS[0].algorithm, RunState.FAILED)
    assert not grow(task, PLANS, nothing, [nothing], InlineExecutor()).steps
    assert learning_points((), task.codes) == ()
