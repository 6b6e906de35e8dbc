"""Who wins a search: the VotingEnsemble, unless another child leads it by more than luck."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hfcore.automl.metrics import metrics_of_codes
from hfcore.automl.outcome import ChildOutcome
from hfcore.automl.trial import Task
from hfcore.automl.winner import choose_winner
from hfcore.errors import TrainingFailed
from hfcore.states import RunState

ROWS = 300


@pytest.fixture
def task() -> Task:
    """A task of 300 rows whose labels come from one score, with nothing to export."""
    codes = (np.random.default_rng(5).random(ROWS) < 1 / (1 + np.exp(-_score()))).astype(np.intp)
    return Task(
        values=np.zeros((ROWS, 1), dtype=np.float32),
        codes=codes,
        classes=2,
        folds=np.arange(ROWS) % 5,
        primary_metric="AUC_weighted",
        seed=1,
        impute=False,
        export=False,
    )


def _score() -> np.ndarray:
    return np.random.default_rng(4).normal(0, 2, ROWS)


def child(task: Task, number: int, algorithm: str, noise: float, seed: int = 0, model: bytes | None = b"x") -> ChildOutcome:
    """A child whose forecasts are the true score with noise of its own."""
    positive = 1 / (1 + np.exp(-_score() - noise * np.random.default_rng([seed, number]).normal(size=ROWS)))
    proba = np.column_stack([1 - positive, positive])
    score = metrics_of_codes(task.codes, proba)[task.primary_metric]
    return ChildOutcome(number, algorithm, RunState.COMPLETED, score, probabilities=proba, fitted=proba, model=model)


def test_a_lead_that_luck_explains_does_not_win(task: Task) -> None:
    """Of twenty children as good as the vote the best leads it, and the vote still wins."""
    children = [child(task, n, "LogisticRegression", 1.5) for n in range(1, 21)]
    vote = child(task, 21, "VotingEnsemble", 1.5)
    assert max(c.score for c in children) > vote.score
    winner = choose_winner([*children, vote], task)
    assert winner.child is vote
    assert winner.head_start > max(c.score for c in children) - vote.score


def test_a_child_that_is_truly_better_wins(task: Task) -> None:
    """A lead beyond the head start wins."""
    better = child(task, 1, "LogisticRegression", 0.0)
    winner = choose_winner([better, child(task, 2, "KNN", 3.0), child(task, 3, "VotingEnsemble", 6.0)], task)
    assert winner.child is better
    assert better.score - child(task, 3, "VotingEnsemble", 6.0).score > winner.head_start > 0


def test_the_best_wins_where_there_is_no_vote(task: Task) -> None:
    """Without a VotingEnsemble, or when it has the highest score itself, the highest score wins."""
    children = [child(task, n, "LogisticRegression", 1.5) for n in range(1, 6)]
    alone = choose_winner(children, task)
    assert (alone.child.score, alone.head_start) == (max(c.score for c in children), 0.0)
    vote = child(task, 6, "VotingEnsemble", 0.0)
    assert choose_winner([*children, vote], task).child is vote


@pytest.mark.parametrize("metric", ["accuracy", "norm_macro_recall", "average_precision_score_weighted"])
def test_the_primary_metric_decides(task: Task, metric: str) -> None:
    """The lead is measured in the run's primary metric, whichever it is."""
    task = replace(task, primary_metric=metric)
    better = child(task, 1, "LogisticRegression", 0.0)
    assert choose_winner([better, child(task, 2, "VotingEnsemble", 8.0)], task).child is better


def test_weights_count_in_the_choice(task: Task) -> None:
    """Rows of weight 0 do not count: a child that is right on the others only wins."""
    half = np.arange(ROWS) < ROWS // 2
    sharp, blunt = child(task, 1, "LogisticRegression", 0.0), child(task, 2, "VotingEnsemble", 6.0)
    proba = np.where(half[:, None], sharp.probabilities, sharp.probabilities[:, ::-1])
    mixed = replace(sharp, probabilities=proba, score=0.99)
    assert choose_winner([mixed, blunt], task).child is blunt
    assert choose_winner([mixed, blunt], replace(task, weights=half.astype(np.float64))).child is mixed


def test_rows_that_were_never_held_out_do_not_count(task: Task) -> None:
    """Probabilities may be missing for rows outside the validation part."""
    outside = (np.arange(ROWS) % 4 > 0)[:, None]
    better, vote = child(task, 1, "LogisticRegression", 0.0), child(task, 2, "VotingEnsemble", 8.0)
    cut = [replace(c, probabilities=np.where(outside, np.nan, c.probabilities)) for c in (better, vote)]
    assert choose_winner(cut, task).child.number == 1


def test_a_child_without_a_file_cannot_win(task: Task) -> None:
    """The best score among those with a model wins, the earlier trial on a tie; without export the best score."""
    children = [
        ChildOutcome(1, "SVM", RunState.COMPLETED, 0.9, export_note="It differs."),
        ChildOutcome(2, "KNN", RunState.COMPLETED, 0.8, model=b"x"),
        ChildOutcome(3, "SGD", RunState.COMPLETED, 0.8, model=b"y"),
        ChildOutcome(4, "SGD", RunState.CRASHED, None),
    ]
    served = replace(task, export=True)
    assert choose_winner(children, served).child.number == 2
    assert choose_winner(children, task).child.number == 1
    with pytest.raises(TrainingFailed, match="code-free"):
        choose_winner(children[:1], served)
