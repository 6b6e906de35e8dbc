"""The simple models that a winner is compared with."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from hfcore.automl import references
from hfcore.automl.executors import InlineExecutor, ProcessExecutor
from hfcore.automl.references import fit_references
from hfcore.automl.table import TrainingTable
from hfcore.automl.validation import stratified_folds

NAMES = ["logistic regression", "random forest of 500 trees"]


class Deadly:
    """Passes fits on to a real pool, except that the first so many of one kind end their process."""

    def __init__(self, inner: ProcessExecutor, kind: str, deaths: int) -> None:
        self.inner, self.kind, self.deaths = inner, kind, deaths
        self.workers, self.works_on_submit = inner.workers, inner.works_on_submit

    def submit(self, work: Callable[..., Any], *args: Any, limit_s: float | None = None) -> Future[Any]:
        """Start the fit, or the end of its process."""
        if args[0] == self.kind and self.deaths:
            self.deaths -= 1
            return self.inner.submit(os._exit, 9, limit_s=limit_s)
        return self.inner.submit(work, *args, limit_s=limit_s)

    def is_death(self, error: BaseException) -> bool:
        """As the real pool says."""
        return self.inner.is_death(error)


def small_forest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a table count as large from 100 rows on; then a forest has 100 trees of 50 rows."""
    monkeypatch.setattr(references, "_ROWS_IN_FULL", 99)
    monkeypatch.setattr(references, "_ROWS_PER_TREE", 50)


def by_hand(table: TrainingTable, folds: Any, seed: int) -> list[Any]:
    """Both models written out on the folds: medians, means and spreads of the training rows only."""
    found = [np.full((len(table.codes), table.classes), np.nan) for _ in NAMES]
    for fold in range(folds.max() + 1):
        kept, out = folds != fold, folds == fold
        x = table.values.astype(float)
        x = np.where(np.isnan(x), np.nanmedian(x[kept], axis=0), x)
        scaled = (x - x[kept].mean(axis=0)) / x[kept].std(axis=0)
        found[0][out] = LogisticRegression(C=1.0, max_iter=1000).fit(scaled[kept], table.codes[kept]).predict_proba(scaled[out])
        found[1][out] = RandomForestClassifier(500, random_state=seed).fit(x[kept], table.codes[kept]).predict_proba(x[out])
    return found


@pytest.mark.parametrize("name", ["table", "three_classes"])
def test_they_are_scikit_learns_on_the_same_folds(name: str, pool: ProcessExecutor, request: pytest.FixtureRequest) -> None:
    """Both models, worked on in processes, equal scikit-learn's written out on the search's folds, missing cells included."""
    table = request.getfixturevalue(name)
    folds = stratified_folds(table.codes, 3, 7)
    found = fit_references(table, folds, 7, pool)
    assert [r.name for r in found] == NAMES
    for reference, expected in zip(found, by_hand(table, folds, 7), strict=True):
        np.testing.assert_allclose(np.asarray(reference.probabilities), expected, atol=1e-6)
        assert "scikit-learn" in reference.note
        hits = [(expected[folds == f].argmax(axis=1) == table.codes[folds == f]).mean() for f in range(3)]
        assert reference.metrics["accuracy"] == pytest.approx(np.mean(hits))


