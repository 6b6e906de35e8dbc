"""Hold-out and random splits: who is held out, and that nobody is predicted by a model that has seen them."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hfcore.automl
from hfcore.automl.ensemble import run_ensemble
from hfcore.automl.metrics import classification_metrics
from hfcore.automl.outcome import TrialPlan, load_outcome, save_outcome
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.table import TrainingTable
from hfcore.automl.trial import Task, run_trial
from hfcore.automl.validation import random_splits
from hfcore.errors import InvalidInput, InvalidSettings
from hfcore.reporting.build import build_report
from tests.unit.automl.runs import first_of_each_family, same_bits, small, task_of

FAMILIES = first_of_each_family()
LOGISTIC = FAMILIES[0]
ENSEMBLES = [TrialPlan(90, "VotingEnsemble"), TrialPlan(91, "StackEnsemble")]


def split_task(table: TrainingTable, count: int, size: float = 0.25, **changes: Any) -> Task:
    """A task that holds rows out at random, `count` times."""
    splits = random_splits(table.codes, table.classes, size, count, 1)
    return replace(task_of(table, splits=splits, **({"export": False} | changes)), folds=splits.folds)


@pytest.mark.parametrize("size", [0.1, 0.25, 0.9])
@pytest.mark.parametrize("count", [1, 4])
def test_a_split_holds_out_its_share_of_every_class(size: float, count: int) -> None:
    """Each split holds out the share that was asked for, of every class alike, and splits differ from one another."""
    codes = np.array([0] * 203 + [1] * 96)
    splits = random_splits(codes, 2, size, count, seed=4)
    assert splits.count == count
    for number in range(count):
        held = splits.held(number)
        assert [int(held[codes == c].sum()) for c in (0, 1)] == [round(size * 203), round(size * 96)]
    if count > 1:
        assert not np.array_equal(splits.held(0), splits.held(1))
        assert np.array_equal(splits.rows, random_splits(codes, 2, size, count, seed=4).rows)
        assert not np.array_equal(splits.rows, random_splits(codes, 2, size, count, seed=5).rows)


def test_a_rare_class_is_on_both_sides() -> None:
    """Of four rows two are held out and two are learned from, however small or large the share."""
    codes = np.array([0] * 50 + [1] * 4)
    for size in (0.01, 0.99):
        assert int(random_splits(codes, 2, size, 1, seed=1).held(0)[codes == 1].sum()) == 2


def test_a_hold_out_predicts_each_row_once_and_the_others_never(table: TrainingTable) -> None:
    """One fold of metrics; whoever was learned from has no probabilities."""
    task = split_task(table, 1)
    outcome = run_trial(task, LOGISTIC)
    assert outcome.probabilities is not None
    held = task.held(0)
    assert np.isfinite(outcome.probabilities[held]).all()
    assert np.isnan(outcome.probabilities[~held]).all()
    assert outcome.metrics == pytest.approx(classification_metrics(table.codes[held], outcome.probabilities[held], [0, 1]))
    assert len(outcome.fold_scores) == 1


def test_random_splits_are_measured_one_by_one_and_averaged_for_the_report(table: TrainingTable) -> None:
    """Metrics per split are those of that split's model; a row's probability is the mean over the splits that held it out."""
    task = split_task(table, 5)
    assert task.splits is not None
    outcome = run_trial(task, LOGISTIC)
    assert outcome.cases is not None
    assert outcome.probabilities is not None
    for number in range(5):
        of_split = outcome.cases[task.splits.numbers == number]
        expected = classification_metrics(table.codes[task.held(number)], of_split, [0, 1])["AUC_weighted"]
        assert outcome.fold_scores[number] == pytest.approx(expected)
    for row in range(0, len(table.codes), 10):
        seen = outcome.cases[task.splits.rows == row]
        expected = seen.mean(axis=0) if len(seen) else np.full(2, np.nan)
        assert outcome.probabilities[row] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("plan", [LOGISTIC, FAMILIES[2], FAMILIES[8]], ids=lambda p: p.family)
def test_a_held_out_row_is_not_known_to_what_predicts_it(plan: TrialPlan, count: int, table: TrainingTable) -> None:
    """Flip the labels of the first split's rows and distort all of them but one: that one is predicted as before."""
    task = split_task(table, count)
    inside = np.flatnonzero(task.held(0))
    codes, values = task.codes.copy(), task.values.copy()
    codes[inside] = 1 - codes[inside]
    values[inside[1:]] *= 7
    before, after = run_trial(task, plan), run_trial(replace(task, codes=codes, values=values), plan)
    assert before.cases is not None
    assert after.cases is not None
    assert same_bits(before.cases[0], after.cases[0])


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("plan", ENSEMBLES, ids=[p.algorithm for p in ENSEMBLES])
def test_an_ensemble_does_not_know_the_label_of_a_row_that_it_predicts(plan: TrialPlan, count: int, table: TrainingTable) -> None:
    """Flip every label of one part of the held-out rows: the ensemble predicts that part as before."""
    task = split_task(table, count)
    assert task.splits is not None
    children = [run_trial(task, p) for p in (LOGISTIC, FAMILIES[3], FAMILIES[8])]
    before = run_ensemble(task, plan, children)
    part = task.splits.parts == 2
    after = run_ensemble(replace(task, codes=np.where(part, 1 - task.codes, task.codes)), plan, children)
    assert before.probabilities is not None
    assert after.probabilities is not None
    assert same_bits(before.probabilities[part], after.probabilities[part])
    others = (task.splits.parts >= 0) & ~part
    assert not same_bits(before.probabilities[others], after.probabilities[others])
    assert len(before.fold_scores) == count


