"""Partial dependence and single lines, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.inspection import partial_dependence

from hfcore.reporting.dependence import MOST_LINES, dependences, grid


def drawn(rows=200, seed=0):
    """Patients with two numbers and a yes/no, and who had the event."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=rows), "b": np.exp(rng.normal(size=rows)), "c": rng.integers(2, size=rows)})
    return frame, rng.random(rows) < 1 / (1 + np.exp(-frame["a"] * frame["b"] - frame["c"]))


def test_means_and_lines_are_those_of_scikit_learn():
    """On a fixed model each mean and each line is scikit-learn's at the same values, to the four decimals that are kept."""
    frame, event = drawn()
    model = GradientBoostingClassifier(n_estimators=20, random_state=0).fit(frame, event)
    found = dependences(lambda rows: model.predict_proba(rows)[:, 1], frame)
    assert [d.feature for d in found] == ["a", "b", "c"]
    for i, ours in enumerate(found):
        theirs = partial_dependence(
            model, frame.astype(float), [i], custom_values={i: np.array(ours.grid)}, method="brute", kind="both"
        )
        assert ours.rows == len(frame)
        assert np.allclose(ours.mean, theirs["average"][0], atol=6e-5)
        mine, all_of_them = np.array(ours.lines), theirs["individual"][0]
        assert mine.shape == (MOST_LINES, len(ours.grid))
        nearest = np.abs(mine[:, None] - all_of_them[None]).max(axis=2).min(axis=1)
        assert nearest.max() < 6e-5


def test_values_tried_are_quantiles_or_every_one_of_a_few():
    """Many numbers: 20 values that occur, from the 2.5th to the 97.5th hundredth; few: all of them; text: the commonest."""
    many = pd.Series(np.arange(1000.0))
    assert len(grid(many)) == 20
    assert set(grid(many)) <= set(many)
    assert (grid(many)[0], grid(many)[-1]) == (25.0, 974.0)
    assert grid(pd.Series([1, 0, None, 1])) == (0.0, 1.0)
    assert grid(pd.Series([True, False])) == (0.0, 1.0)
    assert grid(pd.Series(["B", "A", None, "B"])) == ("A", "B")
    assert grid(pd.Series([f"level {i % 40}" for i in range(400)] + ["Z"] * 5)) != ()


def test_shares_say_how_many_have_each_value():
    """A yes/no and a text column tell which part of the patients has each value; a number does not."""
    rows = pd.DataFrame({"yes": [1, 0, 0, 0], "ward": ["A", "B", "B", None], "x": [1.0, 2.0, 3.0, 4.0]})
    found = {d.feature: d for d in dependences(lambda asked: np.full(len(asked), 0.25), rows)}
    assert found["yes"].shares == (0.75, 0.25)
    assert found["ward"].shares == pytest.approx((1 / 3, 2 / 3))
    assert found["ward"].grid == ("A", "B")
    assert found["x"].mean == (0.25,) * 4


def test_what_is_asked_for_stays_within_the_limit():
    """A wide or long table is asked about for fewer patients, in one call, never for fewer than 50."""
    asked = []

    def predict(rows):
        asked.append(len(rows))
        return np.full(len(rows), 0.5)

    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(400, 10)))
    wide.columns = [f"column {i}" for i in wide.columns]
    assert {d.rows for d in dependences(predict, wide)} == {60}
    assert {d.rows for d in dependences(predict, wide, most_predictions=1)} == {50}
    assert asked == [12_000, 10_000]
