"""No row's out-of-fold prediction knows that row's label, nor anything of the rows in its fold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hfcore.automl.ensemble import run_ensemble
from hfcore.automl.outcome import TrialPlan
from hfcore.automl.table import TrainingTable
from hfcore.automl.trial import run_trial
from tests.unit.automl.runs import first_of_each_family, same_bits, task_of

FAMILIES = first_of_each_family()
ENSEMBLES = [TrialPlan(90, "VotingEnsemble"), TrialPlan(91, "StackEnsemble")]


@pytest.mark.parametrize("plan", FAMILIES, ids=[p.family for p in FAMILIES])
def test_a_folds_predictions_do_not_change_with_its_labels_and_other_rows(plan: TrialPlan, table: TrainingTable) -> None:
    """Flip every label of fold 0 and distort all its rows but one: that one row is predicted as before.

    So scalers, imputers, splines, inner folds and learners have seen the training folds alone.
    """
    task = task_of(table, export=False)
    before = run_trial(task, plan).probabilities
    inside = np.flatnonzero(task.folds == 0)
    codes, values = task.codes.copy(), task.values.copy()
    codes[inside] = 1 - codes[inside]
    values[inside[1:]] *= 7
    after = run_trial(replace(task, codes=codes, values=values), plan).probabilities
    assert before is not None
    assert after is not None
    assert same_bits(before[inside[0]], after[inside[0]])
    assert not same_bits(before[inside[1:]], after[inside[1:]])


@pytest.mark.parametrize("plan", ENSEMBLES, ids=[p.algorithm for p in ENSEMBLES])
def test_an_ensembles_fold_is_predicted_by_a_combination_that_has_not_seen_it(plan: TrialPlan, table: TrainingTable) -> None:
    """Flip every label of fold 0 and change the members' scores there: the ensemble's predictions of fold 0 stay."""
    task = task_of(table, export=False)
    children = [run_trial(task, p) for p in FAMILIES[:1] + FAMILIES[3:6]]
    before = run_ensemble(task, plan, children)
    inside = task.folds == 0
    spoiled = [replace(c, fold_scores=(1.0 if i == 0 else 0.0, *c.fold_scores[1:])) for i, c in enumerate(children)]
    codes = np.where(inside, 1 - task.codes, task.codes)
    after = run_ensemble(replace(task, codes=codes), plan, spoiled)
    assert before.probabilities is not None
    assert after.probabilities is not None
    assert same_bits(before.probabilities[inside], after.probabilities[inside])
    assert not same_bits(before.probabilities[~inside], after.probabilities[~inside])


def test_shuffled_labels_are_not_learned(table: TrainingTable) -> None:
    """With labels dealt at random every pipeline and ensemble has an AUC near 0.5."""
    shuffled = replace(table, codes=np.random.default_rng(2).permutation(table.codes))
    task = task_of(shuffled, folds=5, export=False)
    children = [run_trial(task, p) for p in FAMILIES]
    children += [run_ensemble(task, p, children) for p in ENSEMBLES]
    scores = {c.algorithm: c.score for c in children}
    assert all(score is not None and 0.38 < score < 0.62 for score in scores.values()), scores
