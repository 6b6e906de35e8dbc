"""Steps before the learner: equal to scikit-learn's where it has them, learned from training rows only."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import BSpline
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from hfcore.automl.preprocess import fit_impute, fit_log, fit_scale, fit_steps
from hfcore.automl.ridge_logistic import fit_ridge_logistic
from hfcore.automl.splines import fit_splines

RNG = np.random.default_rng(8)
X = np.column_stack([RNG.normal(5, 2, 80), np.exp(RNG.normal(size=80) * 1.5), RNG.integers(0, 2, 80), np.full(80, 3.0)])


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        ("StandardScalerWrapper", StandardScaler()),
        ("MaxAbsScaler", MaxAbsScaler()),
        ("MinMaxScaler", MinMaxScaler()),
        ("RobustScaler", RobustScaler()),
    ],
)
def test_scalers_are_those_of_azures_names(kind: str, reference: StandardScaler) -> None:
    """Each scaler gives what scikit-learn's of that name gives, constant columns included."""
    assert np.allclose(fit_scale(X, kind).apply(X), reference.fit_transform(X))


def test_an_unknown_scaler_is_refused() -> None:
    """A misspelt scaler is an error, not silently left out."""
    with pytest.raises(ValueError, match="NoScaler"):
        fit_scale(X, "NoScaler")


def test_missing_cells_become_the_median_of_the_training_rows() -> None:
    """A gap is filled with the column's training median, a column without values with 0."""
    train = np.array([[1.0, np.nan], [3.0, np.nan], [8.0, np.nan]])
    assert fit_impute(train).apply(np.array([[np.nan, np.nan], [5.0, 2.0]])).tolist() == [[3.0, 0.0], [5.0, 2.0]]


def test_only_positive_long_tailed_columns_are_logged() -> None:
    """A column with a long right tail is logged; a symmetric one, a yes/no one and a constant one are left."""
    step = fit_log(X)
    assert step.chosen.tolist() == [False, True, False, False]
    assert np.isfinite(step.apply(-X)).all()


def test_splines_are_b_splines() -> None:
    """The bumps are scipy's cubic B-splines on the same knots, sum to 1, and stay constant outside the range."""
    splines = fit_splines(X, 5)
    assert splines.columns.tolist() == [0, 1]
    for place, column in enumerate(splines.columns):
        knots, x = splines.knots[place], X[:, column]
        expected = BSpline.design_matrix(x, knots, 3).toarray()
        found = splines.bumps(X).reshape(80, 2, -1)[:, place]
        assert np.allclose(found, expected)
        assert np.allclose(found.sum(axis=1), 1)
    assert np.allclose(splines.bumps(X.max(axis=0, keepdims=True)), splines.bumps(X.max(axis=0, keepdims=True) + 100))


def test_splines_bear_repeated_quantiles() -> None:
    """A column in which most rows share a value keeps fewer knots and stays finite."""
    x = np.concatenate([np.zeros(60), RNG.normal(size=40)])[:, None]
    assert np.isfinite(fit_splines(x, 5).apply(x)).all()


def test_a_table_without_bending_columns_is_left_as_it_is() -> None:
    """With yes/no columns only there is nothing to bend."""
    x = RNG.integers(0, 2, (50, 3)).astype(np.float64)
    assert np.array_equal(fit_splines(x, 5).apply(x), x)


def test_steps_see_training_rows_only() -> None:
    """What the steps learned does not depend on rows they were not given."""
    steps, _ = fit_steps(X[:40], "StandardScalerWrapper", {"log": True, "knots": 4}, impute=True)
    again, _ = fit_steps(X[:40].copy(), "StandardScalerWrapper", {"log": True, "knots": 4}, impute=True)
    everything, _ = fit_steps(X, "StandardScalerWrapper", {"log": True, "knots": 4}, impute=True)

    def run(fitted: list) -> np.ndarray:  # type: ignore[type-arg]
        rows = X
        for step in fitted:
            rows = step.apply(rows)
        return rows

    assert np.array_equal(run(steps), run(again))
    assert not np.allclose(run(steps), run(everything))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("c", [0.01, 1.0])
def test_logistic_regression_is_scikit_learns(classes: int, c: float) -> None:
    """The same penalty gives the same probabilities as scikit-learn's solver."""
    codes = RNG.integers(0, classes, 80)
    x = (X - X.mean(axis=0))[:, :3]
    reference = LogisticRegression(C=c, tol=1e-10, max_iter=10_000).fit(x, codes).predict_proba(x)
    assert np.abs(fit_ridge_logistic(x, codes, classes, c).predict(x) - reference).max() < 1e-5


def test_logistic_regression_bears_separable_classes() -> None:
    """Classes that a line separates, and columns that repeat each other, still give finite probabilities."""
    x = np.column_stack([np.linspace(-1, 1, 40)] * 3)
    found = fit_ridge_logistic(x, (x[:, 0] > 0).astype(np.intp), 2, 1e6).predict(x)
    assert np.isfinite(found).all()
    assert found[0, 0] > 0.99
