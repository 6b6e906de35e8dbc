"""Permutation importance, against scikit-learn and against what is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression

from hfcore.reporting.importance import importances, shuffle_orders, shuffled_risks
from hfcore.reporting.interval import bootstrap_intervals
from hfcore.reporting.resampled import Predictions, auc_weighted, bootstrap_counts


def drawn(rows=300, seed=0):
    """Patients with three columns, of which the last says nothing, and who had the event."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=list("abc"))
    return frame, rng.random(rows) < 1 / (1 + np.exp(-1.5 * frame["a"] - 0.5 * frame["b"]))


def test_losses_are_those_of_scikit_learn():
    """On a fixed model and the same shuffles every loss of AUC is scikit-learn's."""
    frame, event = drawn()
    model = LogisticRegression().fit(frame, event)
    theirs = permutation_importance(model, frame, event, scoring="roc_auc", n_repeats=4, random_state=5)
    their_draws = np.random.RandomState(np.random.RandomState(5).randint(np.iinfo(np.int32).max + 1))
    order, orders = np.arange(len(frame)), [np.arange(len(frame))]
    for _ in range(4):
        their_draws.shuffle(order)
        orders.append(orders[-1][order])  # they shuffle the column that is shuffled already
    risk, shuffled = shuffled_risks(lambda rows: model.predict_proba(rows)[:, 1], frame, np.array(orders[1:]))
    ours = {i.feature: i.loss.value for i in importances(frame.columns, event, risk, shuffled)}
    assert ours == pytest.approx(dict(zip(frame.columns, theirs.importances_mean, strict=True)), abs=1e-12)
    assert list(ours) == ["a", "b", "c"]


def test_a_column_without_influence_loses_nothing():
    """Where the model does not look at a column the loss and both ends of its interval are 0."""
    frame, event = drawn()
    risk, shuffled = shuffled_risks(lambda rows: rows["a"], frame, shuffle_orders(len(frame), 3))
    loss = {i.feature: i.loss for i in importances(frame.columns, event, risk, shuffled)}["c"]
    assert (loss.value, loss.low, loss.high) == (0, 0, 0)


def test_the_interval_is_as_wide_as_the_bootstraps():
    """For one shuffle the half width is within a seventh of 1.96 standard deviations of the paired bootstrap."""
    frame, event = drawn(400)
    risk, shuffled = shuffled_risks(lambda rows: 1 / (1 + np.exp(-1.5 * rows["a"])), frame, shuffle_orders(len(frame), 1))
    loss = importances(frame.columns, event, risk, shuffled)[0].loss
    codes = event.to_numpy().astype(int)
    whole, again = (Predictions(codes, np.c_[1 - r, r]) for r in (risk, shuffled[0, 0]))
    gaps = [auc_weighted(whole, counts) - auc_weighted(again, counts) for counts in bootstrap_counts(400, 1_000, 0)]
    assert (loss.high - loss.low) / 2 == pytest.approx(1.96 * np.std(np.concatenate(gaps)), rel=1 / 7)


def test_the_interval_of_an_auc_itself_agrees_with_the_stored_one():
    """Against scores that rank nobody (AUC 0.5) the loss is the AUC less a half, and its interval the AUC's own."""
    frame, event = drawn(400)
    risk = (1 / (1 + np.exp(-frame["a"]))).to_numpy()
    loss = importances(["a"], event, risk, np.full((1, 1, 400), 0.3))[0].loss
    own = bootstrap_intervals(Predictions(event.to_numpy().astype(int), np.c_[1 - risk, risk]))["AUC_weighted"]
    assert loss.value == pytest.approx(own.value - 0.5, abs=1e-12)
    assert [loss.low + 0.5, loss.high + 0.5] == pytest.approx([own.low, own.high], abs=0.01)


def test_without_both_outcomes_there_is_none():
    """An AUC needs two patients of each outcome."""
    frame, _ = drawn(10)
    assert importances(frame.columns, np.zeros(10, dtype=bool), np.ones(10), np.ones((3, 1, 10))) == ()
