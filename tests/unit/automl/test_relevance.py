"""Automatic relevance determination: which columns may reach far, and that the file says the same."""

from __future__ import annotations

import numpy as np
import pytest

from hfcore.automl.graph import run_model
from hfcore.automl.learners.relevance import fit_relevant
from hfcore.automl.outcome import TrialPlan
from hfcore.automl.pipeline import fit_pipeline
from hfcore.automl.ridge_logistic import fit_ridge_logistic
from hfcore.automl.table import TrainingTable

RNG = np.random.default_rng(8)
X = RNG.normal(size=(400, 6))
CODES = (RNG.random(400) < 1 / (1 + np.exp(-2.0 * X[:, 2]))).astype(np.intp)


def test_the_column_that_decides_may_reach_farthest() -> None:
    """Only column 2 matters: its variance is the largest by far; its coefficient is hardly shrunken, those of the others are."""
    line, variances = fit_relevant(X, 0, CODES, 2)
    assert variances.argmax() == 2
    assert variances[2] > 20 * np.delete(variances, 2).max()
    free = fit_ridge_logistic(X, CODES, 2, 1e6)
    assert line.weights[2, 0] == pytest.approx(free.weights[2, 0], rel=0.15)  # type: ignore[union-attr]
    rest = np.arange(6) != 2
    assert np.abs(line.weights[rest]).sum() < 0.8 * np.abs(free.weights[rest]).sum()  # type: ignore[union-attr]


def test_the_line_is_the_ridge_regression_under_its_variances() -> None:
    """The coefficients minimise the log loss plus the squares over twice their variance."""
    line, variances = fit_relevant(X, 0, CODES, 2)
    residual = line.predict(X)[:, 1] - CODES
    assert np.abs(X.T @ residual + line.weights[:, 0] / variances).max() < 1e-6  # type: ignore[union-attr]


def test_a_bend_is_found_with_splines_only() -> None:
    """A column that acts by its square is worth nothing to a line and much to splines."""
    bent = (X[:, 0] ** 2 > 1).astype(np.intp)
    straight, curved = fit_relevant(X, 0, bent, 2)[0], fit_relevant(X, 4, bent, 2)[0]

    def right(model: object) -> float:
        return float((model.predict(X).argmax(axis=1) == bent).mean())  # type: ignore[attr-defined]

    assert right(curved) > 0.9 > 0.75 > right(straight)


def test_doubled_rows_count_as_weights_of_two() -> None:
    """Weights of 2 give the line and the variances of a table in which every row stands twice."""
    twice = fit_relevant(np.vstack([X, X]), 0, np.concatenate([CODES, CODES]), 2)
    weighted = fit_relevant(X, 0, CODES, 2, np.full(400, 2.0))
    assert np.allclose(twice[1], weighted[1], rtol=1e-8)
    assert np.allclose(twice[0].weights, weighted[0].weights, atol=1e-8)  # type: ignore[union-attr]


@pytest.mark.parametrize("knots", [0, 4])
def test_its_file_agrees(knots: int, table: TrainingTable, three_classes: TrainingTable) -> None:
    """With two classes and three, on rows with gaps and far outside the training range, to 1e-6."""
    plan = TrialPlan(1, "StandardScalerWrapper, LogisticRegression", {"log": True, "penalty": "relevance", "spline_knots": knots})
    for t in (table, three_classes):
        gap = np.full((1, t.values.shape[1]), np.nan, dtype=np.float32)
        rows = np.vstack([t.values, t.values * 10, -t.values, gap])
        pipeline = fit_pipeline(plan, t.values, t.codes, t.classes, seed=5, impute=True)
        assert np.abs(run_model(pipeline.to_onnx(), rows) - pipeline.predict(rows)).max() <= 1e-6