@pytest.mark.parametrize("count", [None, 4])
def test_a_whole_run_with_random_splits(count: int | None, heart: pd.DataFrame) -> None:
    """From trials over ensembles to the corrected report of the winner; a resumed run repeats nothing."""
    settings = small(validation_size=0.3, n_cross_validations=count, iterations=6)
    result = hfcore.automl.fit(heart, settings)
    assert [c.algorithm for c in result.children][-2:] == ["VotingEnsemble", "StackEnsemble"]
    assert set(result.folds) == set(range(-1, count or 1))
    report = build_report(
        run_id="r",
        child_id="c",
        outcome=result.best,
        y=heart["DEATH_EVENT"],
        labels=result.labels,
        positive_label=1,
        folds=result.folds,
        features=result.features,
        settings=settings,
        others=[c.probabilities for c in result.children],
    )
    assert report.rows == int((result.folds >= 0).sum()) < 299
    assert report.honest is not None
    again: list[Any] = []
    kept = []
    for child in result.children[:-1]:
        buffer = BytesIO()
        save_outcome(child, buffer)
        buffer.seek(0)
        kept.append(replace(load_outcome(buffer), model=child.model))
    resumed = hfcore.automl.fit(heart, settings, again.append, finished=kept)
    assert [c.number for c in again] == [result.children[-1].number]
    assert [c.score for c in resumed.children] == [c.score for c in result.children]


def test_a_child_of_other_splits_is_not_taken_over(heart: pd.DataFrame) -> None:
    """A finished child whose held-out rows are not those of the settings is refused."""
    result = hfcore.automl.fit(heart, small(n_cross_validations=None, validation_size=0.3, iterations=2), export=False)
    with pytest.raises(InvalidInput, match="does not belong"):
        hfcore.automl.fit(heart, small(validation_size=0.3, iterations=2), finished=result.children, export=False)


@pytest.mark.parametrize("size", [0, 1, 0.0, 1.0, -0.2, 1.5, True, "0.2"])
def test_a_share_that_leaves_one_side_empty_is_refused(size: Any) -> None:
    """Above 0 and below 1, both excluded, as in Azure."""
    with pytest.raises(InvalidSettings) as caught:
        AutoMLSettings(label_column_name="y", validation_size=size)
    assert set(caught.value.fields) == {"validation_size"}


@pytest.mark.parametrize(("rows", "held", "folds"), [(20_001, 2_000, {-1, 0}), (20_000, 20_000, {0, 1, 2})])
def test_a_long_table_is_held_out_once(rows: int, held: int, folds: set[int]) -> None:
    """Above 20,000 rows a tenth is held out once, as Azure does; up to there every row is, and with folds asked for always."""
    table = TrainingTable(np.zeros((rows, 1), np.float32), np.arange(rows) % 2, ("x",), (0, 1))
    chosen = table.folds(AutoMLSettings(label_column_name="y"))
    assert (chosen >= 0).sum() == held
    assert set(chosen) == folds
    assert set(table.folds(AutoMLSettings(label_column_name="y", n_cross_validations=5))) == {0, 1, 2, 3, 4}
    rare = TrainingTable(np.zeros((rows, 1), np.float32), (np.arange(rows) < 49).astype(np.intp), ("x",), (0, 1))
    assert (rare.folds(AutoMLSettings(label_column_name="y")) >= 0).all()
