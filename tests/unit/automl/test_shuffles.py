"""What each fold's model says with a column shuffled, for single trials and for ensembles of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hfcore.automl.ensemble import run_ensemble
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.automl.pipeline import fit_pipeline
from hfcore.automl.shuffles import Shuffles, draw_shuffles
from hfcore.automl.table import TrainingTable
from hfcore.automl.trial import Task, run_trial
from hfcore.automl.validation import random_splits
from tests.unit.automl.runs import same_bits, small, task_of

PLANS = (
    TrialPlan(1, "StandardScalerWrapper, LogisticRegression", {"C": 0.02, "log": True, "knots": 5}),
    TrialPlan(2, "RobustScaler, KNN", {"n_neighbors": 20}),
)


def unmoved(rows: int) -> Shuffles:
    """Shuffles that leave every cell where it is, asked for two rows in three."""
    return Shuffles(np.tile(np.arange(rows), (2, 1)), np.arange(rows) % 3 > 0)


def family(task: Task) -> list[ChildOutcome]:
    """Two trials and both ensembles of them."""
    children = [run_trial(task, plan) for plan in PLANS]
    return children + [run_ensemble(task, TrialPlan(8 + i, f"{n}Ensemble"), children) for i, n in enumerate(("Voting", "Stack"))]


@pytest.mark.parametrize("how", ["folds", "random splits"])
def test_nothing_exchanged_is_nothing_changed(table: TrainingTable, how: str) -> None:
    """Where every cell stays in its place, each trial and each ensemble says what it said out of fold, row by row."""
    splits = None if how == "folds" else random_splits(table.codes, 2, 0.2, 4, 1)
    task = task_of(table, export=False, shuffles=unmoved(len(table.codes)), splits=splits)
    for outcome in family(task):
        assert outcome.shuffled is not None
        assert task.shuffles is not None
        rows, again = task.shuffles.per_row(outcome.shuffled.astype(float), splits)
        assert outcome.probabilities is not None
        expected = outcome.probabilities[rows]
        assert np.isfinite(expected).all()
        assert again.shape == (table.values.shape[1], 2, len(rows), 2)
        assert np.abs(again - expected).max() < 1e-6
        assert (rows % 3 > 0).all()


def test_a_trial_asks_the_model_that_has_not_seen_the_row(table: TrainingTable) -> None:
    """What is kept is what the fold's own model says when one column, and no other, has another row's cells."""
    task = task_of(table, export=False, shuffles=draw_shuffles(299, 12, 1, np.ones(299, dtype=bool)))
    outcome = run_trial(task, replace(PLANS[0], number=5))
    held = task.folds == 1
    seed = int(np.random.SeedSequence([task.seed, 5]).generate_state(1)[0] >> 1)
    model = fit_pipeline(PLANS[0], table.values[~held], table.codes[~held], 2, seed, impute=True)
    values = table.values.copy()
    assert task.shuffles is not None
    values[:, 4] = values[task.shuffles.donors[2], 4]
    assert outcome.shuffled is not None
    assert np.abs(outcome.shuffled[4, 2, held] - model.predict(values[held])).max() < 1e-6


def test_the_search_itself_is_the_same(table: TrainingTable) -> None:
    """Scores and probabilities do not depend on whether columns are shuffled besides."""
    plain = family(task_of(table, export=False))
    told = family(task_of(table, export=False, shuffles=unmoved(299)))
    assert all(same_bits(a.probabilities, b.probabilities) for a, b in zip(plain, told, strict=True))
    assert all(a.shuffled is None for a in plain)


def test_an_ensemble_of_older_trials_says_nothing(table: TrainingTable) -> None:
    """A voter that was kept by an earlier version has nothing shuffled, so the ensemble has nothing to combine."""
    task = task_of(table, export=False, shuffles=unmoved(299))
    children = [run_trial(task, plan) for plan in PLANS]
    assert run_ensemble(task, TrialPlan(9, "VotingEnsemble"), [children[0], replace(children[1], shuffled=None)]).shuffled is None


def test_a_large_table_is_asked_about_some_rows_only() -> None:
    """At most 15,000 rows are predicted again whatever the table's size; a small one is shuffled four times in full."""
    large = draw_shuffles(50_000, 20, 1, np.arange(50_000) % 10 == 0)
    assert (large.donors.shape[0], large.asked.sum()) == (1, 750)
    assert not large.asked[np.arange(50_000) % 10 > 0].any()
    little = draw_shuffles(299, 11, 1, np.ones(299, dtype=bool))
    assert (little.donors.shape[0], little.asked.sum()) == (4, 299)
    assert all(sorted(order) == list(range(299)) for order in little.donors.tolist())


def test_everybody_draws_the_same(table: TrainingTable) -> None:
    """Whoever asks a table for its shuffles gets the same ones, so that a run that is taken over goes on with them."""
    one, other = (table.shuffles(small()) for _ in range(2))
    assert same_bits(one.donors, other.donors)
    assert same_bits(one.asked, other.asked)