def test_they_are_the_same_wherever_they_are_worked_on(
    three_classes: TrainingTable, pool: ProcessExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process, two, or a second time: the same probabilities to the last bit."""
    folds = stratified_folds(three_classes.codes, 3, 1)
    told: list[tuple[int, int]] = []
    here = fit_references(three_classes, folds, 1, InlineExecutor(), lambda done, of: told.append((done, of)))
    there = fit_references(three_classes, folds, 1, pool)
    for a, b in zip(here, there, strict=True):
        assert a.probabilities is not None
        np.testing.assert_array_equal(a.probabilities, b.probabilities)
    assert told == [(n, 6) for n in range(1, 7)]


def test_a_process_that_dies_costs_nothing(three_classes: TrainingTable, pool: ProcessExecutor) -> None:
    """A fit whose process is killed twice is fitted again."""
    folds = stratified_folds(three_classes.codes, 2, 1)
    found = fit_references(three_classes, folds, 1, Deadly(pool, "logistic regression", 2))
    assert all(r.probabilities is not None and np.isfinite(r.probabilities).all() for r in found)


def test_one_that_cannot_be_fitted_is_told_and_the_other_stays(three_classes: TrainingTable, pool: ProcessExecutor) -> None:
    """When a model's process dies every time there is a sentence in its place, and the other model is there."""
    folds = stratified_folds(three_classes.codes, 2, 1)
    logistic, forest = fit_references(three_classes, folds, 1, Deadly(pool, "random forest", 99))
    assert logistic.probabilities is not None
    assert forest.probabilities is None
    assert forest.note == "There is no random forest of 500 trees to compare with: its process died 3 times."


def test_a_failure_names_its_kind_and_no_value(three_classes: TrainingTable) -> None:
    """A model that fails on its rows is told by the kind of error only."""
    endless = replace(three_classes, values=np.where(np.isnan(three_classes.values), np.float32(np.inf), three_classes.values))
    found = fit_references(endless, stratified_folds(endless.codes, 2, 1), 1, InlineExecutor())
    assert [r.note.rpartition(": ")[2] for r in found] == ["it failed with ValueError."] * 2


def test_rows_that_were_never_held_out_are_learned_from(three_classes: TrainingTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one held-out set only its rows are predicted, and every other row is learned from."""
    small_forest(monkeypatch)
    folds = np.where(np.arange(120) < 30, 0, -1)
    logistic, _ = fit_references(three_classes, folds, 1, InlineExecutor())
    everything = by_hand(three_classes, folds, 1)[0]
    np.testing.assert_allclose(np.asarray(logistic.probabilities), everything, atol=1e-6)
    assert np.isnan(np.asarray(logistic.probabilities)).all(axis=1).sum() == 90


def test_rows_count_by_their_weights(three_classes: TrainingTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a weight column a model differs from one without, and a row of weight 0 is not learned from."""
    small_forest(monkeypatch)
    folds = np.where(np.arange(120) < 30, 0, -1)
    weights = np.where(np.arange(120) % 4 == 3, 0.0, 1.0)
    rest = weights > 0
    fewer = TrainingTable(three_classes.values[rest], three_classes.codes[rest], three_classes.features, three_classes.labels)
    left_out = fit_references(fewer, folds[rest], 1, InlineExecutor())[0].probabilities
    ignored = fit_references(replace(three_classes, weights=weights), folds, 1, InlineExecutor())[0].probabilities
    heavy = fit_references(replace(three_classes, weights=weights * (1 + three_classes.codes)), folds, 1, InlineExecutor())
    assert left_out is not None
    assert ignored is not None
    np.testing.assert_allclose(ignored[rest], left_out, atol=1e-9)
    for reference, plain in zip(heavy, fit_references(three_classes, folds, 1, InlineExecutor()), strict=True):
        assert np.nanmax(np.abs(np.asarray(reference.probabilities) - np.asarray(plain.probabilities))) > 0.01


def test_a_large_table_bounds_the_cost_and_says_so(three_classes: TrainingTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """On many rows the forest has fewer trees, each from fewer rows, and its name and note tell."""
    small_forest(monkeypatch)
    folds = stratified_folds(three_classes.codes, 2, 1)
    _, forest = fit_references(three_classes, folds, 1, InlineExecutor())
    assert forest.name == "random forest of 100 trees"
    assert "fewer trees than the usual 500, each from 50 rows at most" in forest.note
    votes = np.unique(np.round(100 * np.asarray(forest.probabilities), 6))
    assert votes.max() <= 100
    model = references._model("random forest", 120, 60, 1)[-1]
    assert (model.n_estimators, model.max_samples) == (100, 50)
